//! Why an incident file cannot be used.

use std::io;
use std::path::{Path, PathBuf};

/// An incident file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IncidentError {
    /// The file cannot be read.
    #[error("cannot read the incident file `{}`", .path.display())]
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
    /// A disk of a size cannot be had in a container.
    #[error("`disk_mib`: a container's disk is as large as Docker's")]
    DiskInContainers,
    /// A container may not mount.
    #[error("`machine: sandbox`: nobody may mount in a container")]
    MountInContainers,
    /// A wrong clock or a slow disk cannot be had in a container.
    #[error("`clock`, `disk_kib_per_second`: programs of a container's image need not load a library for it")]
    InterposedInContainers,
}

impl IncidentError {
    pub(crate) fn format(path: &Path, why: String) -> Self {
        Self::Format { path: path.to_owned(), why }
    }

    /// What the user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Read { .. } | Self::Format { .. } => "docs/incidents.md explains the format",
            Self::DiskInContainers => "give --machine sandbox, or a `before` script that fills the container's disk",
            Self::MountInContainers | Self::InterposedInContainers => "give --machine sandbox",
        }
    }
}
