//! The facts of resource types and managed policies of `harness/registry`, extracted anew from the packages that ship them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::pypi;
use crate::step::{self, StepError};

/// Wheels on PyPI: name of the package, version, hash.
const WHEELS: [(&str, &str, &str); 2] = [
    ("cfn_lint", "1.58.0", "sha256:9d9f06043160756a6158f5c3f92a44ce38254b1c578127461608305bc8262987"),
    ("moto", "5.2.5", "sha256:eef62cdcf3bfe73e0863743511ba042dfaba04ba3d5ecdcb896a196c693ad528"),
];

/// Downloads the wheels below `target/` once and extracts; what changed shows in `git diff`.
pub(crate) fn extract() -> Result<(), StepError> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let mut extraction = Command::new("python3");
    extraction.arg(root.join("harness/registry/extract.py"));
    for (name, version, hash) in WHEELS {
        extraction.arg(wheel(&root.join("target"), name, version, hash)?);
    }
    step::run(&mut extraction)
}

fn wheel(target: &Path, name: &str, version: &str, hash: &str) -> Result<PathBuf, StepError> {
    let folder = target.join(format!("{name}-{version}"));
    let wheel = folder.join(format!("{name}-{version}-py3-none-any.whl"));
    if wheel.exists() {
        return Ok(wheel);
    }
    pypi::download(&folder, name, version, hash, ["--only-binary", ":all:"])?;
    Ok(wheel)
}
