//! The service `logs`: CloudWatch Logs' groups, streams and events.
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html>

mod authorization;
mod event_query;
mod filter_pattern;
mod ingestion;
mod log_group;
mod log_stream;
mod resources;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use parking_lot::Mutex;
use serde_json::Value;

use log_group::LogGroup;
pub use resources::resource_types;

/// Groups of one account by name.
type Groups = BTreeMap<String, LogGroup>;

/// The service `logs`.
#[derive(Debug, Default)]
pub struct Logs {
    accounts: Mutex<HashMap<String, Groups>>,
}

impl Logs {
    /// A service without log groups.
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    fn groups<T>(&self, call: &Call, act: impl FnOnce(&mut Groups) -> T) -> T {
        let mut accounts = self.accounts.lock();
        act(accounts.entry(call.account().to_owned()).or_default())
    }

    /// Runs `act` on the group that `input` names by `logGroupName`, or by `logGroupIdentifier` (a name or an ARN).
    fn group<T>(
        &self,
        call: &Call,
        input: &Value,
        act: impl FnOnce(&mut LogGroup) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        let name = match (text(input, "logGroupName"), text(input, "logGroupIdentifier")) {
            (Some(name), None) => name.to_owned(),
            (None, Some(identifier)) => name_in(call, identifier).ok_or_else(no_group)?,
            _ => return Err(invalid("Specify either logGroupName or logGroupIdentifier, and not both.")),
        };
        self.groups(call, |groups| groups.get_mut(&name).ok_or_else(no_group).and_then(act))
    }
}

/// A string member.
fn text<'a>(input: &'a Value, name: &str) -> Option<&'a str> {
    input.get(name).and_then(Value::as_str)
}

/// An integer member.
fn number(input: &Value, name: &str) -> Option<i64> {
    input.get(name).and_then(Value::as_i64)
}

/// The group's name in `arn:aws:logs:<region>:<account>:log-group:<name>[:*]`, or the name itself.
fn name_in(call: &Call, identifier: &str) -> Option<String> {
    if !identifier.starts_with("arn:") {
        return Some(identifier.to_owned());
    }
    let prefix = format!("arn:aws:logs:{}:{}:log-group:", call.region.name(), call.account());
    let name = identifier.strip_prefix(&prefix)?;
    Some(name.strip_suffix(":*").unwrap_or(name).to_owned())
}

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterException", 400, message)
}

fn no_group() -> AwsError {
    AwsError::new("ResourceNotFoundException", 400, "The specified log group does not exist.")
}

fn no_stream() -> AwsError {
    AwsError::new("ResourceNotFoundException", 400, "The specified log stream does not exist.")
}

#[async_trait]
impl Service for Logs {
    fn permissions(&self) -> &'static str {
        include_str!("permissions.txt")
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        let output = match operation {
            "CreateLogGroup" => self.create_log_group(call, &input).await,
            "DeleteLogGroup" => self.delete_log_group(call, &input),
            "DescribeLogGroups" => self.describe_log_groups(call, &input),
            "PutRetentionPolicy" => self.put_retention_policy(call, &input),
            "DeleteRetentionPolicy" => self.delete_retention_policy(call, &input),
            "AssociateKmsKey" => self.associate_kms_key(call, &input).await,
            "DisassociateKmsKey" => self.disassociate_kms_key(call, &input),
            "TagResource" | "TagLogGroup" => self.tag(call, &input),
            "UntagResource" | "UntagLogGroup" => self.untag(call, &input),
            "ListTagsForResource" | "ListTagsLogGroup" => self.list_tags(call, &input),
            "CreateLogStream" => self.create_log_stream(call, &input),
            "DeleteLogStream" => self.delete_log_stream(call, &input),
            "DescribeLogStreams" => self.describe_log_streams(call, &input),
            "PutLogEvents" => self.put_log_events(call, &input),
            "GetLogEvents" => self.get_log_events(call, &input),
            "FilterLogEvents" => self.filter_log_events(call, &input),
            other => Err(AwsError::not_implemented("logs", other)),
        }?;
        Ok(output.into())
    }

    async fn resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        self.named_resources(call, kind, input)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        let accounts = self.accounts.lock();
        let groups = accounts.get(call.account()).into_iter().flatten();
        let tagged = |(name, group): (&String, &LogGroup)| Tagged {
            arn: log_group::arn(call, name),
            tags: group.tags.clone().into_iter().collect(),
        };
        groups.map(tagged).collect()
    }

    fn resource_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        self.group_tags(account, arn)
    }
}
