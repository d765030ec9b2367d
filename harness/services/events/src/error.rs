//! Errors that several operations return.

use nightproof_core::service::AwsError;

pub(crate) fn no_rule(name: &str) -> AwsError {
    AwsError::new("ResourceNotFoundException", 400, format!("Rule {name} does not exist on EventBus default."))
}
