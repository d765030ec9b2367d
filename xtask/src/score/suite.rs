//! Running the suite against a region.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::result::Score;
use crate::step::{self, StepError};
use crate::up::Up;

/// What runs the tests, as of the version whose checkout is meant.
const PACKAGES: [&str; 2] = ["localstack-core[base-runtime,runtime,test]==4.14.0", "pytest-timeout==2.4.0"];
/// The operator's: documents in tests have the usual examples of ids, from which it has to differ.
const ACCOUNT: &str = "192837465564";
/// The account of tests that need a second one.
const OTHER_ACCOUNT: &str = "210987654321";
/// Whoever calls may do everything: what policies deny is not what these tests are about.
const OPERATOR: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#;

/// A checkout of the suite, and what runs it against what.
#[derive(Debug)]
pub(super) struct Suite {
    checkout: PathBuf,
    python: PathBuf,
    program: PathBuf,
}

impl Suite {
    /// Makes a Python with the suite's packages below `target/`, and builds the program, where none is given.
    pub(super) fn prepare(checkout: &Path, python: Option<&Path>, program: Option<&Path>) -> Result<Self, StepError> {
        let python = match python {
            Some(python) => python.to_owned(),
            None => own_python()?,
        };
        let program = match program {
            Some(program) => program.to_owned(),
            None => {
                step::cargo(&["build", "--workspace", "--quiet", "--bin", "nightproof"], &[])?;
                step::target().join("debug/nightproof")
            }
        };
        let checkout =
            checkout.canonicalize().map_err(|error| StepError::Found(format!("no folder `{}`: {error}", checkout.display())))?;
        Ok(Self { checkout, python, program })
    }

    /// Runs the tests of `files`, or the `chosen` of them, against a region of their own. No test is begun after `seconds`. With `resume` those
    /// that have a result already are not run again.
    pub(super) fn run(
        &self,
        name: &str,
        files: &[String],
        chosen: Option<&[&str]>,
        seconds: u64,
        resume: bool,
    ) -> Result<Score, StepError> {
        let folder = step::target().join("score").join(name);
        std::fs::create_dir_all(&folder)
            .map_err(|error| StepError::Found(format!("cannot make `{}`: {error}", folder.display())))?;
        let (operator, results, tests) = (folder.join("operator.json"), folder.join("results.jsonl"), folder.join("tests"));
        write(&operator, OPERATOR)?;
        if !resume || !results.exists() {
            write(&results, "")?;
        }
        write(&tests, &chosen.unwrap_or_default().join("\n"))?;
        let operator = operator.to_string_lossy();
        let arguments: [&str; 6] = ["--operator-policy", &operator, "--account", ACCOUNT, "--other-account", OTHER_ACCOUNT];
        let region = Up::start(&self.program, &folder, &arguments)?;
        let mut pytest = self.pytest(&region)?;
        pytest.args(files).env("SCORE_RESULTS", &results).env("SCORE_SECONDS", seconds.to_string());
        if chosen.is_some() {
            pytest.env("SCORE_TESTS", &tests);
        }
        // That tests failed is in the results.
        match step::run(&mut pytest) {
            Ok(()) | Err(StepError::Failed { .. }) => {}
            Err(error) => return Err(error),
        }
        let written = std::fs::read_to_string(&results).unwrap_or_default();
        // After a part of the tests the memory tells nothing.
        let resident = if resume { None } else { Some(region.resident_mib()) };
        let score = Score { resident, ..Score::read(&written) };
        match score.passed.is_empty() && score.failed.is_empty() {
            true => Err(StepError::Found(format!("no test of {name} ran"))),
            false => Ok(score),
        }
    }

    fn pytest(&self, region: &Up) -> Result<Command, StepError> {
        let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/score");
        let path = std::env::join_paths([&plugin, &self.checkout]);
        let path = path.map_err(|error| StepError::Found(format!("a folder of Python's: {error}")))?;
        let mut pytest = Command::new(&self.python);
        pytest.current_dir(&self.checkout).args(["-m", "pytest", "-p", "score_plugin", "-p", "no:cacheprovider"]);
        pytest.args(["-p", "no:localstack.testing.pytest.validation_tracking", "-q", "--tb=no", "--timeout=120"]);
        pytest.envs(region.environment().iter().cloned()).env("PYTHONPATH", path).env("TZ", "UTC");
        // The suite is large: without compiled files each run would compile it anew.
        pytest.env_remove("PYTHONDONTWRITEBYTECODE");
        pytest.envs([("TEST_TARGET", "AWS_CLOUD"), ("AWS_DEFAULT_REGION", "us-east-1"), ("AWS_REGION", "us-east-1")]);
        // Tests of two accounts find the second one by these.
        for (name, of_suite) in
            [("ACCESS_KEY_ID", "SECONDARY_TEST_AWS_ACCESS_KEY_ID"), ("SECRET_ACCESS_KEY", "SECONDARY_TEST_AWS_SECRET_ACCESS_KEY")]
        {
            let exported = format!("NIGHTPROOF_{OTHER_ACCOUNT}_{name}");
            pytest.envs(region.environment().iter().find(|(known, _)| *known == exported).map(|(_, value)| (of_suite, value)));
        }
        pytest.env("SECONDARY_TEST_AWS_ACCOUNT_ID", OTHER_ACCOUNT);
        Ok(pytest)
    }
}

/// A Python that is made below `target/`.
fn own_python() -> Result<PathBuf, StepError> {
    let venv = step::target().join("score/python");
    if !venv.join("bin/pytest").exists() {
        step::run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        step::run(Command::new(venv.join("bin/pip")).args(["install", "--quiet"]).args(PACKAGES))?;
    }
    Ok(venv.join("bin/python"))
}

pub(super) fn write(path: &Path, text: &str) -> Result<(), StepError> {
    std::fs::write(path, text).map_err(|error| StepError::Found(format!("cannot write `{}`: {error}", path.display())))
}
