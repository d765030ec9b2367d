//! The restore: an archive is unpacked and compared with the data.

pub(crate) mod archive_check;
pub(crate) mod comparison;
