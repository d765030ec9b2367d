//! Who calls, whose a key is, and why a call was denied.

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::error::validation;

/// `GetCallerIdentity`. <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
pub(crate) fn get_caller_identity(call: &Call) -> Value {
    let caller = &call.caller;
    json!({ "UserId": caller.user_id(), "Account": caller.account, "Arn": caller.arn() })
}

/// `GetAccessKeyInfo`. <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html>
pub(crate) fn get_access_key_info(call: &Call, input: &Value) -> Result<Value, AwsError> {
    let id = input.required("AccessKeyId");
    match call.region.credentials().find(id) {
        Some(key) => Ok(json!({ "Account": key.caller.account })),
        None => Err(validation(format!("The access key ID {id} is not valid."))),
    }
}

/// `DecodeAuthorizationMessage`. <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>
pub(crate) fn decode_authorization_message(call: &Call, input: &Value) -> Result<Value, AwsError> {
    let message = input.required("EncodedMessage");
    match call.region.authorizer().and_then(|authorizer| authorizer.decoded(message)) {
        Some(decoded) => Ok(json!({ "DecodedMessage": decoded })),
        None => Err(AwsError::new(
            "InvalidAuthorizationMessageException",
            400,
            "The error returned if the message passed to DecodeAuthorizationMessage was invalid.",
        )),
    }
}
