//! Functions as tasks. <https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::Run;
use super::task::refused;
use crate::language::failure::Failure;

impl Run {
    /// Invokes the function with this ARN, and returns what it answers.
    pub(super) async fn function(&self, arn: &str, payload: &Value) -> Result<Value, Failure> {
        let input = json!({ "FunctionName": arn, "Payload": STANDARD.encode(payload.to_string()) });
        Ok(self.invoked(input).await?.0)
    }

    /// `lambda:invoke`, which returns the payload with facts of the call.
    pub(super) async fn lambda_invoke(&self, parameters: Value) -> Result<Value, Failure> {
        let Value::Object(members) = parameters else { return Err(no_object()) };
        let mut input = Map::new();
        for (name, value) in members {
            let value = match name.as_str() {
                "Payload" => STANDARD.encode(value.to_string()).into(),
                "ClientContext" | "FunctionName" | "InvocationType" | "LogType" | "Qualifier" => value,
                _ => return Err(unsupported(&name)),
            };
            input.insert(name, value);
        }
        let (payload, mut answer) = self.invoked(input.into()).await?;
        if let Some(members) = answer.as_object_mut() {
            members.insert("Payload".to_owned(), payload);
        }
        Ok(with_metadata(answer))
    }

    /// The payload that a function answers, and all of the answer.
    async fn invoked(&self, input: Value) -> Result<(Value, Value), Failure> {
        let caller = self.caller().await?;
        let answer = self.region.call(&caller, "lambda", "Invoke", input).await;
        let answer = answer.map_err(|error| refused("Lambda", "AWSLambdaException", "Lambda", &error))?;
        let text = answer.get("Payload").and_then(Value::as_str).and_then(|text| STANDARD.decode(text).ok());
        let text = text.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        let payload =
            serde_json::from_str(&text).unwrap_or_else(|_| if text.is_empty() { json!({}) } else { text.as_str().into() });
        if answer.get("FunctionError").is_some() {
            let error = payload.get("errorType").and_then(Value::as_str).unwrap_or("Lambda.Unknown");
            return Err(Failure::new(error, text));
        }
        Ok((payload, answer))
    }
}

/// An answer with what optimized integrations add to it.
pub(super) fn with_metadata(mut answer: Value) -> Value {
    let request = uuid::Uuid::new_v4().to_string();
    if let Some(members) = answer.as_object_mut() {
        members.insert("SdkHttpMetadata".to_owned(), json!({ "HttpStatusCode": 200 }));
        members.insert("SdkResponseMetadata".to_owned(), json!({ "RequestId": request }));
    }
    answer
}

pub(super) fn no_object() -> Failure {
    Failure::runtime("The Parameters of the state are no object.")
}

pub(super) fn unsupported(name: &str) -> Failure {
    Failure::runtime(format!("The field \"{name}\" is not supported by Step Functions"))
}
