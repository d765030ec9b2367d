//! Root file systems that instances run on instead of this host's: an image as Docker and others save it, an archive, or a folder.
//!
//! A root file system is unpacked once, into the cache's folder, under the digest of its content. An instance sees it below a layer of what is
//! nightproof's, and writes to its own disk. Whoever runs nightproof owns all of it, as a sandbox has one id: owners, device files and
//! extended attributes of the image have no place in it.

mod archive;
mod cache;
mod compression;
mod copy;
mod error;
mod image;
mod layer;
mod manifest;
mod own;
mod system;
mod tree;

pub use cache::Rootfs;
pub(crate) use copy::copy_folder;
pub use error::RootfsError;
pub(crate) use own::{Instance, fill as fill_own_layer};
