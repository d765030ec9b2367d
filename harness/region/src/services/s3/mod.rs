//! The service `s3`.
