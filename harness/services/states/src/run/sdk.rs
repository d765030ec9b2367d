//! Calls of any operation as the state machine's role.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt as _;
use nightproof_core::service::{AwsError, empty_body, full_body};
use serde_json::Value;

use super::Run;
use super::function::{no_object, unsupported};
use super::task::refused;
use crate::language::failure::Failure;

/// An operation, and how its errors are named.
pub(super) struct Operation<'a> {
    /// The signing name of its service.
    pub(super) service: &'a str,
    pub(super) name: &'a str,
    /// What the names of errors begin with.
    pub(super) prefix: &'a str,
    /// The exception of errors that have none of their own.
    pub(super) generic: &'a str,
    /// The service in the cause of an error.
    pub(super) title: &'a str,
}

impl Run {
    /// Calls an operation with parameters that have capital first letters, as its answer has.
    pub(super) async fn operation(&self, operation: &Operation<'_>, parameters: Value) -> Result<Value, Failure> {
        let &Operation { service, name, prefix, generic, title } = operation;
        let known = nightproof_wire::service(service).and_then(|model| Some((model, model.operation(name)?)));
        let (model, known) = known.ok_or_else(|| Failure::runtime(format!("{title} has no operation {name}")))?;
        let mut parameters = Some(parameters).filter(Value::is_object).ok_or_else(no_object)?;
        let body =
            match parameters.as_object_mut().filter(|_| known.streams_input()).and_then(|members| members.shift_remove("Body")) {
                Some(body) => full_body(text(&body)),
                None => empty_body(),
            };
        let is_function = (service, name) == ("lambda", "Invoke");
        if let Some(payload) = parameters.get_mut("Payload").filter(|_| is_function) {
            *payload = STANDARD.encode(text(payload)).into();
        }
        let input = model.named_as_modelled(known, parameters).map_err(|name| unsupported(&name))?;
        let input = model.coerced(known, input);
        let caller = self.caller().await?;
        let failed = |error: AwsError| refused(prefix, generic, title, &error);
        let reply = self.region.call_with_body(&caller, service, name, input, body).await.map_err(failed)?;
        let mut output = model.named_with_capitals(known, reply.output);
        if let (Some(body), Some(members)) = (reply.body, output.as_object_mut()) {
            let bytes = body.collect().await.map_err(|error| failed(AwsError::internal(error.to_string())))?.to_bytes();
            members.insert("Body".to_owned(), String::from_utf8_lossy(&bytes).into());
        }
        if let Some(payload) = output.get_mut("Payload").filter(|_| is_function) {
            let bytes = payload.as_str().and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
            *payload = String::from_utf8_lossy(&bytes).into();
        }
        Ok(output)
    }
}

/// A text as it is, anything else as JSON.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
