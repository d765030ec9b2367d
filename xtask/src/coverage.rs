//! How many public templates deploy, and how often a region's verdict is that of AWS's own validator.

use std::path::Path;
use std::process::Command;

use crate::step::{self, StepError};
use crate::up::Up;
use crate::{template, yaml};

/// What the script needs beside cfn-lint.
const PACKAGES: [&str; 2] = ["boto3==1.44.5", "cloudformation-validate==1.14.0"];

/// Deploys each on a region of its own, and writes `docs/coverage.md`. `further` are collections more: `NAME=FOLDER`.
pub(crate) fn measure(further: &[String]) -> Result<(), StepError> {
    let templates = yaml::CFN_LINT.unpacked()?.join("test/fixtures/templates");
    let collections = [
        ("+cfn-lint's good fixtures", "good"),
        ("+cfn-lint's bad fixtures", "bad"),
        ("cfn-lint's public templates", "public"),
        ("cfn-lint's quick starts", "quickstart"),
    ];
    let environment = template::environment()?;
    step::run(Command::new(environment.join("bin/pip")).args(["install", "--quiet"]).args(PACKAGES))?;
    let python = environment.join("bin/python");
    step::cargo(&["build", "--quiet"], &[])?;
    let folder = step::target().join("coverage");
    std::fs::create_dir_all(&folder).map_err(|error| StepError::Found(format!("cannot make `{}`: {error}", folder.display())))?;
    let region = Up::start(&step::target().join("debug/nightproof"), &folder, &[])?;
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut script = Command::new(python);
    script.envs(region.environment().iter().cloned()).arg(here.join("src/coverage.py")).arg(here.join("../docs/coverage.md"));
    for (title, folder) in collections {
        script.arg(title).arg(templates.join(folder));
    }
    for collection in further {
        let (title, folder) =
            collection.split_once('=').ok_or_else(|| StepError::Found(format!("`{collection}` is not NAME=FOLDER")))?;
        script.arg(title).arg(folder);
    }
    step::run(&mut script)
}
