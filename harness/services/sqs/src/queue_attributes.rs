//! Attributes of queues that a caller may set, with their bounds.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>

use std::collections::BTreeMap;

use nightproof_core::service::AwsError;
use nightproof_iam_policy::{Policy, PolicyKind};
use serde_json::{Value, json};

use crate::error::bad_value;
use crate::redrive_allow::RedriveAllow;

/// Attribute names to values, all strings.
pub(super) type Attributes = BTreeMap<String, String>;

const NUMBERS: [(&str, i64, i64, &str); 6] = [
    ("DelaySeconds", 0, 900, "0"),
    ("KmsDataKeyReusePeriodSeconds", 60, 86_400, "300"),
    ("MaximumMessageSize", 1024, 1_048_576, "1048576"),
    ("MessageRetentionPeriod", 60, 1_209_600, "345600"),
    ("ReceiveMessageWaitTimeSeconds", 0, 20, "0"),
    ("VisibilityTimeout", 0, 43_200, "30"),
];

/// The value that a queue has where none was set.
pub(super) fn default_of(name: &str) -> Option<&'static str> {
    NUMBERS.iter().find(|(known, ..)| *known == name).map(|(.., value)| *value)
}

/// What `RedrivePolicy` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Redrive {
    pub(super) target: String,
    pub(super) max_receives: u64,
}

/// The dead-letter queue and the number of receives in a `RedrivePolicy`.
pub(super) fn redrive(policy: &str) -> Option<Redrive> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    let target = policy.get("deadLetterTargetArn")?.as_str()?.to_owned();
    let count = policy.get("maxReceiveCount")?;
    let max_receives = count.as_u64().or_else(|| count.as_str()?.parse().ok())?;
    (1..=1000).contains(&max_receives).then_some(Redrive { target, max_receives })
}

/// What is said of a `RedrivePolicy` whose queue does not exist.
pub(super) fn no_dead_letter_target(policy: &str) -> AwsError {
    bad_value(format!("Value {policy} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist."))
}

fn invalid(name: &str) -> AwsError {
    AwsError::new("InvalidAttributeValue", 400, format!("Invalid value for the parameter {name}."))
}

/// Reads `Attributes` (`attributes` for a queue that exists), refusing what is unknown, out of bounds or not done here.
/// An empty value unsets.
pub(super) fn read(given: Attributes) -> Result<Attributes, AwsError> {
    given.iter().try_for_each(|(name, value)| check(name, value))?;
    // Truth values are taken in any case, and shown in lower.
    let is_flag = |name: &str| ["FifoQueue", "ContentBasedDeduplication"].contains(&name);
    let shown = |(name, value): (String, String)| match is_flag(&name) {
        true => (name, value.to_ascii_lowercase()),
        false => (name, value),
    };
    Ok(given.into_iter().map(shown).collect())
}

fn check(name: &str, value: &str) -> Result<(), AwsError> {
    if let Some((_, low, high, _)) = NUMBERS.iter().find(|(known, ..)| *known == name) {
        let good = value.parse::<i64>().is_ok_and(|value| (*low..=*high).contains(&value));
        return if good { Ok(()) } else { Err(invalid(name)) };
    }
    match name {
        "Policy" => {
            let good = value.is_empty() || Policy::parse(value, PolicyKind::Resource).is_ok();
            if good { Ok(()) } else { Err(invalid(name)) }
        }
        "RedrivePolicy" if value.is_empty() || redrive(value).is_some() => Ok(()),
        "RedrivePolicy" => Err(bad_value(format!(
            "Value {value} for parameter RedrivePolicy is invalid. Reason: Redrive policy is not a valid JSON map \
             of deadLetterTargetArn and maxReceiveCount (1 to 1000)."
        ))),
        "KmsMasterKeyId" => Ok(()),
        "SqsManagedSseEnabled" if ["true", "false"].contains(&value) => Ok(()),
        "SqsManagedSseEnabled" => Err(invalid(name)),
        "FifoQueue" | "ContentBasedDeduplication" if ["true", "false"].contains(&value.to_ascii_lowercase().as_str()) => Ok(()),
        "DeduplicationScope" if ["messageGroup", "queue"].contains(&value) => Ok(()),
        "FifoThroughputLimit" if ["perQueue", "perMessageGroupId"].contains(&value) => Ok(()),
        "FifoQueue" | "ContentBasedDeduplication" | "DeduplicationScope" | "FifoThroughputLimit" => Err(invalid(name)),
        "RedriveAllowPolicy" if value.is_empty() => Ok(()),
        "RedriveAllowPolicy" => RedriveAllow::parse(value).map(drop),
        other => Err(unknown(other)),
    }
}

fn unknown(name: &str) -> AwsError {
    AwsError::new("InvalidAttributeName", 400, format!("Unknown Attribute {name}."))
}

/// Attributes of FIFO queues with their defaults.
const FIFO: [(&str, &str); 4] = [
    ("ContentBasedDeduplication", "false"),
    ("DeduplicationScope", "queue"),
    ("FifoQueue", "true"),
    ("FifoThroughputLimit", "perQueue"),
];

/// Refuses attributes that a queue of this kind does not have.
pub(super) fn check_kind(given: &Attributes, is_fifo: bool) -> Result<(), AwsError> {
    let named = |name: &str| given.contains_key(name);
    if is_fifo {
        if given.get("FifoQueue").is_some_and(|value| value != "true") {
            let message = "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.";
            return Err(AwsError::new("InvalidAttributeValue", 400, message));
        }
        return Ok(());
    }
    for name in ["FifoQueue", "ContentBasedDeduplication"] {
        if named(name) {
            return Err(unknown(name));
        }
    }
    for name in ["DeduplicationScope", "FifoThroughputLimit"] {
        if named(name) {
            let message = format!("You can specify the {name} only when FifoQueue is set to true.");
            return Err(AwsError::new("InvalidAttributeName", 400, message));
        }
    }
    Ok(())
}

/// The names and values that GetQueueAttributes answers for what was set, defaults included.
pub(super) fn effective(set: &Attributes) -> Attributes {
    let mut all: Attributes = NUMBERS
        .iter()
        .filter(|(name, ..)| *name != "KmsDataKeyReusePeriodSeconds")
        .map(|(name, .., value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    if set.contains_key("FifoQueue") {
        all.extend(FIFO.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    all.extend(set.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.clone(), value.clone())));
    let by_key = all.contains_key("KmsMasterKeyId");
    all.entry("SqsManagedSseEnabled".to_owned()).or_insert_with(|| (!by_key).to_string());
    if by_key {
        all.entry("KmsDataKeyReusePeriodSeconds".to_owned()).or_insert_with(|| "300".to_owned());
    }
    all
}

/// Whether two values mean the same: policies are compared as JSON.
pub(super) fn same(one: &str, other: &str) -> bool {
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|_| json!(text));
    one == other || json(one) == json(other)
}
