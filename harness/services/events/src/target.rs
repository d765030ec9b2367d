//! Targets of rules, as they are given, kept and given back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where a rule sends its events. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html>
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Target {
    pub(super) id: String,
    pub(super) arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input_transformer: Option<InputTransformer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sqs_parameters: Option<SqsParameters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kinesis_parameters: Option<KinesisParameters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) run_command_parameters: Option<RunCommandParameters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dead_letter_config: Option<DeadLetterConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) retry_policy: Option<RetryPolicy>,
}

/// A text made of parts of the event. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_InputTransformer.html>
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InputTransformer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input_paths_map: Option<BTreeMap<String, String>>,
    pub(super) input_template: String,
}

/// Parameters of a queue. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_SqsParameters.html>
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SqsParameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message_group_id: Option<String>,
}

/// Parameters of a stream. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_KinesisParameters.html>
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct KinesisParameters {
    pub(super) partition_key_path: String,
}

/// On which instances a document runs. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RunCommandParameters.html>
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RunCommandParameters {
    pub(super) run_command_targets: Vec<RunCommandTarget>,
}

/// Instances by id or tag. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RunCommandTarget.html>
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RunCommandTarget {
    pub(super) key: String,
    pub(super) values: Vec<String>,
}

/// The queue of events that could not be delivered. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeadLetterConfig.html>
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeadLetterConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) arn: Option<String>,
}

/// How often and how long a delivery is tried. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RetryPolicy.html>
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RetryPolicy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) maximum_retry_attempts: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) maximum_event_age_in_seconds: Option<i64>,
}

impl Target {
    /// The ARN of the dead-letter queue.
    pub(super) fn dead_letter_queue(&self) -> Option<&str> {
        self.dead_letter_config.as_ref().and_then(|config| config.arn.as_deref())
    }
}

impl InputTransformer {
    /// Variables and the paths of their values in the event.
    pub(super) fn paths(&self) -> impl Iterator<Item = (&String, &String)> {
        self.input_paths_map.iter().flatten()
    }
}
