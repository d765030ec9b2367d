//! Errors that several operations return.

use nightproof_wire::AwsError;

pub(crate) fn not_found(message: String) -> AwsError {
    AwsError::new("NotFoundException", 400, message)
}

/// Grants are not served, and have no tokens.
pub(crate) fn refuse_tokens(tokens: &[String]) -> Result<(), AwsError> {
    if tokens.is_empty() {
        return Ok(());
    }
    Err(AwsError::not_implemented("kms", "GrantTokens"))
}

/// What a call that would have succeeded is answered with when it has `DryRun`.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html>
pub(crate) fn dry_run() -> AwsError {
    AwsError::new("DryRunOperationException", 412, "The request would have succeeded, but the DryRun option is set.")
}
