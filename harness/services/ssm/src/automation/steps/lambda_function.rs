//! `aws:invokeLambdaFunction`
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-lamb.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::automation::run::Automation;
use crate::automation::scope::text_of;
use crate::automation::step_run::{ActionFailure, Done};

pub(super) async fn invoke(automation: &Automation, inputs: &Value) -> Result<Done, ActionFailure> {
    let mut input = inputs.as_object().cloned().unwrap_or_default();
    let payload = input.remove("InputPayload").or_else(|| input.remove("Payload"));
    if let Some(payload) = payload {
        input.insert("Payload".to_owned(), STANDARD.encode(text_of(&payload)).into());
    }
    input.entry("InvocationType").or_insert_with(|| "RequestResponse".into());
    let answer = automation.call("lambda", "Invoke", input.into()).await?;
    let text = |name: &str| answer.get(name).map(text_of).unwrap_or_default();
    let payload = STANDARD.decode(text("Payload")).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let (status, error) = (text("StatusCode"), text("FunctionError"));
    let outputs = [("StatusCode", &status), ("FunctionError", &error), ("LogResult", &text("LogResult")), ("Payload", &payload)];
    let outputs = outputs.into_iter().filter(|(_, value)| !value.is_empty());
    let outputs = outputs.map(|(name, value)| (name.to_owned(), json!(value))).collect();
    if error.is_empty() {
        return Ok(Done { outputs, response_code: status, next: None });
    }
    Err(ActionFailure { reason: format!("The function failed ({error}): {payload}"), outputs })
}
