//! Operations on targets.

use nightproof_core::service::arn::service_of;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::limit_exceeded;
use crate::input as target_input;
use crate::log_target;
use crate::operations::rules::refuse_managed;
use crate::page::page;
use crate::records::Events;
use crate::target::Target;

const MOST_TARGETS: usize = 5;

/// `PutTargets`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutTargets {
    rule: String,
    event_bus_name: Option<String>,
    targets: Vec<Target>,
}

/// `RemoveTargets`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RemoveTargets.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RemoveTargets {
    rule: String,
    event_bus_name: Option<String>,
    ids: Vec<String>,
    #[serde(default)]
    force: bool,
}

/// `ListTargetsByRule`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListTargetsByRule.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListTargetsByRule {
    rule: String,
    event_bus_name: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

/// `ListRuleNamesByTarget`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListRuleNamesByTarget.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListRuleNamesByTarget {
    target_arn: String,
    event_bus_name: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

impl Events {
    pub(crate) fn put_targets(&self, call: &Call, input: PutTargets) -> Result<Value, AwsError> {
        input.targets.iter().try_for_each(validate)?;
        self.with_rule(call, input.event_bus_name.as_deref(), &input.rule, |rule| {
            refuse_managed(rule, false)?;
            let mut targets = rule.targets.clone();
            targets.extend(input.targets.into_iter().map(|target| (target.id.clone(), target)));
            if targets.len() > MOST_TARGETS {
                return Err(limit_exceeded());
            }
            rule.targets = targets;
            Ok(json!({ "FailedEntryCount": 0, "FailedEntries": [] }))
        })?
    }

    pub(crate) fn remove_targets(&self, call: &Call, input: RemoveTargets) -> Result<Value, AwsError> {
        self.with_rule(call, input.event_bus_name.as_deref(), &input.rule, |rule| {
            refuse_managed(rule, input.force)?;
            let mut failed = Vec::new();
            for id in &input.ids {
                if rule.targets.remove(id).is_none() {
                    let message = format!("Rule {} does not have target {id}.", rule.name);
                    failed.push(json!({ "TargetId": id, "ErrorCode": "ResourceNotFoundException", "ErrorMessage": message }));
                }
            }
            Ok(json!({ "FailedEntryCount": failed.len(), "FailedEntries": failed }))
        })?
    }

    pub(crate) fn list_targets_by_rule(&self, call: &Call, input: ListTargetsByRule) -> Result<Value, AwsError> {
        let targets = self.with_rule(call, input.event_bus_name.as_deref(), &input.rule, |rule| {
            rule.targets.values().map(|target| json!(target)).collect()
        })?;
        page("Targets", targets, input.next_token.as_deref(), input.limit)
    }

    pub(crate) fn list_rule_names_by_target(&self, call: &Call, input: ListRuleNamesByTarget) -> Result<Value, AwsError> {
        let names = self.with_bus(call, input.event_bus_name.as_deref(), |bus| {
            let found = bus.rules.values().filter(|rule| rule.targets.values().any(|target| target.arn == input.target_arn));
            Ok(found.map(|rule| rule.name.clone().into()).collect())
        })?;
        page("RuleNames", names, input.next_token.as_deref(), input.limit)
    }
}

fn validate(target: &Target) -> Result<(), AwsError> {
    let (id, arn) = (target.id.as_str(), target.arn.as_str());
    let parts: Vec<&str> = arn.split(':').collect();
    if parts.first() != Some(&"arn") || parts.len() < 6 {
        return Err(AwsError::validation(format!("Provided Arn is not in correct format. Parameter {arn} is not valid.")));
    }
    match service_of(arn) {
        "lambda" if parts.get(5) == Some(&"function") => {}
        "sns" | "sqs" => {}
        "logs" if log_target::group(arn).is_some() => {}
        "events" if parts.get(5).is_some_and(|resource| resource.starts_with("event-bus/")) => {}
        "ssm" if parts.get(5).is_some_and(|resource| resource.starts_with("automation-definition/")) => {
            if target.role_arn.is_none() {
                return Err(AwsError::validation(format!("RoleArn is required for target {arn}.")));
            }
        }
        "kinesis" if parts.get(5).is_some_and(|resource| resource.starts_with("stream/")) => {
            if target.role_arn.is_none() {
                return Err(AwsError::validation(format!("RoleArn is required for target {arn}.")));
            }
        }
        "states" if parts.get(5) == Some(&"stateMachine") => {
            if target.role_arn.is_none() {
                return Err(AwsError::validation(format!("RoleArn is required for target {arn}.")));
            }
        }
        "ssm" if parts.get(5).is_some_and(|resource| resource.starts_with("document/")) => {
            if target.role_arn.is_none() {
                return Err(AwsError::validation(format!("RoleArn is required for target {arn}.")));
            }
            if target.run_command_parameters.is_none() {
                return Err(AwsError::validation(format!("Parameter RunCommandParameters is not valid for target {id}.")));
            }
        }
        other => return Err(AwsError::not_implemented("events", &format!("a target of the kind {other}"))),
    }
    if ["lambda", "sns", "logs"].contains(&service_of(arn)) && target.role_arn.is_some() {
        return Err(AwsError::validation(format!("RoleArn is not supported for target {arn}.")));
    }
    target_input::validate(target)?;
    if let Some(policy) = &target.retry_policy {
        in_range(policy.maximum_retry_attempts, id, "MaximumRetryAttempts", 0, 185)?;
        in_range(policy.maximum_event_age_in_seconds, id, "MaximumEventAgeInSeconds", 60, 86_400)?;
    }
    match target.dead_letter_queue() {
        Some(queue) if service_of(queue) != "sqs" => {
            Err(AwsError::validation(format!("Invalid DeadLetterConfig for target {id}: {queue} is not a queue.")))
        }
        _ => Ok(()),
    }
}

fn in_range(value: Option<i64>, id: &str, member: &str, low: i64, high: i64) -> Result<(), AwsError> {
    match value {
        Some(value) if !(low..=high).contains(&value) => {
            Err(AwsError::validation(format!("{member} of target {id} must be between {low} and {high}.")))
        }
        _ => Ok(()),
    }
}
