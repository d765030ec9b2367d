//! Names in full of what is in IAM, which has no regions.

use nightproof_core::service::Arn;

/// The ARN of an account's resource: `role/backup`.
pub(crate) fn arn(account: &str, resource: impl Into<String>) -> String {
    Arn::new("iam", "", account, resource).to_string()
}
