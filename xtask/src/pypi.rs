//! Files of packages on PyPI.

use std::path::Path;
use std::process::Command;

use crate::step::{self, StepError};

/// Downloads the one file of a package that has `hash` into `folder`; `form` are pip's arguments for a wheel or a source package.
pub(crate) fn download(folder: &Path, name: &str, version: &str, hash: &str, form: [&str; 2]) -> Result<(), StepError> {
    let failed = |error| StepError::Found(format!("cannot write below `{}`: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let requirements = folder.join("requirements.txt");
    std::fs::write(&requirements, format!("{name}=={version} --hash={hash}\n")).map_err(failed)?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps"]).args(form).args(["--require-hashes", "--requirement"]);
    step::run(pip.arg(&requirements).arg("--dest").arg(folder))
}
