//! The AWS services, a folder each.

#[expect(clippy::indexing_slicing, reason = "members of JSON objects that were just made are assigned by name")]
pub mod cloudformation;
pub mod cloudtrail;
pub(crate) mod document;
pub mod ec2;
pub mod ec2messages;
pub mod events;
mod given_tags;
pub mod iam;
pub mod kms;
#[expect(clippy::indexing_slicing, reason = "members of JSON objects that were just made are assigned by name")]
pub mod lambda;
pub mod logs;
pub mod monitoring;
mod page;
pub mod s3;
pub mod servicequotas;
pub mod sns;
pub mod sqs;
pub mod ssm;
pub mod sts;
pub mod tagging;
