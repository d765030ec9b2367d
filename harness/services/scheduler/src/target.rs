//! Targets of schedules, as they are given, kept and given back.

use nightproof_core::service::{AwsError, arn};
use serde::{Deserialize, Serialize};

/// What a schedule invokes. <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Target.html>
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Target {
    pub(crate) arn: String,
    pub(crate) role_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) input: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dead_letter_config: Option<DeadLetterConfig>,
    #[serde(default)]
    pub(crate) retry_policy: RetryPolicy,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) event_bridge_parameters: Option<EventBridgeParameters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sqs_parameters: Option<SqsParameters>,
}

/// The queue of events that could not be delivered. <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_DeadLetterConfig.html>
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeadLetterConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) arn: Option<String>,
}

/// How often and how long a delivery is tried. <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html>
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct RetryPolicy {
    pub(crate) maximum_event_age_in_seconds: i64,
    pub(crate) maximum_retry_attempts: i64,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { maximum_event_age_in_seconds: 86_400, maximum_retry_attempts: 185 }
    }
}

/// What an event on a bus is of. <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_EventBridgeParameters.html>
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct EventBridgeParameters {
    pub(crate) detail_type: String,
    pub(crate) source: String,
}

/// Parameters of a queue. <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_SqsParameters.html>
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SqsParameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message_group_id: Option<String>,
}

/// What a target's ARN means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Function,
    Queue,
    Topic,
    Bus,
    StateMachine,
    /// An operation of a service, by the service's signing name and the operation's name.
    /// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html>
    Operation {
        service: &'static str,
        operation: String,
    },
}

/// Services of universal targets by their names in AWS's SDK for Java, with their signing names.
const SERVICES: [(&str, &str); 16] = [
    ("cloudformation", "cloudformation"),
    ("cloudwatch", "monitoring"),
    ("cloudwatchlogs", "logs"),
    ("dynamodb", "dynamodb"),
    ("ec2", "ec2"),
    ("eventbridge", "events"),
    ("iam", "iam"),
    ("kms", "kms"),
    ("lambda", "lambda"),
    ("s3", "s3"),
    ("secretsmanager", "secretsmanager"),
    ("sfn", "states"),
    ("sns", "sns"),
    ("sqs", "sqs"),
    ("ssm", "ssm"),
    ("sts", "sts"),
];

/// What begins the names of operations that only read, which no schedule invokes.
/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html#unsupported-api-actions>
const READING: [&str; 16] = [
    "get",
    "describe",
    "list",
    "poll",
    "receive",
    "search",
    "scan",
    "query",
    "select",
    "read",
    "lookup",
    "discover",
    "validate",
    "batchGet",
    "batchDescribe",
    "batchRead",
];

impl Target {
    /// What it invokes.
    ///
    /// # Errors
    /// `ValidationException` for what is no target; not implemented for what is one on AWS and not here.
    pub(crate) fn kind(&self) -> Result<Kind, AwsError> {
        let arn = self.arn.as_str();
        let invalid = || AwsError::validation(format!("Provided Arn is not in correct format. Parameter {arn} is not valid."));
        if !arn.starts_with("arn:") {
            return Err(invalid());
        }
        let resource = arn::resource_of(arn);
        match arn::service_of(arn) {
            "lambda" if resource.starts_with("function:") => Ok(Kind::Function),
            "sqs" => Ok(Kind::Queue),
            "sns" => Ok(Kind::Topic),
            "events" if resource.starts_with("event-bus/") => Ok(Kind::Bus),
            "states" if resource.starts_with("stateMachine:") => Ok(Kind::StateMachine),
            "scheduler" => {
                let (service, action) =
                    resource.strip_prefix("aws-sdk:").and_then(|name| name.split_once(':')).ok_or_else(invalid)?;
                operation(service, action).ok_or_else(invalid)?
            }
            other => Err(AwsError::not_implemented("scheduler", &format!("a target of the kind {other}"))),
        }
    }

    /// The ARN of the dead-letter queue.
    pub(crate) fn dead_letter_queue(&self) -> Option<&str> {
        self.dead_letter_config.as_ref().and_then(|config| config.arn.as_deref())
    }
}

/// The operation of a universal target; `None` of a name that none has.
fn operation(service: &str, action: &str) -> Option<Result<Kind, AwsError>> {
    let first = action.chars().next().filter(char::is_ascii_lowercase)?;
    if service.is_empty() || !action.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let reads = |prefix: &str| {
        action
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(|next: char| next.is_ascii_uppercase()))
    };
    if READING.iter().any(|prefix| reads(prefix)) {
        return None;
    }
    let operation = format!("{}{}", first.to_ascii_uppercase(), action.get(1..)?);
    Some(match SERVICES.iter().find(|(name, _)| *name == service) {
        Some((_, signing)) => Ok(Kind::Operation { service: signing, operation }),
        None => Err(AwsError::not_implemented("scheduler", &format!("the target aws-sdk:{service}:{action}"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(arn: &str) -> Result<Kind, AwsError> {
        let target = serde_json::json!({ "Arn": arn, "RoleArn": "r" });
        serde_json::from_value::<Target>(target).unwrap().kind()
    }

    #[test]
    fn a_universal_target_names_an_operation_that_changes_something() {
        let sends = Kind::Operation { service: "ssm", operation: "SendCommand".to_owned() };
        assert_eq!(kind("arn:aws:scheduler:::aws-sdk:ssm:sendCommand").unwrap(), sends);
        let puts = Kind::Operation { service: "events", operation: "PutEvents".to_owned() };
        assert_eq!(kind("arn:aws:scheduler:::aws-sdk:eventbridge:putEvents").unwrap(), puts);
        for bad in ["ssm:SendCommand", "ssm:getParameter", "ssm:", ":sendCommand", "ssm", "sqs:receiveMessage"] {
            assert_eq!(kind(&format!("arn:aws:scheduler:::aws-sdk:{bad}")).unwrap_err().code, "ValidationException", "{bad}");
        }
        assert_eq!(kind("arn:aws:scheduler:::aws-sdk:rds:stopDBInstance").unwrap_err().code, "NotImplemented");
        assert_eq!(kind("arn:aws:states:us-east-1:1:stateMachine:m").unwrap(), Kind::StateMachine);
        assert_eq!(kind("arn:aws:ecs:us-east-1:1:cluster/c").unwrap_err().code, "NotImplemented");
        assert_eq!(kind("queue").unwrap_err().code, "ValidationException");
    }
}
