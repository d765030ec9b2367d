//! What of a state machine is kept and given back: logging and tracing.

use nightproof_core::service::{AwsError, arn};
use serde::{Deserialize, Serialize};

/// <https://docs.aws.amazon.com/step-functions/latest/apireference/API_LoggingConfiguration.html>
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoggingConfiguration {
    #[serde(default = "off")]
    level: String,
    #[serde(default)]
    include_execution_data: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    destinations: Vec<LogDestination>,
}

/// <https://docs.aws.amazon.com/step-functions/latest/apireference/API_LogDestination.html>
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct LogDestination {
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_watch_logs_log_group: Option<LogGroup>,
}

/// <https://docs.aws.amazon.com/step-functions/latest/apireference/API_CloudWatchLogsLogGroup.html>
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct LogGroup {
    #[serde(skip_serializing_if = "Option::is_none")]
    log_group_arn: Option<String>,
}

/// <https://docs.aws.amazon.com/step-functions/latest/apireference/API_TracingConfiguration.html>
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct TracingConfiguration {
    enabled: bool,
}

fn off() -> String {
    "OFF".to_owned()
}

impl Default for LoggingConfiguration {
    fn default() -> Self {
        Self { level: off(), include_execution_data: false, destinations: Vec::new() }
    }
}

impl LoggingConfiguration {
    /// Refuses a log group that is none, and levels without one.
    pub(crate) fn check(&self) -> Result<(), AwsError> {
        let invalid =
            |why: &str| AwsError::new("InvalidLoggingConfiguration", 400, format!("Invalid Logging Configuration: {why}"));
        let groups = self.destinations.iter().map(|destination| destination.cloud_watch_logs_log_group.as_ref());
        let is_group = |arn: &str| arn::service_of(arn) == "logs" && arn.ends_with(":*");
        let mut good = groups.map(|group| group.and_then(|group| group.log_group_arn.as_deref()).is_some_and(is_group));
        match good.next() {
            None if self.level != "OFF" => Err(invalid("Must specify exactly one Log Destination.")),
            Some(_) if good.next().is_some() => Err(invalid("Must specify exactly one Log Destination.")),
            Some(false) => Err(invalid("Log Destination is not a valid ARN of a log group.")),
            _ => Ok(()),
        }
    }
}
