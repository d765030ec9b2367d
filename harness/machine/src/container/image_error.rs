//! Why an image could not be made or found.

use super::engine::{DISK_FULL, EngineError, is_disk_full};

/// An image could not be got ready.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The engine could not be used.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// There is no public base image, and none can be made.
    #[error("the base image `{image}` cannot be pulled ({refusal}), and there is no mmdebstrap to make one with")]
    NoBase {
        /// The public image.
        image: &'static str,
        /// Why it could not be had.
        refusal: String,
    },
    /// An image that the user named is not there and cannot be pulled.
    #[error("the image `{image}` is not there and cannot be pulled: {refusal}")]
    Named {
        /// Its name.
        image: String,
        /// Why it could not be had.
        refusal: String,
    },
    /// No Python that can install packages.
    #[error("no Python 3.10 or newer with venv and pip was found, to get an image's packages with")]
    Python,
    /// The pinned packages are for x86-64.
    #[error("images can be made on x86_64 only, and this machine is {0}")]
    Architecture(&'static str),
    /// A temporary folder could not be filled.
    #[error("cannot write an image's files to the folder for temporary files")]
    Folder(#[source] std::io::Error),
    /// A program that makes part of an image failed.
    #[error("cannot make an image: `{command}` failed: {output}")]
    Command {
        /// Its command line.
        command: String,
        /// The end of what it said.
        output: String,
    },
    /// The build failed.
    #[error("cannot build the image `{image}`: {reason}")]
    Build {
        /// Its name.
        image: String,
        /// The engine's words.
        reason: String,
    },
}

/// What the user can do when there is no room for an image's files.
const TEMPORARY: &str = "set TMPDIR to a folder with a gigabyte of space";

impl ImageError {
    /// What the user can do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Engine(error) => error.hint(),
            Self::NoBase { .. } => {
                "let the engine reach docker.io, or run `sudo apt-get install mmdebstrap`; `--machine sandbox` needs no image"
            }
            Self::Named { .. } => "pull or build it first, or leave its option out",
            Self::Python => crate::tools::ToolsError::Python.hint(),
            Self::Architecture(_) => "name images of your own with --instance-image and --function-image",
            Self::Folder(_) => TEMPORARY,
            Self::Command { output, .. } if is_disk_full(output) => TEMPORARY,
            Self::Command { .. } => "images need PyPI and Debian's mirrors once (PIP_INDEX_URL, PIP_CERT, http_proxy)",
            Self::Build { reason, .. } if is_disk_full(reason) => DISK_FULL,
            Self::Build { .. } => "`nightproof images` builds again; the engine's log may say more",
        }
    }
}
