//! A command: one document with its parameters, sent to a number of nodes.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::document::Document;
use crate::invocation::Invocation;
use crate::rate_control::share;
use crate::stamp::stamp;

/// A command's record.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) id: String,
    pub(crate) document_name: String,
    pub(crate) document_version: String,
    pub(crate) document: Document,
    pub(crate) comment: String,
    /// As the caller gave them: names to lists of strings.
    pub(crate) parameters: Value,
    /// The same in the document's types, as the agent gets them.
    pub(crate) typed_parameters: Value,
    pub(crate) instance_ids: Vec<String>,
    pub(crate) targets: Vec<Target>,
    pub(crate) requested: Timestamp,
    pub(crate) delivery_timeout: SignedDuration,
    pub(crate) execution_timeout: SignedDuration,
    pub(crate) max_concurrency: String,
    pub(crate) max_errors: String,
    pub(crate) output_bucket: String,
    pub(crate) output_prefix: String,
    pub(crate) cloud_watch_output: CloudWatchOutputConfig,
    pub(crate) invocations: Vec<Invocation>,
    pub(crate) cancelled: bool,
    /// The status that EventBridge received last.
    pub(crate) reported: &'static str,
}

/// A target of SendCommand.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Target {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    #[serde(default)]
    pub(crate) values: Vec<String>,
}

/// Whether output goes to CloudWatch Logs, and the log group.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct CloudWatchOutputConfig {
    pub(crate) cloud_watch_log_group_name: String,
    pub(crate) cloud_watch_output_enabled: bool,
}

impl Command {
    /// From this moment on nothing is waited for. Delivery and execution added up, as in `ExpiresAfter`.
    pub(crate) fn expires(&self) -> Timestamp {
        self.requested + self.delivery_timeout + self.execution_timeout
    }

    /// When an invocation that has not begun ends as Delivery Timed Out.
    pub(crate) fn delivery_deadline(&self) -> Timestamp {
        self.requested + self.delivery_timeout
    }

    /// How many invocations may be in flight at once.
    pub(crate) fn concurrency(&self) -> usize {
        share(&self.max_concurrency, self.invocations.len()).max(1)
    }

    /// How many invocations may fail before no more are started.
    pub(crate) fn tolerated_errors(&self) -> usize {
        share(&self.max_errors, self.invocations.len())
    }

    pub(crate) fn invocation(&mut self, instance: &str) -> Option<&mut Invocation> {
        self.invocations.iter_mut().find(|invocation| invocation.instance_id == instance)
    }

    /// The `Command` of the API.
    pub(crate) fn describe(&self, region: &str) -> Value {
        let verdict = self.verdict();
        let mut output = json!({
            "CommandId": self.id,
            "DocumentName": self.document_name,
            "DocumentVersion": self.document_version,
            "Comment": self.comment,
            "ExpiresAfter": stamp(self.expires()),
            "Parameters": self.parameters,
            "InstanceIds": self.instance_ids,
            "Targets": self.targets,
            "RequestedDateTime": stamp(self.requested),
            "Status": verdict.status,
            "StatusDetails": verdict.details,
            "OutputS3Region": region,
            "OutputS3BucketName": self.output_bucket,
            "OutputS3KeyPrefix": self.output_prefix,
            "MaxConcurrency": self.max_concurrency,
            "MaxErrors": self.max_errors,
            "TargetCount": self.invocations.len(),
            "CompletedCount": verdict.completed,
            "ErrorCount": verdict.errors,
            "DeliveryTimedOutCount": verdict.delivery_timed_out,
            "ServiceRole": "",
            "NotificationConfig": {"NotificationArn": "", "NotificationEvents": [], "NotificationType": ""},
            "CloudWatchOutputConfig": self.cloud_watch_output,
            "TimeoutSeconds": self.delivery_timeout.as_secs(),
        });
        if self.output_bucket.is_empty()
            && let Some(output) = output.as_object_mut()
        {
            output.remove("OutputS3Region");
        }
        output
    }
}
