//! Transforms that refuse a template, or are not had.

use nightproof_core::service::AwsError;
use nightproof_template::Unsupported;

use crate::error::validation;

/// What AWS says where a transform refuses a template.
pub(super) fn failed(name: &str, reason: &str) -> AwsError {
    validation(format!("Transform {name} failed with: {reason}"))
}

pub(super) fn lacking(what: &str) -> AwsError {
    AwsError::new("NotImplemented", 501, Unsupported::message(&[what]))
}
