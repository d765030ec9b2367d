//! The service models of `harness/wire`, extracted anew from botocore.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{self, StepError};

const BOTOCORE: &str = "botocore==1.44.5";

/// Installs botocore below `target/` once and extracts; what changed shows in `git diff`.
pub(crate) fn extract() -> Result<(), StepError> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let venv = root.join("target").join(BOTOCORE.replace("==", "-"));
    let python = venv.join("bin/python");
    if !python.exists() {
        step::run(Command::new("python3").arg("-m").arg("venv").arg(&venv))?;
        step::run(Command::new(venv.join("bin/pip")).args(["install", "--quiet", BOTOCORE]))?;
    }
    step::run(Command::new(python).arg(root.join("harness/wire/models/extract.py")))
}
