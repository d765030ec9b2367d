//! Operations on targets.

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use super::delivery::service_of;
use super::rule_operations::{page, refuse_managed};
use super::{Events, input as target_input, require_default_bus};

const MOST_TARGETS: usize = 5;

/// Members of a target that change nothing for a function, a queue or a topic are AWS's business; these change something.
const KNOWN: [&str; 9] =
    ["Id", "Arn", "RoleArn", "Input", "InputPath", "InputTransformer", "RetryPolicy", "DeadLetterConfig", "SqsParameters"];

impl Events {
    pub(super) fn put_targets(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        for target in input.list("Targets") {
            validate(target)?;
        }
        self.with_rule(call, input, "Rule", |rule| {
            refuse_managed(rule, false)?;
            let mut targets = rule.targets.clone();
            for target in input.list("Targets") {
                targets.insert(target.required("Id").to_owned(), target.clone());
            }
            if targets.len() > MOST_TARGETS {
                let message = "The requested resource exceeds the maximum number allowed.";
                return Err(AwsError::new("LimitExceededException", 400, message));
            }
            rule.targets = targets;
            Ok(json!({ "FailedEntryCount": 0, "FailedEntries": [] }))
        })?
    }

    pub(super) fn remove_targets(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.with_rule(call, input, "Rule", |rule| {
            refuse_managed(rule, input.flag("Force") == Some(true))?;
            let mut failed = Vec::new();
            for id in input.texts("Ids") {
                if rule.targets.remove(id).is_none() {
                    let message = format!("Rule {} does not have target {id}.", rule.name);
                    failed.push(json!({ "TargetId": id, "ErrorCode": "ResourceNotFoundException", "ErrorMessage": message }));
                }
            }
            Ok(json!({ "FailedEntryCount": failed.len(), "FailedEntries": failed }))
        })?
    }

    pub(super) fn list_targets(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let targets = self.with_rule(call, input, "Rule", |rule| rule.targets.values().cloned().collect())?;
        page(input, "Targets", targets)
    }

    pub(super) fn list_rule_names(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        require_default_bus(input)?;
        let arn = input.required("TargetArn");
        let rules = self.lock();
        let rules = rules.get(call.account()).into_iter().flat_map(|rules| rules.values());
        let found = rules.filter(|rule| rule.targets.values().any(|target| target.text("Arn") == Some(arn)));
        page(input, "RuleNames", found.map(|rule| rule.name.clone().into()).collect())
    }
}

fn validate(target: &Value) -> Result<(), AwsError> {
    let (id, arn) = (target.required("Id"), target.required("Arn"));
    let parts: Vec<&str> = arn.split(':').collect();
    if parts.first() != Some(&"arn") || parts.len() < 6 {
        return Err(AwsError::validation(format!("Provided Arn is not in correct format. Parameter {arn} is not valid.")));
    }
    match service_of(arn) {
        "lambda" if parts.get(5) == Some(&"function") => {}
        "sns" | "sqs" => {}
        other => return Err(AwsError::not_implemented("events", &format!("a target of the kind {other}"))),
    }
    if ["lambda", "sns"].contains(&service_of(arn)) && target.has("RoleArn") {
        return Err(AwsError::validation(format!("RoleArn is not supported for target {arn}.")));
    }
    if let Some(member) =
        target.as_object().into_iter().flatten().map(|(name, _)| name).find(|name| !KNOWN.contains(&name.as_str()))
    {
        return Err(AwsError::not_implemented("events", &format!("a target with {member}")));
    }
    target_input::validate(target)?;
    if let Some(policy) = target.get("RetryPolicy") {
        in_range(policy, id, "MaximumRetryAttempts", 0, 185)?;
        in_range(policy, id, "MaximumEventAgeInSeconds", 60, 86_400)?;
    }
    match target.get("DeadLetterConfig").and_then(|config| config.text("Arn")) {
        Some(queue) if service_of(queue) != "sqs" => {
            Err(AwsError::validation(format!("Invalid DeadLetterConfig for target {id}: {queue} is not a queue.")))
        }
        _ => Ok(()),
    }
}

fn in_range(policy: &Value, id: &str, member: &str, low: i64, high: i64) -> Result<(), AwsError> {
    match policy.number(member) {
        Some(value) if !(low..=high).contains(&value) => {
            Err(AwsError::validation(format!("{member} of target {id} must be between {low} and {high}.")))
        }
        _ => Ok(()),
    }
}
