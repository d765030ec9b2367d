//! What was seeded: each path with its kind, mode and digest.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

/// A file, folder or symbolic link, with what is kept of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Permission bits, with set-user-id and its like. `None` for symbolic links, which have none of their own, and where a form keeps none.
    pub mode: Option<u32>,
    /// Ids of user and group. `None` where a form keeps none.
    pub owner: Option<(u64, u64)>,
    /// Of a hard link, the path of the file that it is another name of: the first of these names.
    pub hard_link: Option<Vec<u8>>,
}

impl Entry {
    /// What a form holds that keeps neither mode nor owner.
    pub const fn bare(kind: Kind) -> Self {
        Self { kind, mode: None, owner: None, hard_link: None }
    }
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File {
        /// Length in bytes.
        bytes: u64,
        /// SHA-256 of its content.
        sha256: [u8; 32],
    },
    /// A folder.
    Folder,
    /// A symbolic link.
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
