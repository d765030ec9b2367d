//! The AWS services, a folder each.

pub mod cloudformation;
pub(crate) mod document;
pub mod ec2;
pub mod ec2messages;
pub mod events;
pub mod iam;
pub mod kms;
pub mod lambda;
pub mod logs;
pub mod s3;
pub mod sqs;
pub mod ssm;
pub mod sts;
