//! Archives: the data that is seeded, and the buckets that get what is made of it.

pub(crate) mod bucket;
pub(crate) mod manifest;
pub(crate) mod own_bucket;
pub(crate) mod plain_package;
pub(crate) mod presigned;
pub(crate) mod sample_site;
pub(crate) mod tarball;
