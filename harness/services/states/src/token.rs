//! Tokens of tasks that wait for somebody to send them.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token>

use serde_json::Value;

/// What somebody says of a task by its token.
#[derive(Debug)]
pub(crate) enum Message {
    Success(Value),
    Failure { error: String, cause: String },
    Heartbeat,
}
