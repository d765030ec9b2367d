//! The restore: what a night left is opened and compared with the data.

pub(crate) mod archive_check;
pub(crate) mod budget;
pub(crate) mod checksum;
pub(crate) mod comparison;
pub(crate) mod decompression;
pub(crate) mod ignored;
pub(crate) mod looks_like;
pub(crate) mod opening;
pub(crate) mod parts;
pub(crate) mod path;
pub(crate) mod peek;
pub(crate) mod plain;
pub(crate) mod promise;
pub(crate) mod read_ahead;
pub(crate) mod tar_contents;
pub(crate) mod timing;
pub(crate) mod tree;
pub(crate) mod unreadable;
pub(crate) mod zip_contents;
