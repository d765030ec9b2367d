//! Plain files of a bucket, put together into one archive.

use std::fs::File;
use std::io::{self, Seek as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType, Header};
use tokio::io::AsyncWriteExt as _;

use crate::Hop;
use crate::account::dynamic_client::DynamicClient;
use crate::archive::bucket::Object;
use crate::archive::manifest::{Entry, Kind, Manifest, shown};
use crate::chain::failure::{HopFailure, at};
use crate::restore::path::{normal, parent};
use crate::{FailurePoint, steps::verify};

/// Modes that files and folders come back with that have none.
const FILE: u32 = 0o644;
const FOLDER: u32 = 0o755;

/// An archive that was made.
pub(crate) struct Packed {
    pub(crate) file: File,
    pub(crate) bytes: u64,
    /// What is in it.
    pub(crate) entries: Manifest,
}

/// Downloads each object, and puts it by what its key has after `prefix` into an archive in `folder`.
///
/// # Errors
/// A download broke off, or two keys are one path or within each other.
pub(crate) async fn pack(client: &DynamicClient, prefix: &str, objects: &[Object], folder: &Path) -> Result<Packed, HopFailure> {
    let local = |error: io::Error| HopFailure::at(FailurePoint::Drill, format!("no temporary file: {error}"));
    let (mut tar, mut entries) = (Builder::new(tempfile::tempfile_in(folder).map_err(local)?), Manifest::new());
    for object in objects {
        let rest = object.key.strip_prefix(prefix).unwrap_or(&object.key);
        let path = placed(&entries, object, rest)?;
        if path.is_empty() {
            continue;
        }
        let mut header = Header::new_gnu();
        header.set_size(0);
        header.set_mode(FOLDER);
        if rest.ends_with('/') {
            header.set_entry_type(EntryType::Directory);
            append(&mut tar, &mut header, &path, io::empty()).map_err(local)?;
            entries.insert(path, Entry::bare(Kind::Folder));
            continue;
        }
        let (content, kind) = download(client, object, folder).await?;
        header.set_mode(FILE);
        header.set_size(object.bytes);
        append(&mut tar, &mut header, &path, content).map_err(local)?;
        entries.insert(path, Entry::bare(kind));
    }
    let mut file = tar.into_inner().map_err(local)?;
    let bytes = file.stream_position().map_err(local)?;
    Ok(Packed { file, bytes, entries })
}

fn append(tar: &mut Builder<File>, header: &mut Header, path: &[u8], content: impl io::Read) -> io::Result<()> {
    use std::os::unix::ffi::OsStrExt as _;
    tar.append_data(header, Path::new(std::ffi::OsStr::from_bytes(path)), content)
}

/// The path of an object. Buckets have keys that no file system has beside each other.
fn placed(known: &Manifest, object: &Object, rest: &str) -> Result<Vec<u8>, HopFailure> {
    let wrong = |why: &str| {
        let reason = format!("s3://{}/{} cannot be restored as a file: {why}", object.bucket, object.key);
        Err(HopFailure::at(Hop::Restore, reason))
    };
    let path = normal(rest.as_bytes());
    if path.split(|&byte| byte == b'/').any(|part| part == b"..") {
        return wrong("its name leads out of the folder");
    }
    let is_folder = rest.ends_with('/');
    if known.get(&path).is_some_and(|entry| !is_folder || entry.kind != Kind::Folder) {
        return wrong("another object has the same path");
    }
    let mut at = parent(&path);
    while !at.is_empty() {
        if known.get(at).is_some_and(|entry| entry.kind != Kind::Folder) {
            return wrong(&format!("`{}` is a file", shown(at)));
        }
        at = parent(at);
    }
    let below = [path.as_slice(), b"/"].concat();
    if !is_folder && known.range(below.clone()..).next().is_some_and(|(next, _)| next.starts_with(&below)) {
        return wrong("there are others below it");
    }
    Ok(path)
}

/// The content of an object, with its digest.
async fn download(client: &DynamicClient, object: &Object, folder: &Path) -> Result<(File, Kind), HopFailure> {
    let broken = |error: &dyn std::fmt::Display| {
        HopFailure::at(Hop::Restore, format!("the download of {} broke off: {error}", object.key))
    };
    let mut file = tokio::fs::File::from_std(tempfile::tempfile_in(folder).map_err(|error| broken(&error))?);
    let mut answer = client.download(&object.input()).await.map_err(at(Hop::Restore, "GetObject"))?;
    if answer.head.get("ServerSideEncryption").is_none() {
        return Err(verify::not_encrypted(object));
    }
    let (mut digest, mut bytes) = (Sha256::new(), 0);
    while let Some(chunk) = answer.next().await.map_err(|error| broken(&error))? {
        digest.update(chunk.as_ref());
        bytes += chunk.as_ref().len() as u64;
        file.write_all(chunk.as_ref()).await.map_err(|error| broken(&error))?;
    }
    if bytes != object.bytes {
        return Err(broken(&format!("it has {} bytes, {bytes} came", object.bytes)));
    }
    file.flush().await.map_err(|error| broken(&error))?;
    let mut file = file.into_std().await;
    file.rewind().map_err(|error| broken(&error))?;
    Ok((file, Kind::File { bytes, sha256: digest.finalize().into() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::served::{client, endpoint};
    use crate::restore::budget::Budget;
    use crate::restore::tar_contents::contents;

    fn object(key: &str, bytes: u64) -> Object {
        Object { bucket: "b".to_owned(), key: key.to_owned(), version: None, mark: String::new(), bytes, at: 0 }
    }

    #[test]
    fn keys_that_no_file_system_has_beside_each_other_are_refused() {
        let known = Manifest::from([
            (b"a".to_vec(), Entry::bare(Kind::File { bytes: 0, sha256: [0; 32] })),
            (b"d/e".to_vec(), Entry::bare(Kind::Folder)),
        ]);
        let at = |rest: &str| placed(&known, &object(rest, 0), rest).map_err(|error| error.reason);
        assert_eq!(at("./x//y").unwrap(), b"x/y");
        assert_eq!(at("d/e/").unwrap(), b"d/e");
        for (rest, why) in [
            ("a/b", "`a` is a file"),
            ("/a", "another object has the same path"),
            ("a/", "another object has the same path"),
            ("d/e", "another object has the same path"),
            ("d", "there are others below it"),
            ("x/../../etc/passwd", "its name leads out of the folder"),
        ] {
            assert!(at(rest).unwrap_err().ends_with(why), "{rest}: {:?}", at(rest));
        }
    }

    #[tokio::test]
    async fn an_object_that_ends_early_is_no_file() {
        let (url, _served) = endpoint(&[(200, "abc")]);
        let folder = tempfile::tempdir().unwrap();
        let error = pack(&client(Some(url)), "", &[object("a", 4)], folder.path()).await.err().unwrap();
        assert!(error.reason.contains("not encrypted") || error.reason.contains("it has 4 bytes, 3 came"), "{error}");
    }

    #[tokio::test]
    async fn folders_alone_need_no_download_and_a_long_path_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let long = format!("p/{}/", ["d"; 120].map(|name| name.repeat(4)).join("/"));
        let packed = pack(&client(None), "p/", &[object("p/", 0), object(&long, 0)], folder.path()).await.unwrap();
        assert_eq!(packed.entries.len(), 1);
        let mut file = packed.file;
        file.rewind().unwrap();
        let found = contents(file, &Budget::of(1 << 20, 1 << 20)).unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), packed.entries.keys().collect::<Vec<_>>());
    }
}
