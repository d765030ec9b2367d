//! How many public templates deploy: those of cfn-lint's source package that are meant to be right.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use crate::step::{self, StepError};
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
    let region = Up::start(&folder)?;
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut script = Command::new(python);
    script.envs(region.exports()?).arg(here.join("src/coverage.py")).arg(here.join("../docs/coverage.md"));
    for (title, folder) in collections {
        script.arg(title).arg(templates.join(folder));
    }
    step::run(&mut script)
}

/// A region that ends with this value.
struct Up {
    process: Child,
    environment: PathBuf,
}

impl Up {
    fn start(folder: &Path) -> Result<Self, StepError> {
        let environment = folder.join("env.sh");
        let _ = std::fs::remove_file(&environment);
        let mut command = Command::new(step::target().join("debug/nightproof"));
        command.arg("up").arg("--env").arg(&environment);
        let program = format!("{command:?}");
        step::tell(&format!("xtask: {program}"));
        let process = command.spawn().map_err(|source| StepError::Start { program, source })?;
        Ok(Self { process, environment })
    }

    /// The variables by which clients reach it, once it is there.
    fn exports(&self) -> Result<Vec<(String, String)>, StepError> {
        for _ in 0..600 {
            let text = std::fs::read_to_string(&self.environment).unwrap_or_default();
            let exports: Vec<(String, String)> = text
                .lines()
                .filter_map(|line| line.strip_prefix("export ")?.split_once('='))
                .map(|(name, value)| (name.to_owned(), value.trim_matches(['\'', '"']).to_owned()))
                .collect();
            if !exports.is_empty() {
                return Ok(exports);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(StepError::Found("the region did not start within a minute".to_owned()))
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // By SIGTERM, so that it takes down what it made.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}
