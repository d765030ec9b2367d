//! Where a command's output goes beside its reply: a bucket, and CloudWatch Logs.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::api::Api;
use super::api_error::ApiError;
use super::clock;
use super::s3::{self, Place};
use super::script::{STDERR, STDOUT};

/// Bytes of output in one event of a log.
const EVENT: usize = 200_000;

/// What a message asks for.
#[derive(Debug, Clone, Default)]
pub(super) struct Outputs {
    pub(super) bucket: String,
    prefix: String,
    log_group: Option<String>,
}

impl Outputs {
    /// As a message's payload says.
    pub(super) fn from_payload(payload: &Value) -> Self {
        let text = |name: &str| payload.get(name).and_then(Value::as_str).unwrap_or_default();
        let enabled = text("CloudWatchOutputEnabled") == "true";
        let group = match text("CloudWatchLogGroupName") {
            "" => format!("/aws/ssm/{}", text("DocumentName")),
            group => group.to_owned(),
        };
        Self {
            bucket: text("OutputS3BucketName").to_owned(),
            prefix: text("OutputS3KeyPrefix").trim_end_matches('/').to_owned(),
            log_group: enabled.then_some(group),
        }
    }

    /// Whether output goes anywhere.
    pub(super) fn are_wanted(&self) -> bool {
        !self.bucket.is_empty() || self.log_group.is_some()
    }

    /// Where in the bucket a plugin's output is: `PREFIX/COMMAND/INSTANCE/ACTION/FOLDER`.
    pub(super) fn key(&self, command: &str, instance: &str, action: &str, folder: &str) -> String {
        let tail = format!("{command}/{instance}/{}/{folder}", action.replace(':', ""));
        if self.prefix.is_empty() { tail } else { format!("{}/{tail}", self.prefix) }
    }

    /// Sends what a plugin left in its folder. What cannot be sent is reported by nobody, as with the real agent: it says so in its log.
    pub(super) fn send(&self, api: &Api, folder: &Path, key: &str, stream: &str) -> Vec<ApiError> {
        let mut failures = Vec::new();
        for name in [STDOUT, STDERR] {
            let bytes = fs::read(folder.join(name)).unwrap_or_default();
            if bytes.is_empty() {
                continue;
            }
            if !self.bucket.is_empty() {
                let place = Place { bucket: self.bucket.clone(), key: format!("{key}/{name}") };
                failures.extend(s3::put(api, &place, &bytes).err());
            }
            if let Some(group) = &self.log_group {
                failures.extend(log(api, group, &format!("{stream}/{name}"), &bytes).err());
            }
        }
        failures
    }
}

/// Writes output as events of a stream of its own.
fn log(api: &Api, group: &str, stream: &str, bytes: &[u8]) -> Result<(), ApiError> {
    let there = |result: Result<Value, ApiError>| match result {
        Err(ApiError::Refused { code, .. }) if code == "ResourceAlreadyExistsException" => Ok(()),
        other => other.map(drop),
    };
    let made = there(api.logs("CreateLogStream", &json!({"logGroupName": group, "logStreamName": stream})));
    if matches!(&made, Err(ApiError::Refused { code, .. }) if code == "ResourceNotFoundException") {
        there(api.logs("CreateLogGroup", &json!({"logGroupName": group})))?;
        there(api.logs("CreateLogStream", &json!({"logGroupName": group, "logStreamName": stream})))?;
    } else {
        made?;
    }
    for chunk in bytes.chunks(EVENT) {
        let message = String::from_utf8_lossy(chunk);
        let event = json!({"timestamp": clock::now().as_millisecond(), "message": message.trim_end_matches('\n')});
        api.logs("PutLogEvents", &json!({"logGroupName": group, "logStreamName": stream, "logEvents": [event]}))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_named_after_the_document_unless_the_command_names_one() {
        let payload = json!({"DocumentName": "AWS-RunShellScript", "CloudWatchOutputEnabled": "true", "OutputS3KeyPrefix": "p/"});
        let outputs = Outputs::from_payload(&payload);
        assert_eq!(outputs.log_group.as_deref(), Some("/aws/ssm/AWS-RunShellScript"));
        assert_eq!(
            outputs.key("c", "i-1", "aws:runShellScript", "0.awsrunShellScript"),
            "p/c/i-1/awsrunShellScript/0.awsrunShellScript"
        );
        assert!(!Outputs::from_payload(&json!({"CloudWatchOutputEnabled": "false"})).are_wanted());
    }
}
