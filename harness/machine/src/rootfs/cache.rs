//! Root file systems that are unpacked, in the cache's folder.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nightproof_machine_image::Platform;

use super::RootfsError;
use super::image::Source;
use super::layer::Failed;
use super::system;
use super::tree::{Tree, open_in};
use crate::disk;
use crate::tools::cache_folder;

/// In an entry: the system's files.
const TREE: &str = "tree";
/// Beside an entry: what it was unpacked from, and what holds a lock while somebody uses it.
const ORIGIN: &str = "origin";

/// A root file system, ready for instances. It stays as it is while there is a clone of this.
#[derive(Debug, Clone)]
pub struct Rootfs {
    tree: PathBuf,
    platform: &'static Platform,
    _used: Arc<File>,
}

impl Rootfs {
    /// Gets the one at `path` ready: unpacks it, unless that has been done. `named` is what it is to pass for if it is no system that is
    /// known. `progress` is told before it takes its time.
    ///
    /// # Errors
    /// [`RootfsError`], with a hint for the user.
    pub fn prepare(path: &Path, named: Option<&'static Platform>, progress: impl Fn(&str)) -> Result<Self, RootfsError> {
        Self::prepare_in(&cache_folder().join("rootfs"), path, named, progress)
    }

    /// The same with a folder for what is unpacked.
    ///
    /// # Errors
    /// As those of [`Rootfs::prepare`].
    pub fn prepare_in(
        cache: &Path,
        path: &Path,
        named: Option<&'static Platform>,
        progress: impl Fn(&str),
    ) -> Result<Self, RootfsError> {
        let write = |at: &Path| {
            let path = at.to_owned();
            move |source| RootfsError::Cache { path, source }
        };
        fs::create_dir_all(cache).map_err(write(cache))?;
        let source = Source::open(path, cache)?;
        let read = |Failed { entry, source }: Failed| RootfsError::Read { path: path.join(entry), source };
        let digest = source.digest().map_err(read)?;
        let entry = cache.join(digest.get(..32).unwrap_or(&digest));
        // Two at once must not unpack into one folder; the second finds the first one's work.
        let lock = cache.join("lock");
        let held = File::create(&lock).and_then(|file| file.lock().map(|()| file)).map_err(write(&lock))?;
        let tree = entry.join(TREE);
        if !tree.exists() {
            progress(&format!("unpacking the root file system {} (once)", path.display()));
            disk::remove(&entry).map_err(write(&entry))?;
            let new = tempfile::Builder::new().prefix("new-").tempdir_in(cache).map_err(write(cache))?;
            unpack(&source, path, &new.path().join(TREE), named)?;
            let origin = path.canonicalize().unwrap_or_else(|_| path.to_owned());
            fs::write(new.path().join(ORIGIN), origin.as_os_str().as_encoded_bytes()).map_err(write(&entry))?;
            let new = new.keep();
            fs::rename(&new, &entry).map_err(write(&entry))?;
            remove_others(cache, &entry, origin.as_os_str().as_encoded_bytes());
        }
        let used = File::open(entry.join(ORIGIN)).and_then(|file| file.lock_shared().map(|()| file));
        let used = Arc::new(used.map_err(write(&entry))?);
        drop(held);
        let platform = system::identify(&tree, path, named)?;
        Ok(Self { tree, platform, _used: used })
    }

    /// What it is.
    pub fn platform(&self) -> &'static Platform {
        self.platform
    }

    /// Programs that every AMI has and it has not, of those by which a drill seeds data and restores.
    pub fn lacks(&self) -> Vec<&'static str> {
        let has = |program: &&str| {
            ["usr/bin", "bin", "usr/local/bin"].iter().any(|folder| open_in(&self.tree, &Path::new(folder).join(program)).is_ok())
        };
        ["bash", "curl", "gzip", "tar"].into_iter().filter(|program| !has(program)).collect()
    }

    /// The folder that has its files.
    pub(crate) fn tree(&self) -> &Path {
        &self.tree
    }
}

fn unpack(source: &Source, path: &Path, tree: &Path, named: Option<&'static Platform>) -> Result<(), RootfsError> {
    let failed = |Failed { entry, source }| RootfsError::Unpack { path: path.to_owned(), folder: tree.to_owned(), entry, source };
    let at = |source: io::Error| failed(Failed { entry: "/".to_owned(), source });
    fs::create_dir_all(tree).map_err(at)?;
    let mut filled = Tree::new(tree).map_err(at)?;
    let unpacked = source.unpack(&mut filled).map_err(failed).and_then(|()| {
        filled.finish().map_err(at)?;
        // What no instance could run is not kept.
        system::identify(tree, path, named).map(drop)
    });
    if unpacked.is_err() {
        let _ = disk::remove(tree);
    }
    unpacked
}

/// Removes what was unpacked from the same place before and is in nobody's use.
fn remove_others(cache: &Path, entry: &Path, origin: &[u8]) {
    let entries = fs::read_dir(cache).into_iter().flatten().flatten().map(|found| found.path());
    for other in entries.filter(|other| other != entry) {
        let Ok(file) = File::open(other.join(ORIGIN)) else { continue };
        let same = fs::read(other.join(ORIGIN)).is_ok_and(|text| text == origin);
        if same
            && file.try_lock().is_ok()
            && let Err(error) = disk::remove(&other)
        {
            tracing::debug!(%error, folder = %other.display(), "cannot remove a root file system");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use nightproof_machine_image::DEBIAN_12;

    use super::*;

    /// A folder with a system that has a shell, as far as anybody looks.
    fn system(note: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for part in ["usr/bin", "etc", "dev"] {
            fs::create_dir_all(folder.path().join(part)).unwrap();
        }
        symlink("usr/bin", folder.path().join("bin")).unwrap();
        fs::copy(std::env::current_exe().unwrap(), folder.path().join("usr/bin/sh")).unwrap();
        fs::write(folder.path().join("etc/os-release"), DEBIAN_12.os_release).unwrap();
        fs::write(folder.path().join("etc/note"), note).unwrap();
        folder
    }

    fn note(rootfs: &Rootfs) -> String {
        fs::read_to_string(rootfs.tree().join("etc/note")).unwrap()
    }

    #[test]
    fn a_folder_is_copied_once_and_again_when_something_in_it_has_changed() {
        let (cache, folder) = (tempfile::tempdir().unwrap(), system("first"));
        let said = std::cell::Cell::new(0);
        let prepared = || Rootfs::prepare_in(cache.path(), folder.path(), None, |_| said.set(said.get() + 1)).unwrap();
        let first = prepared();
        assert_eq!((first.platform().key, note(&first).as_str(), said.get()), ("debian-12", "first", 1));
        assert_eq!((note(&prepared()).as_str(), said.get()), ("first", 1));
        assert_eq!(first.lacks(), ["bash", "curl", "gzip", "tar"]);
        fs::write(folder.path().join("etc/note"), "another").unwrap();
        let second = prepared();
        assert_eq!((note(&second).as_str(), said.get()), ("another", 2));
        assert_eq!(note(&first), "first", "somebody uses it");
        let tree = first.tree().to_owned();
        drop(first);
        fs::write(folder.path().join("etc/note"), "the third").unwrap();
        assert_eq!(note(&prepared()), "the third");
        assert!(!tree.exists() && second.tree().exists(), "what nobody uses any more is removed");
    }

    #[test]
    fn an_archive_is_unpacked_whatever_it_is_compressed_by_and_an_image_in_its_layers() {
        let (cache, folder) = (tempfile::tempdir().unwrap(), system("plain"));
        let pack = || {
            let mut archive = tar::Builder::new(Vec::new());
            archive.follow_symlinks(false);
            archive.append_dir_all(".", folder.path()).unwrap();
            archive.into_inner().unwrap()
        };
        let files = tempfile::tempdir().unwrap();
        let (plain, packed) = (files.path().join("a.tar"), files.path().join("b.tar.gz"));
        fs::write(&plain, pack()).unwrap();
        assert!(
            std::process::Command::new("sh")
                .args(["-c", "gzip -c \"$1\" > \"$2\"", "sh"])
                .args([&plain, &packed])
                .status()
                .unwrap()
                .success()
        );
        for file in [&plain, &packed] {
            assert_eq!(note(&Rootfs::prepare_in(cache.path(), file, None, |_| {}).unwrap()), "plain");
        }

        // As `docker save` writes it, in an archive.
        fs::write(folder.path().join("etc/note"), "of the first layer").unwrap();
        let mut second = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(3);
        second.append_data(&mut header, "etc/note", &b"two"[..]).unwrap();
        let mut image = tar::Builder::new(Vec::new());
        let config = format!("{{\"architecture\":\"{}\",\"os\":\"linux\"}}", system::HOST);
        let manifest = "[{\"Config\":\"c.json\",\"RepoTags\":null,\"Layers\":[\"1/layer.tar\",\"2/layer.tar\"]}]";
        let parts = [
            ("c.json", config.into_bytes()),
            ("1/layer.tar", pack()),
            ("2/layer.tar", second.into_inner().unwrap()),
            ("manifest.json", manifest.as_bytes().to_vec()),
        ];
        for (name, bytes) in parts {
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o644);
            header.set_size(bytes.len() as u64);
            image.append_data(&mut header, name, bytes.as_slice()).unwrap();
        }
        let saved = files.path().join("saved.tar");
        fs::write(&saved, image.into_inner().unwrap()).unwrap();
        assert_eq!(note(&Rootfs::prepare_in(cache.path(), &saved, None, |_| {}).unwrap()), "two");
    }

    #[test]
    fn what_is_no_root_file_system_is_refused_and_leaves_nothing() {
        let (cache, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let refused = |path: &Path| Rootfs::prepare_in(cache.path(), path, None, |_| {}).unwrap_err();
        assert!(matches!(refused(&files.path().join("missing")), RootfsError::Read { .. }));
        assert!(matches!(refused(files.path()), RootfsError::Form { .. }));
        let text = files.path().join("text");
        for content in ["no archive at all, whatever its name may be", ""] {
            fs::write(&text, content).unwrap();
            let error = refused(&text);
            assert!(matches!(error, RootfsError::Form { .. }), "{error}");
            assert!(error.is_of_input() && error.hint().contains("OCI layout"), "{error}");
        }
        let mut archive = tar::Builder::new(File::create(&text).unwrap());
        archive.append_path_with_name(std::env::current_exe().unwrap(), "program").unwrap();
        archive.into_inner().unwrap();
        assert!(matches!(refused(&text), RootfsError::NoShell(_)));
        let left: Vec<_> = fs::read_dir(cache.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["lock"]);
    }
}
