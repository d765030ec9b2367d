//! The source package of botocore: its models of AWS's services, and the cases of AWS's protocols that it tests itself by.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::source_package::SourcePackage;
use crate::step::{self, StepError};

const BOTOCORE: SourcePackage = SourcePackage {
    name: "botocore",
    version: "1.44.5",
    hash: "sha256:a988f39e3a4484def0b8010f41128f71157da0515a4804fccce4739aa8f216da",
};

/// The extraction of facts from botocore.
fn extraction() -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let mut command = Command::new("python3");
    command.arg(root.join("harness/wire/models/extract.py"));
    command
}

/// Extracts the models of `harness/wire` anew; what changed shows in `git diff`.
pub(crate) fn extract_models() -> Result<(), StepError> {
    step::run(extraction().arg(BOTOCORE.unpacked()?.join("botocore/data")))
}

/// Has `harness/wire` pass botocore's own cases of AWS's protocols.
pub(crate) fn test_protocols() -> Result<(), StepError> {
    let cases = step::output(extraction().arg("--cases").arg(BOTOCORE.unpacked()?.join("tests/unit/protocols")))?;
    let file = step::target().join("botocore-cases.json");
    std::fs::write(&file, cases).map_err(|error| StepError::Found(format!("cannot write `{}`: {error}", file.display())))?;
    // Tests run in the folder of their crate.
    let file =
        std::path::absolute(&file).map_err(|error| StepError::Found(format!("no path to `{}`: {error}", file.display())))?;
    let test = ["test", "--workspace", "--lib", "--", "--ignored", "botocore"];
    step::cargo(&test, &[("NIGHTPROOF_PROTOCOL_CASES", &file.to_string_lossy())])
}
