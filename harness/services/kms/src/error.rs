//! Errors that several operations return.

use nightproof_wire::AwsError;

pub(crate) fn not_found(message: String) -> AwsError {
    AwsError::new("NotFoundException", 400, message)
}

/// What a call that would have succeeded is answered with when it has `DryRun`.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html>
pub(crate) fn dry_run() -> AwsError {
    AwsError::new("DryRunOperationException", 400, "The request would have succeeded, but the DryRun option is set.")
}
