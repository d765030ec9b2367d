//! Receipt handles.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::service::AwsError;

/// A handle for one receive of one message.
pub(crate) fn receipt_for(queue: &str, message: &str) -> String {
    STANDARD.encode(format!("{queue} {message} {}", uuid::Uuid::new_v4()))
}

/// The message's id in a handle of this queue.
pub(crate) fn message_in(queue: &str, handle: &str) -> Option<String> {
    let decoded = String::from_utf8(STANDARD.decode(handle).ok()?).ok()?;
    let mut parts = decoded.split(' ');
    (parts.next()? == queue).then_some(parts.next()?.to_owned())
}

pub(crate) fn invalid_handle(handle: &str) -> AwsError {
    AwsError::new("ReceiptHandleIsInvalid", 404, format!("The input receipt handle \"{handle}\" is not a valid receipt handle."))
}
