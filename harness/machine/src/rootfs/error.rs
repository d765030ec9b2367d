//! Why a root file system cannot be had.

use std::io;
use std::path::PathBuf;

/// A root file system that no instance can run on.
#[derive(Debug, thiserror::Error)]
pub enum RootfsError {
    /// The file or folder could not be read.
    #[error("cannot read the root file system `{}`", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is something else.
    #[error("`{}` is no root file system: {why}", path.display())]
    Form {
        /// Which.
        path: PathBuf,
        /// In words.
        why: String,
    },
    /// Programs in it are another processor's.
    #[error("`{}` is of the architecture {found}, and this machine is {host}", path.display())]
    Architecture {
        /// Which.
        path: PathBuf,
        /// `arm64`
        found: String,
        /// `amd64`
        host: &'static str,
    },
    /// There is no shell in it, without which no script runs.
    #[error("`{}` has no /bin/sh", .0.display())]
    NoShell(PathBuf),
    /// It is a system of which nothing is known.
    #[error("`{}` has {system}, which is none of the systems that instances can be", path.display())]
    System {
        /// Which.
        path: PathBuf,
        /// As its `os-release` names itself.
        system: String,
    },
    /// It could not be unpacked.
    #[error("cannot unpack the root file system `{}` into `{}`: `{entry}`", path.display(), folder.display())]
    Unpack {
        /// Which.
        path: PathBuf,
        /// Where to.
        folder: PathBuf,
        /// The file in it.
        entry: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The folder of what is unpacked could not be written to.
    #[error("cannot write `{}`", path.display())]
    Cache {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl RootfsError {
    /// What the user can do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Read { .. } | Self::Form { .. } => {
                "it is an OCI layout, what `docker save` writes, a tar archive of a system's files, or a folder with them"
            }
            Self::Architecture { .. } => "name an image of this machine's architecture: `docker pull --platform`",
            Self::NoShell(_) => "scripts take a shell: add one, as /bin/sh, to the image",
            Self::System { .. } => "`--platform` says which of them it is to pass for",
            Self::Unpack { .. } => "the archive may be damaged, or the disk full",
            Self::Cache { .. } => "set XDG_CACHE_HOME to a folder that can be written to",
        }
    }

    /// Whether it is for the user's input to mend, and not for the machine.
    pub fn is_of_input(&self) -> bool {
        use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        match self {
            Self::Cache { .. } => false,
            Self::Unpack { source, .. } => {
                !matches!(source.kind(), PermissionDenied | QuotaExceeded | ReadOnlyFilesystem | StorageFull)
            }
            _ => true,
        }
    }
}
