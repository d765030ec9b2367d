//! The operations, by what they are about.

pub(crate) mod acl;
pub(crate) mod bucket;
pub(crate) mod config;
pub(crate) mod copy;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod multipart;
pub(crate) mod notification;
pub(crate) mod object_lock;
pub(crate) mod put;
mod replicas;
pub(crate) mod replication;
pub(crate) mod tagging;
