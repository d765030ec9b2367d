//! Why a drill file cannot be used.

use std::io;
use std::path::{Path, PathBuf};

/// A drill file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DrillFileError {
    /// The file cannot be read.
    #[error("cannot read the drill file `{}`", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not of the format.
    #[error("{}: {why}", .path.display())]
    Format {
        /// Which.
        path: PathBuf,
        /// Why, with line and column.
        why: String,
    },
}

impl DrillFileError {
    pub(crate) fn format(path: &Path, why: String) -> Self {
        Self::Format { path: path.to_owned(), why }
    }
}
