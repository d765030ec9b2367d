//! Log groups: retention, encryption key, tags.

use std::collections::BTreeMap;

use nightproof_core::Caller;
use nightproof_core::service::{AwsError, Call};
use nightproof_core::tags::Tags;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{invalid, no_group};
use crate::page::page;
use crate::records::{LogGroup, Logs, arn, name_in};

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
const RETENTIONS: [i64; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// `CreateLogGroup`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateLogGroup {
    log_group_name: String,
    kms_key_id: Option<String>,
    #[serde(default)]
    tags: Tags,
    log_group_class: Option<String>,
    #[serde(default)]
    deletion_protection_enabled: bool,
}

/// `DeleteLogGroup`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogGroup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeleteLogGroup {
    log_group_name: String,
}

/// `DescribeLogGroups`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeLogGroups {
    log_group_name_prefix: Option<String>,
    log_group_name_pattern: Option<String>,
    #[serde(default)]
    log_group_identifiers: Vec<String>,
    log_group_class: Option<String>,
    #[serde(default)]
    include_linked_accounts: bool,
    limit: Option<usize>,
    next_token: Option<String>,
}

/// `PutRetentionPolicy`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PutRetentionPolicy {
    log_group_name: String,
    retention_in_days: i64,
}

/// `DeleteRetentionPolicy`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteRetentionPolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeleteRetentionPolicy {
    log_group_name: String,
}

/// `AssociateKmsKey`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssociateKmsKey {
    log_group_name: Option<String>,
    kms_key_id: String,
}

/// `DisassociateKmsKey`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DisassociateKmsKey.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DisassociateKmsKey {
    log_group_name: Option<String>,
}

/// `TagResource`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TagResource {
    resource_arn: String,
    tags: Tags,
}

/// `TagLogGroup`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagLogGroup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TagLogGroup {
    log_group_name: String,
    tags: Tags,
}

/// `UntagResource`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_UntagResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UntagResource {
    resource_arn: String,
    tag_keys: Vec<String>,
}

/// `UntagLogGroup`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_UntagLogGroup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UntagLogGroup {
    log_group_name: String,
    tags: Vec<String>,
}

/// `ListTagsForResource`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListTagsForResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListTagsForResource {
    resource_arn: String,
}

/// `ListTagsLogGroup`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListTagsLogGroup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListTagsLogGroup {
    log_group_name: String,
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

impl Logs {
    pub(crate) async fn create_log_group(&self, call: &Call, input: CreateLogGroup) -> Result<Value, AwsError> {
        if let Some(class) = input.log_group_class.filter(|class| class != LogGroup::CLASS) {
            return Err(AwsError::not_implemented("logs", &format!("the log group class {class}")));
        }
        if input.deletion_protection_enabled {
            return Err(AwsError::not_implemented("logs", "deletionProtectionEnabled of CreateLogGroup"));
        }
        let name = input.log_group_name;
        if let Some(key) = &input.kms_key_id {
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
                kms_key: input.kms_key_id,
                tags: input.tags,
                streams: BTreeMap::new(),
                metric_filters: BTreeMap::new(),
                subscription_filters: BTreeMap::new(),
            };
            groups.insert(name, group);
            Ok(json!({}))
        })
    }

    pub(crate) fn delete_log_group(&self, call: &Call, input: DeleteLogGroup) -> Result<Value, AwsError> {
        self.groups(call, |groups| groups.remove(&input.log_group_name).map(|_| json!({})).ok_or_else(no_group))
    }

    pub(crate) fn describe_log_groups(&self, call: &Call, input: DescribeLogGroups) -> Result<Value, AwsError> {
        if input.include_linked_accounts {
            return Err(AwsError::not_implemented("logs", "includeLinkedAccounts of DescribeLogGroups"));
        }
        let (prefix, pattern) = (input.log_group_name_prefix, input.log_group_name_pattern.map(|pattern| pattern.to_lowercase()));
        if prefix.is_some() && pattern.is_some() {
            return Err(invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."));
        }
        let identifiers = input.log_group_identifiers;
        let names: Vec<String> = identifiers.iter().filter_map(|identifier| name_in(call, identifier)).collect();
        let wanted = |group: &&LogGroup| {
            prefix.as_ref().is_none_or(|prefix| group.name.starts_with(prefix))
                && pattern.as_ref().is_none_or(|pattern| group.name.to_lowercase().contains(pattern))
                && (identifiers.is_empty() || names.contains(&group.name))
                && input.log_group_class.as_ref().is_none_or(|class| class == LogGroup::CLASS)
        };
        let found: Vec<Value> =
            self.groups(call, |groups| groups.values().filter(wanted).map(|group| group.describe(call)).collect());
        page(found, "logGroups", input.limit, input.next_token.as_deref())
    }

    pub(crate) fn put_retention_policy(&self, call: &Call, input: PutRetentionPolicy) -> Result<Value, AwsError> {
        let days = input.retention_in_days;
        if !RETENTIONS.contains(&days) {
            return Err(invalid(format!(
                "1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: \
                 Member must satisfy enum value set: {RETENTIONS:?}"
            )));
        }
        self.group(call, &input.log_group_name, |group| {
            group.retention_days = Some(days);
            Ok(json!({}))
        })
    }

    pub(crate) fn delete_retention_policy(&self, call: &Call, input: DeleteRetentionPolicy) -> Result<Value, AwsError> {
        self.group(call, &input.log_group_name, |group| {
            group.retention_days = None;
            Ok(json!({}))
        })
    }

    pub(crate) async fn associate_kms_key(&self, call: &Call, input: AssociateKmsKey) -> Result<Value, AwsError> {
        let name = input.log_group_name.ok_or_else(missing_name)?;
        self.group(call, &name, |_| Ok(()))?;
        check_key(call, &name, &input.kms_key_id).await?;
        self.group(call, &name, |group| {
            group.kms_key = Some(input.kms_key_id);
            Ok(json!({}))
        })
    }

    pub(crate) fn disassociate_kms_key(&self, call: &Call, input: DisassociateKmsKey) -> Result<Value, AwsError> {
        self.group(call, &input.log_group_name.ok_or_else(missing_name)?, |group| {
            group.kms_key = None;
            Ok(json!({}))
        })
    }

    pub(crate) fn tag_resource(&self, call: &Call, input: TagResource) -> Result<Value, AwsError> {
        self.tag(call, &tagged(call, &input.resource_arn)?, &input.tags)
    }

    pub(crate) fn tag_log_group(&self, call: &Call, input: TagLogGroup) -> Result<Value, AwsError> {
        self.tag(call, &input.log_group_name, &input.tags)
    }

    pub(crate) fn untag_resource(&self, call: &Call, input: UntagResource) -> Result<Value, AwsError> {
        self.untag(call, &tagged(call, &input.resource_arn)?, &input.tag_keys)
    }

    pub(crate) fn untag_log_group(&self, call: &Call, input: UntagLogGroup) -> Result<Value, AwsError> {
        self.untag(call, &input.log_group_name, &input.tags)
    }

    pub(crate) fn list_tags_for_resource(&self, call: &Call, input: ListTagsForResource) -> Result<Value, AwsError> {
        self.group(call, &tagged(call, &input.resource_arn)?, |group| Ok(json!({"tags": group.tags})))
    }

    pub(crate) fn list_tags_log_group(&self, call: &Call, input: ListTagsLogGroup) -> Result<Value, AwsError> {
        self.group(call, &input.log_group_name, |group| Ok(json!({"tags": group.tags})))
    }

    fn tag(&self, call: &Call, name: &str, tags: &Tags) -> Result<Value, AwsError> {
        self.group(call, name, |group| {
            group.tags.extend(tags.pairs());
            Ok(json!({}))
        })
    }

    fn untag(&self, call: &Call, name: &str, keys: &[String]) -> Result<Value, AwsError> {
        self.group(call, name, |group| {
            group.tags.remove(keys);
            Ok(json!({}))
        })
    }
}

/// The group that tags are about.
fn tagged(call: &Call, arn: &str) -> Result<String, AwsError> {
    name_in(call, arn).ok_or_else(no_group)
}

fn missing_name() -> AwsError {
    invalid("Specify either logGroupName or resourceIdentifier, and not both.")
}
