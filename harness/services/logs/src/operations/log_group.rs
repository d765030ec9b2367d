//! Log groups: retention, encryption key, tags.

use std::collections::BTreeMap;

use nightproof_core::Caller;
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use nightproof_core::tags::Tags;
use serde_json::{Value, json};

use crate::error::{invalid, no_group};
use crate::page::page;
use crate::records::{LogGroup, Logs, arn, name_in};

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
const RETENTIONS: [i64; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

fn tags_of(input: &Value) -> Tags {
    let tags = input.get("tags").and_then(Value::as_object);
    tags.into_iter().flatten().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// The key must exist and be usable before a group is encrypted by it.
async fn check_key(call: &Call, group: &str, key: &str) -> Result<(), AwsError> {
    let caller = Caller::service(call.account(), &format!("logs.{}.amazonaws.com", call.region.name()));
    let described = call.region.call(&caller, "kms", "DescribeKey", json!({"KeyId": key})).await;
    let enabled = described.is_ok_and(|output| output.pointer("/KeyMetadata/Enabled") == Some(&json!(true)));
    if key.starts_with("arn:") && enabled {
        return Ok(());
    }
    Err(invalid(format!("The specified KMS key does not exist or is not allowed to be used with Arn '{}'", arn(call, group))))
}

/// The group that tags are about, by name or by ARN.
fn tagged(call: &Call, input: &Value) -> Result<String, AwsError> {
    match (input.text("logGroupName"), input.text("resourceArn")) {
        (Some(name), _) => Ok(name.to_owned()),
        (None, Some(arn)) => name_in(call, arn).ok_or_else(no_group),
        _ => Err(invalid("resourceArn is missing.")),
    }
}

impl Logs {
    pub(crate) async fn create_log_group(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let name = input.text("logGroupName").unwrap_or_default().to_owned();
        if let Some(class) = input.text("logGroupClass").filter(|class| *class != "STANDARD") {
            return Err(AwsError::not_implemented("logs", &format!("the log group class {class}")));
        }
        if input.get("deletionProtectionEnabled") == Some(&Value::Bool(true)) {
            return Err(AwsError::not_implemented("logs", "deletionProtectionEnabled of CreateLogGroup"));
        }
        let kms_key = input.text("kmsKeyId").map(str::to_owned);
        if let Some(key) = &kms_key {
            check_key(call, &name, key).await?;
        }
        self.groups(call, |groups| {
            if groups.contains_key(&name) {
                return Err(AwsError::new("ResourceAlreadyExistsException", 400, "The specified log group already exists"));
            }
            let group = LogGroup {
                name: name.clone(),
                created: call.now,
                retention_days: None,
                kms_key,
                tags: tags_of(input),
                streams: BTreeMap::new(),
                metric_filters: BTreeMap::new(),
                subscription_filters: BTreeMap::new(),
            };
            groups.insert(name, group);
            Ok(json!({}))
        })
    }

    pub(crate) fn delete_log_group(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let name = input.text("logGroupName").unwrap_or_default();
        self.groups(call, |groups| groups.remove(name).map(|_| json!({})).ok_or_else(no_group))
    }

    pub(crate) fn describe_log_groups(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        for member in ["accountIdentifiers", "logGroupIdentifiers", "includeLinkedAccounts"] {
            if input.get(member).is_some_and(|value| *value != json!(false)) {
                return Err(AwsError::not_implemented("logs", &format!("{member} of DescribeLogGroups")));
            }
        }
        let prefix = input.text("logGroupNamePrefix");
        let pattern = input.text("logGroupNamePattern");
        if prefix.is_some() && pattern.is_some() {
            return Err(invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."));
        }
        let found: Vec<Value> = self.groups(call, |groups| {
            groups
                .values()
                .filter(|group| prefix.is_none_or(|prefix| group.name.starts_with(prefix)))
                .filter(|group| {
                    let lower = group.name.to_lowercase();
                    pattern.is_none_or(|pattern| lower.contains(&pattern.to_lowercase()))
                })
                .map(|group| group.describe(call))
                .collect()
        });
        page(found, "logGroups", input)
    }

    pub(crate) fn put_retention_policy(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let days = input.number("retentionInDays").unwrap_or_default();
        if !RETENTIONS.contains(&days) {
            return Err(invalid(format!(
                "1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: \
                 Member must satisfy enum value set: {RETENTIONS:?}"
            )));
        }
        self.group(call, input, |group| {
            group.retention_days = Some(days);
            Ok(json!({}))
        })
    }

    pub(crate) fn delete_retention_policy(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.group(call, input, |group| {
            group.retention_days = None;
            Ok(json!({}))
        })
    }

    pub(crate) async fn associate_kms_key(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        if input.get("resourceIdentifier").is_some() {
            return Err(AwsError::not_implemented("logs", "resourceIdentifier of AssociateKmsKey"));
        }
        let name = self.group(call, input, |group| Ok(group.name.clone()))?;
        let key = input.text("kmsKeyId").unwrap_or_default();
        check_key(call, &name, key).await?;
        self.group(call, input, |group| {
            group.kms_key = Some(key.to_owned());
            Ok(json!({}))
        })
    }

    pub(crate) fn disassociate_kms_key(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        if input.get("resourceIdentifier").is_some() {
            return Err(AwsError::not_implemented("logs", "resourceIdentifier of DisassociateKmsKey"));
        }
        self.group(call, input, |group| {
            group.kms_key = None;
            Ok(json!({}))
        })
    }

    pub(crate) fn tag(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let name = tagged(call, input)?;
        self.groups(call, |groups| {
            let group = groups.get_mut(&name).ok_or_else(no_group)?;
            group.tags.extend(tags_of(input).pairs());
            Ok(json!({}))
        })
    }

    pub(crate) fn untag(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let name = tagged(call, input)?;
        let keys = input.texts(if input.get("tagKeys").is_some() { "tagKeys" } else { "tags" });
        self.groups(call, |groups| {
            let group = groups.get_mut(&name).ok_or_else(no_group)?;
            group.tags.remove(&keys);
            Ok(json!({}))
        })
    }

    pub(crate) fn list_tags(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let name = tagged(call, input)?;
        self.groups(call, |groups| groups.get(&name).map(|group| json!({"tags": group.tags})).ok_or_else(no_group))
    }
}
