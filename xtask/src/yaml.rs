//! Templates read as PyYAML reads them: those that cfn-lint's source package has, and drawn ones.

use std::path::Path;

use crate::step::{self, StepError};
use crate::{source_package, template};

pub(crate) const CFN_LINT: source_package::SourcePackage = source_package::SourcePackage {
    name: "cfn_lint",
    version: "1.58.0",
    hash: "sha256:ba02cd7f7e06c8bc160936051a03ec931af52943fcc9cc72ad2748caa0f2a103",
};

/// Gets the package once, and PyYAML with the cfn-lint that checks our own templates; then compares.
pub(crate) fn compare() -> Result<(), StepError> {
    let templates = CFN_LINT.unpacked()?.join("test/fixtures");
    let python = template::environment()?.join("bin/python");
    let path = |path: &Path| path.display().to_string();
    let variables = [("NIGHTPROOF_PYTHON", path(&python)), ("NIGHTPROOF_TEMPLATES", path(&templates))];
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    step::cargo(&["test", "--workspace", "--test", "oracle", "--", "--ignored"], &variables)
}
