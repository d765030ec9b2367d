//! A function's code: a zip, unpacked when the function gets it.

use std::io::Read as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::machine::FileSpec;
use crate::service::AwsError;
use crate::services::document::Members as _;

/// Largest unpacked code.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const LARGEST: u64 = 262_144_000;

/// A function's code.
#[derive(Debug)]
pub(super) struct Code {
    /// Below `/var/task`.
    pub files: Vec<FileSpec>,
    /// Bytes of the zip.
    pub size: usize,
    /// SHA-256 of the zip, base64.
    pub sha256: String,
}

/// The code that a request names, in the members of `FunctionCode`.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCode.html>
pub(super) fn load(request: &Value) -> Result<Arc<Code>, AwsError> {
    let zip = request.text("ZipFile").ok_or_else(|| AwsError::not_implemented("lambda", "Code other than ZipFile"))?;
    let zip = STANDARD
        .decode(zip)
        .map_err(|_| super::invalid("Could not unzip uploaded file. Please check your file, then try to upload again."))?;
    Ok(Arc::new(Code { files: unpack(&zip)?, size: zip.len(), sha256: STANDARD.encode(Sha256::digest(&zip)) }))
}

/// The files of a zip, below `/var/task`.
fn unpack(zip: &[u8]) -> Result<Vec<FileSpec>, AwsError> {
    let broken = || super::invalid("Could not unzip uploaded file. Please check your file, then try to upload again.");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip)).map_err(|_| broken())?;
    let mut files = Vec::new();
    let mut left = LARGEST;
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|_| broken())?;
        if file.is_dir() {
            continue;
        }
        // Names that lead out of the folder are no names of code.
        let path = file.enclosed_name().ok_or_else(broken)?;
        let mode = file.unix_mode().map_or(0o644, |mode| (mode & 0o777) | 0o444);
        let mut bytes = Vec::new();
        file.take(left + 1).read_to_end(&mut bytes).map_err(|_| broken())?;
        left = left
            .checked_sub(bytes.len() as u64)
            .ok_or_else(|| super::invalid(&format!("Unzipped size must be smaller than {LARGEST} bytes")))?;
        files.push(FileSpec { path: format!("/var/task/{}", path.display()), bytes, mode });
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn zipped(name: &str) -> Vec<u8> {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(b"code").unwrap();
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn files_are_unpacked_below_the_task_root() {
        let files = unpack(&zipped("package/index.py")).unwrap();
        assert_eq!((files[0].path.as_str(), files[0].bytes.as_slice()), ("/var/task/package/index.py", &b"code"[..]));
    }

    #[test]
    fn names_that_lead_out_are_refused() {
        assert!(unpack(&zipped("../../etc/passwd")).is_err());
        assert!(unpack(b"no zip").is_err());
    }
}
