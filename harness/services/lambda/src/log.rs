//! Log events of a function's environment, written to CloudWatch Logs with the function's own role.

use jiff::Timestamp;
use nightproof_core::{Caller, Region};
use serde_json::{Value, json};

use crate::definition::Definition;
use crate::platform::Event;

/// The log stream of one environment.
pub(super) struct Log {
    region: Region,
    caller: Caller,
    pub group: String,
    pub stream: String,
    /// The level from which the platform's events are written as JSON; text has none, and has them all.
    json: Option<String>,
    /// Whether the runtime client writes the lines of one event with returns between them, as Node.js's does.
    returns: bool,
    created: bool,
    pending: Vec<Value>,
    text: String,
}

impl Log {
    /// A stream of its own in the function's log group; made when there is something to write.
    pub(super) fn open(region: &Region, caller: Caller, definition: &Definition) -> Self {
        let config = |member: &str| crate::pointer::pointer(&definition.configuration, &format!("/LoggingConfig/{member}"));
        let day = region.clock().now().strftime("%Y/%m/%d").to_string();
        // In a group that functions share, the streams carry their names.
        let of = match config("LogGroup") == format!("/aws/lambda/{}", definition.text("FunctionName")) {
            true => String::new(),
            false => definition.text("FunctionName").to_owned(),
        };
        let stream = format!("{day}/{of}[{}]{}", definition.text("Version"), uuid::Uuid::new_v4().simple());
        Self {
            region: region.clone(),
            caller,
            group: config("LogGroup"),
            stream,
            json: (config("LogFormat") == "JSON").then(|| config("SystemLogLevel")),
            returns: definition.text("Runtime").starts_with("nodejs"),
            created: false,
            pending: Vec::new(),
            text: String::new(),
        }
    }

    /// Adds a line, written at `time`.
    pub(super) fn line(&mut self, time: Timestamp, line: &str) {
        let line = &if self.returns { line.replace('\r', "\n") } else { line.to_owned() };
        self.text.push_str(line);
        self.text.push('\n');
        // Logs takes no empty events.
        if !line.is_empty() {
            self.pending.push(json!({"timestamp": time.as_millisecond(), "message": format!("{line}\n")}));
        }
    }

    /// Adds an event of the platform, which happens now.
    pub(super) fn platform(&mut self, event: &Event<'_>) {
        let now = self.region.clock().now();
        let line = match &self.json {
            Some(level) => event.json(now, level),
            None => Some(event.text()),
        };
        if let Some(line) = line {
            self.line(now, &line);
        }
    }

    /// Writes what was added since. A role that may not write its log leaves none, and fails nothing.
    pub(super) async fn ship(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        if !pending.is_empty()
            && let Err(error) = self.write(pending).await
        {
            tracing::debug!(%error, group = self.group, "a function's log was not written");
        }
    }

    /// All lines since the last time.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    async fn write(&mut self, events: Vec<Value>) -> Result<(), nightproof_core::service::AwsError> {
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
