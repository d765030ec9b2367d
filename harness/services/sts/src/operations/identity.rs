//! Who calls, whose a key is, and why a call was denied.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::validation;
use crate::records::Sts;

/// `GetCallerIdentity`. <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetCallerIdentity {}

/// `GetAccessKeyInfo`. <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetAccessKeyInfo {
    access_key_id: String,
}

/// `DecodeAuthorizationMessage`. <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DecodeAuthorizationMessage {
    encoded_message: String,
}

impl Sts {
    pub(crate) fn get_caller_identity(&self, call: &Call, _: GetCallerIdentity) -> Result<Value, AwsError> {
        let caller = &call.caller;
        Ok(json!({ "UserId": caller.user_id(), "Account": caller.account, "Arn": caller.arn() }))
    }

    pub(crate) fn get_access_key_info(&self, call: &Call, input: GetAccessKeyInfo) -> Result<Value, AwsError> {
        let id = input.access_key_id;
        match call.region.credentials().find(&id) {
            Some(key) => Ok(json!({ "Account": key.caller.account })),
            None => Err(validation(format!("The access key ID {id} is not valid."))),
        }
    }

    pub(crate) fn decode_authorization_message(&self, call: &Call, input: DecodeAuthorizationMessage) -> Result<Value, AwsError> {
        match call.region.authorizer().and_then(|authorizer| authorizer.decoded(&input.encoded_message)) {
            Some(decoded) => Ok(json!({ "DecodedMessage": decoded })),
            None => Err(AwsError::new(
                "InvalidAuthorizationMessageException",
                400,
                "The error returned if the message passed to DecodeAuthorizationMessage was invalid.",
            )),
        }
    }
}
