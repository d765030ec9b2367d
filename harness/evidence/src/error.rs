//! Why evidence cannot be written, read or believed.

use std::io;
use std::path::PathBuf;

/// Evidence cannot be written, read or believed.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// A file cannot be read.
    #[error("cannot read `{}`", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`", .path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is no key in minisign's form.
    #[error("`{}` is no {kind} in minisign's form: {why}", .path.display())]
    Key {
        /// Which.
        path: PathBuf,
        /// `public key`, `secret key`.
        kind: &'static str,
        /// Why.
        why: String,
    },
    /// A signature could not be made.
    #[error("cannot sign `{}`: {why}", .path.display())]
    Sign {
        /// Of what.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A file is not as it was signed, was not signed by this key, or not at all.
    #[error("`{}` is not to be believed: {why}", .path.display())]
    Refused {
        /// Which.
        path: PathBuf,
        /// Why, as a fragment.
        why: String,
    },
    /// There is nothing to verify.
    #[error("`{}` holds no evidence", .0.display())]
    Nothing(PathBuf),
    /// A period has no evidence.
    #[error("there is no evidence of a drill from {from} to {to}")]
    EmptyBook {
        /// First day.
        from: String,
        /// Last day.
        to: String,
    },
}
