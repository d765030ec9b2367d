//! Copying a folder of a system's files.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::layer::Failed;
use super::tree::Tree;

/// Copies what is in `from` into `tree`: files, folders, links and pipes. What is mounted in it is another file system's, and stays out.
pub(super) fn copy(tree: &mut Tree, from: &Path) -> Result<(), Failed> {
    walk(from, &mut |path, found| {
        let (inside, mode) = (path.strip_prefix(from).unwrap_or(path), found.mode());
        let kind = found.file_type();
        if kind.is_symlink() {
            tree.link(inside, &fs::read_link(path)?)
        } else if kind.is_dir() {
            tree.folder(inside, mode)
        } else if kind.is_file() {
            tree.file(inside, mode, found.mtime(), &mut File::open(path)?)
        } else if kind.is_fifo() {
            tree.pipe(inside, mode)
        } else {
            Ok(())
        }
    })
}

/// Copies folders, each over those before, into a new one.
pub(crate) fn copy_folder(folders: &[&Path], to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    let mut tree = Tree::new(to)?;
    for folder in folders {
        copy(&mut tree, folder)
            .map_err(|Failed { entry, source }| io::Error::new(source.kind(), format!("`{entry}`: {source}")))?;
    }
    tree.finish()
}

/// A digest that is another as soon as a file in the folder is.
pub(super) fn digest(folder: &Path) -> Result<String, Failed> {
    let mut digest = Sha256::new();
    walk(folder, &mut |path, found| {
        digest.update(path.as_os_str().as_encoded_bytes());
        for number in [
            u64::from(found.mode()),
            found.size(),
            found.mtime().cast_unsigned(),
            found.mtime_nsec().cast_unsigned(),
            found.ino(),
        ] {
            digest.update(number.to_le_bytes());
        }
        Ok(())
    })?;
    Ok(hex::encode(digest.finalize()))
}

/// Visits all that is below a folder on its own file system, folders before what is in them, in order of names.
fn walk(folder: &Path, visit: &mut dyn FnMut(&Path, &fs::Metadata) -> io::Result<()>) -> Result<(), Failed> {
    let failed = |path: &Path| {
        let entry = path.display().to_string();
        move |source| Failed { entry, source }
    };
    let device = fs::metadata(folder).map_err(failed(folder))?.dev();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        let entries: io::Result<Vec<PathBuf>> =
            fs::read_dir(&next).and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect());
        let mut entries = entries.map_err(failed(&next))?;
        entries.sort();
        for path in entries {
            let found = fs::symlink_metadata(&path).map_err(failed(&path))?;
            visit(&path, &found).map_err(failed(&path))?;
            if found.is_dir() && found.dev() == device {
                waiting.push(path);
            }
        }
    }
    Ok(())
}
