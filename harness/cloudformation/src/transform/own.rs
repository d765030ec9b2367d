//! Macros of the account: its own functions.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros-author.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Map, Value, json};

use super::failure::failed;
use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::records::Submission;

/// Has the function of a macro make another fragment of this one.
pub(super) async fn call(
    service: &CloudFormation,
    call: &Call,
    name: &str,
    fragment: Value,
    parameters: Value,
    before: &Submission,
) -> Result<Value, AwsError> {
    let account = call.account();
    let own = name.strip_prefix(account).and_then(|rest| rest.strip_prefix("::")).unwrap_or(name);
    let id = format!("{account}::{own}");
    let function = service.with_macros(account, |macros| macros.get(own).cloned());
    let function = function.ok_or_else(|| validation(format!("No transform named {id} found.")))?;
    let event = json!({
        "accountId": account,
        "fragment": fragment,
        "transformId": id,
        "requestId": uuid::Uuid::new_v4().to_string(),
        "region": call.region.name(),
        "params": parameters,
        "templateParameterValues": before.inputs.parameters.iter().map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>(),
    });
    let input = json!({"FunctionName": function, "Payload": STANDARD.encode(event.to_string())});
    let caller = call.caller.clone().via("cloudformation.amazonaws.com");
    let answer = call.region.call(&caller, "lambda", "Invoke", input).await.map_err(|error| match error.code.as_str() {
        "NotImplemented" => error,
        _ => failed(&id, &error.message),
    })?;
    let payload = answer.text("Payload").and_then(|payload| STANDARD.decode(payload).ok()).unwrap_or_default();
    let malformed = || validation(format!("Received malformed response from transform {id}"));
    let answered: Value = serde_json::from_slice(&payload).map_err(|_| malformed())?;
    if answer.has("FunctionError") {
        return Err(malformed());
    }
    let status = answered.text("status").ok_or_else(malformed)?;
    if !status.eq_ignore_ascii_case("success") {
        return Err(match answered.text("errorMessage") {
            Some(message) => failed(&id, message),
            None => validation(format!("Transform {id} failed without an error message.")),
        });
    }
    answered.get("fragment").cloned().ok_or_else(malformed)
}
