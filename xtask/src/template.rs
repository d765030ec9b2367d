//! cfn-lint on the templates.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{self, StepError};

const CFN_LINT: &str = "cfn-lint==1.58.0";

/// The environment that has cfn-lint, made below `target/` once.
pub(crate) fn environment() -> Result<PathBuf, StepError> {
    let venv = root().join("target/cfn-lint");
    if !venv.join("bin/cfn-lint").exists() {
        step::run(Command::new("python3").arg("-m").arg("venv").arg(&venv))?;
        step::run(Command::new(venv.join("bin/pip")).args(["install", "--quiet", CFN_LINT]))?;
    }
    Ok(venv)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

/// Runs cfn-lint with every warning fatal.
pub(crate) fn lint() -> Result<(), StepError> {
    let root = root();
    step::run(
        Command::new(environment()?.join("bin/cfn-lint"))
            .args(["--non-zero-exit-code", "informational", "--regions", "us-east-1", "--"])
            .arg(root.join("stack/template.yaml"))
            .arg(root.join("stack/variants/scheduler.yaml"))
            .arg(root.join("stack/operator.yaml")),
    )
}
