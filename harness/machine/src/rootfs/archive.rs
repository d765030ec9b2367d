//! Files by name in a folder or in an archive, as parts of an image are.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt as _;
use std::path::{Component, Path, PathBuf};

use super::compression;

/// Where parts of an image are.
pub(super) enum Parts {
    /// Below a folder.
    Folder(PathBuf),
    /// In an archive without compression.
    Archive(Index),
}

/// An archive whose files can be read in any order.
pub(super) struct Index {
    file: File,
    /// Where each file begins, and its size.
    files: HashMap<PathBuf, (u64, u64)>,
    /// Links, with what they are to.
    links: HashMap<PathBuf, PathBuf>,
}

impl Parts {
    /// Opens a part. Links in archives are followed: `docker save` once made them of layers that are the same.
    pub(super) fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        let path = plain(Path::new(name)).ok_or(io::ErrorKind::InvalidInput)?;
        match self {
            Self::Folder(folder) => Ok(Box::new(File::open(folder.join(path))?)),
            Self::Archive(index) => {
                let path = index.links.get(&path).unwrap_or(&path);
                let (begin, length) = *index.files.get(path).ok_or(io::ErrorKind::NotFound)?;
                Ok(Box::new(Slice { file: &index.file, at: begin, end: begin + length }))
            }
        }
    }

    /// A part that is a document, as text.
    pub(super) fn text(&self, name: &str) -> io::Result<String> {
        // Indexes have kilobytes.
        let mut text = String::new();
        self.open(name)?.take(64 * 1024 * 1024).read_to_string(&mut text)?;
        Ok(text)
    }

    /// Whether there is a part of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        match self {
            Self::Folder(folder) => folder.join(name).is_file(),
            Self::Archive(index) => index.files.contains_key(Path::new(name)),
        }
    }
}

impl Index {
    /// Reads what an archive has. One that is compressed is written without its compression first, to a file in `scratch` that has no name.
    pub(super) fn new(file: File, scratch: &Path) -> io::Result<Self> {
        let mut begin = [0; 6];
        let length = file.read_at(&mut begin, 0)?;
        let file = if compression::is_compressed(begin.get(..length).unwrap_or_default()) {
            let mut plain = tempfile::tempfile_in(scratch)?;
            io::copy(&mut compression::open(file)?, &mut plain)?;
            plain
        } else {
            file
        };
        let mut archive = tar::Archive::new(Slice { file: &file, at: 0, end: file.metadata()?.len() });
        let (mut files, mut links) = (HashMap::new(), HashMap::new());
        for entry in archive.entries_with_seek()? {
            let entry = entry?;
            let Some(path) = plain(&entry.path()?) else { continue };
            match entry.header().entry_type() {
                kind if kind.is_symlink() || kind.is_hard_link() => {
                    let target = entry.link_name()?.unwrap_or_default();
                    let from =
                        if kind.is_symlink() { path.parent().unwrap_or(Path::new("")).join(target) } else { target.into_owned() };
                    links.extend(folded(&from).map(|target| (path, target)));
                }
                _ => drop(files.insert(path, (entry.raw_file_position(), entry.size()))),
            }
        }
        Ok(Self { file, files, links })
    }

    /// How many files there are.
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.links.is_empty()
    }

    /// All of it, from its begin.
    pub(super) fn whole(&self) -> io::Result<impl Read + '_> {
        let end = self.file.metadata()?.len();
        Ok(BufReader::with_capacity(256 * 1024, Slice { file: &self.file, at: 0, end }))
    }
}

/// A path below a folder that leads nowhere else; `None` for any other.
fn plain(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => plain.push(name),
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(plain)
}

/// A path without `..`; `None` if that leads out.
fn folded(path: &Path) -> Option<PathBuf> {
    let mut folded = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => folded.push(name),
            Component::CurDir => {}
            Component::ParentDir if folded.pop() => {}
            _ => return None,
        }
    }
    Some(folded)
}

/// A part of a file, which others read at the same time.
struct Slice<'a> {
    file: &'a File,
    at: u64,
    end: u64,
}

impl Read for Slice<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let length = left.min(buffer.len());
        let count = self.file.read_at(buffer.get_mut(..length).unwrap_or_default(), self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl io::Seek for Slice<'_> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        let at = match to {
            io::SeekFrom::Start(at) => Some(at),
            io::SeekFrom::Current(by) => self.at.checked_add_signed(by),
            io::SeekFrom::End(by) => self.end.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// Whether there is something of this name in a folder, link or not.
pub(super) fn has_entry(folder: &Path, name: &str) -> bool {
    fs::symlink_metadata(folder.join(name)).is_ok()
}
