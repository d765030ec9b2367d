//! The source package of botocore: its models of AWS's services, and the cases of AWS's protocols that it tests itself by.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{self, StepError};

const VERSION: &str = "1.44.5";
const HASH: &str = "sha256:a988f39e3a4484def0b8010f41128f71157da0515a4804fccce4739aa8f216da";

/// Downloads the package from PyPI below `target/` once, and returns the folder that it is unpacked to.
fn source(root: &Path) -> Result<PathBuf, StepError> {
    let folder = root.join("target").join(format!("botocore-{VERSION}-source"));
    let unpacked = folder.join(format!("botocore-{VERSION}"));
    if unpacked.exists() {
        return Ok(unpacked);
    }
    let failed = |error| StepError::Found(format!("cannot write below `{}`: {error}", folder.display()));
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let requirements = folder.join("requirements.txt");
    std::fs::write(&requirements, format!("botocore=={VERSION} --hash={HASH}\n")).map_err(failed)?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--require-hashes", "--requirement"]);
    step::run(pip.arg(&requirements).arg("--dest").arg(&folder))?;
    // Under another name until it is whole.
    let partial = folder.join("partial");
    std::fs::create_dir_all(&partial).map_err(failed)?;
    let archive = folder.join(format!("botocore-{VERSION}.tar.gz"));
    step::run(Command::new("tar").arg("--extract").arg("--file").arg(archive).arg("--directory").arg(&partial))?;
    std::fs::rename(partial.join(format!("botocore-{VERSION}")), &unpacked).map_err(failed)?;
    Ok(unpacked)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

/// Extracts the models of `harness/wire` anew; what changed shows in `git diff`.
pub(crate) fn extract_models() -> Result<(), StepError> {
    let root = root();
    let data = source(&root)?.join("botocore/data");
    step::run(Command::new("python3").arg(root.join("harness/wire/models/extract.py")).arg(data))
}

/// Has `harness/wire` pass botocore's own cases of AWS's protocols.
pub(crate) fn test_protocols() -> Result<(), StepError> {
    let root = root();
    let folder = source(&root)?;
    let mut extraction = Command::new("python3");
    extraction.arg(root.join("harness/wire/models/extract.py")).arg("--cases").arg(folder.join("tests/unit/protocols"));
    let cases = root.join("target").join(format!("botocore-{VERSION}-source")).join("cases.json");
    let failed = |error| StepError::Found(format!("cannot write `{}`: {error}", cases.display()));
    std::fs::write(&cases, step::output(&mut extraction)?).map_err(failed)?;
    let test = ["test", "--package", "nightproof-wire", "--lib", "--", "--ignored", "botocore"];
    step::cargo(&test, &[("NIGHTPROOF_PROTOCOL_CASES", &cases.to_string_lossy())])
}
