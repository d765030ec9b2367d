//! What a function's environment writes to CloudWatch Logs, with the function's own role.

use serde_json::{Value, json};

use super::environment::Definition;
use crate::{Caller, Region};

/// The log stream of one environment.
pub(super) struct Log {
    region: Region,
    caller: Caller,
    pub group: String,
    pub stream: String,
    created: bool,
    pending: Vec<Value>,
    text: String,
}

impl Log {
    /// A stream of its own in the function's log group; made when there is something to write.
    pub(super) fn open(region: &Region, caller: Caller, definition: &Definition) -> Self {
        let group = super::pointer(&definition.configuration, "/LoggingConfig/LogGroup");
        let day = region.clock().now().strftime("%Y/%m/%d").to_string();
        let stream = format!("{day}/[$LATEST]{}", uuid::Uuid::new_v4().simple());
        Self { region: region.clone(), caller, group, stream, created: false, pending: Vec::new(), text: String::new() }
    }

    /// Adds a line.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
        // Logs takes no empty events; CloudWatch's longest is 256 KB.
        if !line.is_empty() {
            self.pending.push(json!({"timestamp": self.region.clock().now().as_millisecond(), "message": format!("{line}\n")}));
        }
    }

    /// Writes what was added since, and answers it. A role that may not write its log leaves none, and fails nothing.
    pub(super) async fn flush(&mut self) -> String {
        let pending = std::mem::take(&mut self.pending);
        if !pending.is_empty()
            && let Err(error) = self.write(pending).await
        {
            tracing::debug!(%error, group = self.group, "a function's log was not written");
        }
        std::mem::take(&mut self.text)
    }

    async fn write(&mut self, events: Vec<Value>) -> Result<(), crate::service::AwsError> {
        if !self.created {
            let stream = json!({"logGroupName": self.group, "logStreamName": self.stream});
            let made = self.region.call(&self.caller, "logs", "CreateLogStream", stream.clone()).await;
            if made.is_err_and(|error| error.code == "ResourceNotFoundException") {
                self.region.call(&self.caller, "logs", "CreateLogGroup", json!({"logGroupName": self.group})).await?;
                self.region.call(&self.caller, "logs", "CreateLogStream", stream).await?;
            }
            self.created = true;
        }
        let input = json!({"logGroupName": self.group, "logStreamName": self.stream, "logEvents": events});
        self.region.call(&self.caller, "logs", "PutLogEvents", input).await.map(|_| ())
    }
}
