//! Errors that several operations return.

use nightproof_wire::AwsError;

pub(crate) fn not_found(message: String) -> AwsError {
    AwsError::new("NotFoundException", 400, message)
}
