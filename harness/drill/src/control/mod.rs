//! Negative controls: what somebody or something does to a backup, made on purpose, so that it shows whether the drill notices.

mod archive;
mod kind;
mod package;

pub(crate) use archive::apply;
pub use kind::ArchiveControl;
pub(crate) use package::rewrite;
