//! How many public templates deploy: those of cfn-lint's source package that are meant to be right.

use std::path::Path;
use std::process::Command;

use crate::step::{self, StepError};
use crate::up::Up;
use crate::{template, yaml};

const BOTO3: &str = "boto3==1.44.5";

/// Deploys each on a region of its own, and writes `docs/coverage.md`.
pub(crate) fn measure() -> Result<(), StepError> {
    let templates = yaml::CFN_LINT.unpacked()?.join("test/fixtures/templates");
    let collections = [
        ("cfn-lint's good fixtures", "good"),
        ("cfn-lint's public templates", "public"),
        ("cfn-lint's quick starts", "quickstart"),
    ];
    let environment = template::environment()?;
    step::run(Command::new(environment.join("bin/pip")).args(["install", "--quiet", BOTO3]))?;
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
    step::run(&mut script)
}
