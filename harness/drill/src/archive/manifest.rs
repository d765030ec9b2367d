//! What was seeded: each path with its kind, mode and digest.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

/// A file, folder or symbolic link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A regular file.
    File {
        /// Permission bits, with set-user-id and its like.
        mode: u32,
        /// Length in bytes.
        bytes: u64,
        /// SHA-256 of its content.
        sha256: [u8; 32],
    },
    /// A folder.
    Folder {
        /// Permission bits.
        mode: u32,
    },
    /// A symbolic link. Links have no mode of their own.
    Link {
        /// Where it points, as written.
        target: Vec<u8>,
    },
    /// Anything else an archive can hold: a device, a pipe.
    Other,
}

/// Paths, relative to the data path, without `./`, as bytes: a file name need not be UTF-8.
pub type Manifest = BTreeMap<Vec<u8>, Entry>;

/// Why data cannot be seeded.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// Reading the data failed.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A device, socket or pipe.
    #[error("`{}` is neither a file, a folder nor a symbolic link", path.display())]
    Special {
        /// Where.
        path: PathBuf,
    },
    /// Packing failed.
    #[error("cannot pack the data into `{}`", path.display())]
    Write {
        /// The package.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A path as text, quoted where it holds control characters.
pub(crate) fn shown(path: &[u8]) -> String {
    let text = String::from_utf8_lossy(path);
    if text.chars().any(char::is_control) { format!("{text:?}") } else { text.into_owned() }
}
