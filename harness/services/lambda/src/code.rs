//! A function's code: a zip, unpacked when the function gets it.

use std::io::Read as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call, empty_body};
use nightproof_machine::FileSpec;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::error::invalid;

/// Largest unpacked code.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub(super) const LARGEST: u64 = 262_144_000;

/// Largest zip that a request can carry; one in S3 may be as large as what it unpacks to.
pub(super) const LARGEST_ZIP: u64 = 52_428_800;

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
pub(super) async fn load(call: &Call, request: &Value) -> Result<Arc<Code>, AwsError> {
    for member in ["ImageUri", "S3ObjectStorageMode", "SourceKMSKeyArn"] {
        if request.has(member) {
            return Err(AwsError::not_implemented("lambda", &format!("Code with {member}")));
        }
    }
    let zip = match (request.text("ZipFile"), request.text("S3Bucket"), request.text("S3Key")) {
        (Some(zip), None, None) => STANDARD.decode(zip).map_err(|_| broken())?,
        (None, Some(bucket), Some(key)) => from_s3(call, bucket, key, request.text("S3ObjectVersion")).await?,
        _ => return Err(invalid("Please provide a source for function code.")),
    };
    Ok(Arc::new(Code { files: unpack(&zip)?, size: zip.len(), sha256: STANDARD.encode(Sha256::digest(&zip)) }))
}

fn broken() -> AwsError {
    invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
}

/// Lambda reads the object as its caller, who must be allowed to.
async fn from_s3(call: &Call, bucket: &str, key: &str, version: Option<&str>) -> Result<Vec<u8>, AwsError> {
    let mut input = json!({ "Bucket": bucket, "Key": key });
    if let Some(version) = version {
        input["VersionId"] = version.into();
    }
    let reply = call.region.call_with_body(&call.caller, "s3", "GetObject", input, empty_body()).await;
    let reply = reply.map_err(|error| {
        let AwsError { code, message, .. } = error;
        if code == "AccessDenied" {
            let message = format!("Your access has been denied by S3, please make sure your request credentials have permission to GetObject for {bucket}/{key}. S3 Error Code: {code}. S3 Error Message: {message}");
            return AwsError::new("AccessDeniedException", 403, message);
        }
        invalid(&format!("Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}"))
    })?;
    let body =
        Limited::new(reply.body.unwrap_or_else(empty_body), usize::try_from(LARGEST).unwrap_or(usize::MAX)).collect().await;
    let body = body.map_err(|error| match error.is::<LengthLimitError>() {
        true => invalid(&format!("Unzipped size must be smaller than {LARGEST} bytes")),
        false => AwsError::new("ServiceException", 500, format!("the code in {bucket}/{key} could not be read: {error}")),
    })?;
    Ok(body.to_bytes().to_vec())
}

/// The files of a zip, below `/var/task`.
fn unpack(zip: &[u8]) -> Result<Vec<FileSpec>, AwsError> {
    let too_large = || invalid(&format!("Unzipped size must be smaller than {LARGEST} bytes"));
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip)).map_err(|_| broken())?;
    // A bomb that says what it is need not be unpacked to be known.
    if archive.decompressed_size().is_some_and(|size| size > u128::from(LARGEST)) {
        return Err(too_large());
    }
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
        left = left.checked_sub(bytes.len() as u64).ok_or_else(too_large)?;
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
