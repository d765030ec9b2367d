//! S3: buckets, their configuration, objects of any size as encrypted files, versions, multipart uploads, server access logs
//! and lifecycle rules.

#[macro_use]
mod input;

mod access_log;
mod acl;
mod arn;
mod authorization;
mod blob;
mod checksum;
mod condition;
mod cors;
mod customer_key;
mod document;
mod encoded_word;
mod encryption;
mod error;
mod event;
mod lifecycle;
mod location;
mod notification;
mod object_lock;
mod operations;
mod policy;
mod records;
mod remote;
mod replication;
mod replication_queue;
mod resources;
mod service;
#[cfg(test)]
mod tests;

pub use access_log::LOGGING;
pub use records::S3;
pub use remote::RemoteS3;
pub use resources::resource_types;
