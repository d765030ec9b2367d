//! Code of a function or layer: a zip on disk, unpacked beside it when it is taken.

use std::fs::{self, File, Permissions};
use std::io::{BufWriter, Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt as _;
use nightproof_core::Region;
use nightproof_core::service::{AwsError, Body, Call, empty_body};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::error::{failure, invalid};

/// Largest unpacked code.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub(super) const LARGEST: u64 = 262_144_000;

/// Largest zip that a request can carry; one in S3 may be as large as what it unpacks to.
pub(super) const LARGEST_ZIP: u64 = 52_428_800;

/// Where a region keeps the code of its functions.
pub(super) fn store(region: &Region) -> PathBuf {
    region.folder().join("lambda")
}

/// Code, as long as somebody has it.
#[derive(Debug)]
pub(super) struct Code {
    folder: PathBuf,
    /// Bytes of the zip.
    pub size: u64,
    /// SHA-256 of the zip, base64.
    pub sha256: String,
}

/// Where code comes from.
#[derive(Debug)]
pub(super) enum Source<'a> {
    /// The request has it, in base64.
    Zip(&'a str),
    /// An object.
    S3 { bucket: &'a str, key: &'a str, version: Option<&'a str> },
}

/// The zip of a new function or layer version, as a request has it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CodeMembers {
    zip_file: Option<String>,
    s3_bucket: Option<String>,
    s3_key: Option<String>,
    s3_object_version: Option<String>,
}

impl CodeMembers {
    /// The source that they name.
    pub(super) fn source(&self) -> Result<Source<'_>, AwsError> {
        Source::from_members(
            self.zip_file.as_deref(),
            self.s3_bucket.as_deref(),
            self.s3_key.as_deref(),
            self.s3_object_version.as_deref(),
        )
    }
}

impl<'a> Source<'a> {
    /// The source that the members of a request name; it names one.
    pub(super) fn from_members(
        zip: Option<&'a str>,
        bucket: Option<&'a str>,
        key: Option<&'a str>,
        version: Option<&'a str>,
    ) -> Result<Self, AwsError> {
        match (zip, bucket, key) {
            (Some(zip), None, None) => Ok(Self::Zip(zip)),
            (None, Some(bucket), Some(key)) => Ok(Self::S3 { bucket, key, version }),
            _ => Err(invalid("Please provide a source for function code.")),
        }
    }
}

impl Code {
    /// Takes code from its source.
    pub(super) async fn load(call: &Call, source: Source<'_>) -> Result<Arc<Self>, AwsError> {
        // Removed with what is in it if anything below fails.
        let folder = Folder::make(&store(&call.region))?;
        let zip = folder.path().join("zip");
        let (size, sha256) = match source {
            Source::Zip(text) => {
                let bytes = STANDARD.decode(text).map_err(|_| broken())?;
                if bytes.len() as u64 > LARGEST_ZIP {
                    let message = format!("Zipped size must be smaller than {LARGEST_ZIP} bytes");
                    return Err(AwsError::new("RequestEntityTooLargeException", 413, message));
                }
                fs::write(&zip, &bytes).map_err(|error| unwritten(&error))?;
                (bytes.len() as u64, STANDARD.encode(Sha256::digest(&bytes)))
            }
            Source::S3 { bucket, key, version } => {
                let body = object(call, bucket, key, version).await?;
                save(body, &zip).await?
            }
        };
        let files = folder.path().join("files");
        let unpacked = tokio::task::spawn_blocking(move || unpack(&zip, &files)).await;
        unpacked.map_err(|error| failure(format!("the code could not be unpacked: {error}")))??;
        Ok(Arc::new(Self { folder: folder.keep(), size, sha256 }))
    }

    /// The unpacked files.
    pub(super) fn files(&self) -> PathBuf {
        self.folder.join("files")
    }

    /// What its folder is called.
    pub(super) fn id(&self) -> &str {
        self.folder.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        // What is left goes with the region's folder.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The zip of the code with this id, if there is such code.
pub(super) fn zip_of(region: &Region, id: &str) -> Option<PathBuf> {
    let id = uuid::Uuid::parse_str(id).ok()?;
    Some(store(region).join(id.to_string()).join("zip")).filter(|zip| zip.is_file())
}

/// The files of several layers as a function sees them in `/opt`: those of later layers hide those of earlier ones.
/// <https://docs.aws.amazon.com/lambda/latest/dg/adding-layers.html>
#[derive(Debug)]
pub(super) struct Merged(PathBuf);

impl Merged {
    /// Merges the layers, first to last.
    pub(super) fn make(region: &Region, layers: &[Arc<Code>]) -> Result<Option<Arc<Self>>, AwsError> {
        if layers.is_empty() {
            return Ok(None);
        }
        let folder = Folder::make(&store(region))?;
        for layer in layers {
            link(&layer.files(), folder.path()).map_err(|error| unwritten(&error))?;
        }
        Ok(Some(Arc::new(Self(folder.keep()))))
    }

    pub(super) fn files(&self) -> PathBuf {
        self.0.clone()
    }
}

impl Drop for Merged {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A new folder, removed unless it is kept.
struct Folder(Option<PathBuf>);

impl Folder {
    fn make(store: &Path) -> Result<Self, AwsError> {
        let path = store.join(uuid::Uuid::new_v4().to_string());
        fs::create_dir_all(&path).map_err(|error| unwritten(&error))?;
        Ok(Self(Some(path)))
    }

    fn path(&self) -> &Path {
        self.0.as_deref().unwrap_or(Path::new(""))
    }

    fn keep(mut self) -> PathBuf {
        self.0.take().unwrap_or_default()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = fs::remove_dir_all(path);
        }
    }
}

/// Links everything in `from` into `to`, in place of what is there.
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let there = fs::symlink_metadata(&target).ok();
        if entry.file_type()?.is_dir() {
            if there.is_some_and(|there| !there.is_dir()) {
                fs::remove_file(&target)?;
            }
            fs::create_dir_all(&target)?;
            link(&source, &target)?;
            continue;
        }
        match there {
            Some(there) if there.is_dir() => fs::remove_dir_all(&target)?,
            Some(_) => fs::remove_file(&target)?,
            None => {}
        }
        if entry.file_type()?.is_symlink() {
            symlink(fs::read_link(&source)?, &target)?;
        } else {
            fs::hard_link(&source, &target)?;
        }
    }
    Ok(())
}

fn broken() -> AwsError {
    invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
}

fn too_large() -> AwsError {
    invalid(format!("Unzipped size must be smaller than {LARGEST} bytes"))
}

fn unwritten(error: &std::io::Error) -> AwsError {
    failure(format!("the code could not be written: {error}"))
}

/// Lambda reads the object as its caller, who must be allowed to.
async fn object(call: &Call, bucket: &str, key: &str, version: Option<&str>) -> Result<Body, AwsError> {
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
        invalid(format!("Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}"))
    })?;
    Ok(reply.body.unwrap_or_else(empty_body))
}

/// Writes a body to a file; its length and digest.
async fn save(mut body: Body, to: &Path) -> Result<(u64, String), AwsError> {
    let mut file = BufWriter::new(File::create(to).map_err(|error| unwritten(&error))?);
    let (mut size, mut digest) = (0_u64, Sha256::new());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| failure(format!("the code could not be read: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        size += data.len() as u64;
        if size > LARGEST {
            return Err(too_large());
        }
        digest.update(&data);
        file.write_all(&data).map_err(|error| unwritten(&error))?;
    }
    file.flush().map_err(|error| unwritten(&error))?;
    Ok((size, STANDARD.encode(digest.finalize())))
}

/// Unpacks a zip into `folder`.
fn unpack(zip: &Path, folder: &Path) -> Result<(), AwsError> {
    let io = |error: std::io::Error| unwritten(&error);
    fs::create_dir_all(folder).map_err(io)?;
    let mut archive = zip::ZipArchive::new(File::open(zip).map_err(io)?).map_err(|_| broken())?;
    // A bomb that says what it is need not be unpacked to be known.
    if archive.decompressed_size().is_some_and(|size| size > u128::from(LARGEST)) {
        return Err(too_large());
    }
    let mut links = Vec::new();
    let mut left = LARGEST;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).map_err(|_| broken())?;
        // Names that lead out of the folder are no names of code.
        let path = folder.join(file.enclosed_name().ok_or_else(broken)?);
        if file.is_dir() {
            fs::create_dir_all(&path).map_err(io)?;
            continue;
        }
        fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(io)?;
        if file.is_symlink() {
            let mut target = String::new();
            file.take(4096).read_to_string(&mut target).map_err(|_| broken())?;
            links.push((path, target));
            continue;
        }
        let mode = file.unix_mode().map_or(0o644, |mode| (mode & 0o777) | 0o444);
        let mut out = File::create(&path).map_err(io)?;
        let written = std::io::copy(&mut (&mut file).take(left + 1), &mut out).map_err(|_| broken())?;
        left = left.checked_sub(written).ok_or_else(too_large)?;
        fs::set_permissions(&path, Permissions::from_mode(mode)).map_err(io)?;
    }
    // Links come last, and never through one another: nothing is written through them. Where they lead is seen inside a machine alone.
    for (path, target) in links {
        let through = path.ancestors().skip(1).take_while(|parent| *parent != folder);
        let through_link = through.into_iter().any(|parent| fs::symlink_metadata(parent).is_ok_and(|there| there.is_symlink()));
        if through_link || symlink(target, &path).is_err() {
            return Err(broken());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use zip::write::SimpleFileOptions;

    fn unpacked(make: impl FnOnce(&mut zip::ZipWriter<File>)) -> (Result<(), AwsError>, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let mut archive = zip::ZipWriter::new(File::create(folder.path().join("zip")).unwrap());
        make(&mut archive);
        archive.finish().unwrap();
        (unpack(&folder.path().join("zip"), &folder.path().join("files")), folder)
    }

    fn file(archive: &mut zip::ZipWriter<File>, name: &str, text: &str) {
        archive.start_file(name, SimpleFileOptions::default().unix_permissions(0o700)).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn files_are_unpacked_readable_for_all() {
        let (result, folder) = unpacked(|archive| file(archive, "package/index.py", "code"));
        result.unwrap();
        let path = folder.path().join("files/package/index.py");
        assert_eq!(fs::read_to_string(&path).unwrap(), "code");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o744);
    }

    #[test]
    fn names_that_lead_out_are_refused() {
        assert!(unpacked(|archive| file(archive, "../../etc/passwd", "x")).0.is_err());
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("zip"), "no zip").unwrap();
        assert!(unpack(&folder.path().join("zip"), &folder.path().join("files")).is_err());
    }

    #[test]
    fn links_are_kept_and_nothing_is_written_through_them() {
        let link = |archive: &mut zip::ZipWriter<File>, name: &str, target: &str| {
            archive.add_symlink(name, target, SimpleFileOptions::default()).unwrap();
        };
        let (result, folder) = unpacked(|archive| {
            file(archive, "lib/libx.so.1", "x");
            link(archive, "lib/libx.so", "libx.so.1");
        });
        result.unwrap();
        assert_eq!(fs::read_link(folder.path().join("files/lib/libx.so")).unwrap(), Path::new("libx.so.1"));
        let outside = tempfile::tempdir().unwrap();
        let (result, _folder) = unpacked(|archive| {
            link(archive, "a", outside.path().to_str().unwrap());
            link(archive, "a/b", "c");
        });
        assert!(result.is_err());
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }

    #[test]
    fn later_layers_hide_files_of_earlier_ones() {
        let (first, second, opt) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir(first.path().join("bin")).unwrap();
        fs::create_dir(second.path().join("bin")).unwrap();
        fs::write(first.path().join("bin/tool"), "1").unwrap();
        fs::write(first.path().join("bin/other"), "1").unwrap();
        fs::write(second.path().join("bin/tool"), "2").unwrap();
        link(first.path(), opt.path()).unwrap();
        link(second.path(), opt.path()).unwrap();
        let read = |name: &str| fs::read_to_string(opt.path().join("bin").join(name)).unwrap();
        assert_eq!((read("tool").as_str(), read("other").as_str()), ("2", "1"));
        assert_eq!(fs::read_to_string(first.path().join("bin/tool")).unwrap(), "1");
    }
}
