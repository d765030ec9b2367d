//! Calls of AWS's API by the operator, for pages that cannot sign.

use http_body_util::BodyExt as _;
use nightproof_core::service::{Body, empty_body};
use serde_json::{Value, json};

use crate::answer::Refusal;
use crate::handles::Handles;

/// How much of a streamed payload is shown, bytes.
const SHOWN: usize = 256 * 1024;

/// Makes a call. Input and output are documents in the shapes of the service's model; of a payload that is streamed the beginning is shown where it is text.
pub(crate) async fn call(handles: &Handles, service: &str, operation: &str, input: Value) -> Result<Value, Refusal> {
    let reply = handles.region.call_with_body(&handles.operator, service, operation, input, empty_body()).await?;
    let mut answer = json!({ "output": reply.output });
    if let (Some(body), Some(members)) = (reply.body, answer.as_object_mut()) {
        members.insert("payload".to_owned(), payload(body).await);
    }
    Ok(answer)
}

async fn payload(mut body: Body) -> Value {
    let mut bytes = Vec::new();
    while bytes.len() < SHOWN {
        match body.frame().await {
            Some(Ok(frame)) => bytes.extend(frame.into_data().unwrap_or_default()),
            Some(Err(error)) => return json!({ "error": error.to_string() }),
            None => break,
        }
    }
    let whole = bytes.len() < SHOWN;
    bytes.truncate(SHOWN);
    match String::from_utf8(bytes) {
        Ok(text) => json!({ "text": text, "whole": whole }),
        Err(_) => json!({ "binary": true }),
    }
}
