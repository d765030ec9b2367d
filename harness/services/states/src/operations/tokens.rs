//! Operations on tasks by their tokens.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::records::States;
use crate::token::Message;

/// `SendTaskSuccess`. <https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SendTaskSuccess {
    task_token: String,
    output: String,
}

/// `SendTaskFailure`. <https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SendTaskFailure {
    task_token: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    cause: String,
}

/// `SendTaskHeartbeat`. <https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskHeartbeat.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SendTaskHeartbeat {
    task_token: String,
}

impl States {
    pub(crate) fn send_task_success(&self, call: &Call, input: SendTaskSuccess) -> Result<Value, AwsError> {
        let invalid = |error| AwsError::new("InvalidOutput", 400, format!("Invalid Output: '{error}'"));
        let output = serde_json::from_str(&input.output).map_err(invalid)?;
        self.send(call, &input.task_token, Message::Success(output))
    }

    pub(crate) fn send_task_failure(&self, call: &Call, input: SendTaskFailure) -> Result<Value, AwsError> {
        self.send(call, &input.task_token, Message::Failure { error: input.error, cause: input.cause })
    }

    pub(crate) fn send_task_heartbeat(&self, call: &Call, input: SendTaskHeartbeat) -> Result<Value, AwsError> {
        self.send(call, &input.task_token, Message::Heartbeat)
    }

    fn send(&self, call: &Call, token: &str, message: Message) -> Result<Value, AwsError> {
        self.with(call.account(), |records| {
            let task = records.tokens.get(token);
            let task = task.ok_or_else(|| AwsError::new("InvalidToken", 400, "Invalid Token: 'Invalid token'"))?;
            let gone = |_| AwsError::new("TaskTimedOut", 400, "Task Timed Out: 'Provided task does not exist anymore'");
            task.send(message).map_err(gone)?;
            Ok(json!({}))
        })
    }
}
