//! Subscription filters.

use nightproof_core::service::{Arn, AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{invalid, no_group};
use crate::filter_pattern::FilterPattern;
use crate::page::page;
use crate::records::{Logs, arn};
use crate::subscription::{SubscriptionFilter, control_message, invoke, put_record};

/// Subscription filters of a group.
const MOST: usize = 2;

/// `PutSubscriptionFilter`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PutSubscriptionFilter {
    log_group_name: String,
    filter_name: String,
    filter_pattern: String,
    destination_arn: String,
    role_arn: Option<String>,
    distribution: Option<String>,
}

/// `DescribeSubscriptionFilters`.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeSubscriptionFilters.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeSubscriptionFilters {
    log_group_name: String,
    filter_name_prefix: Option<String>,
    limit: Option<usize>,
    next_token: Option<String>,
}

/// `DeleteSubscriptionFilter`.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteSubscriptionFilter.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeleteSubscriptionFilter {
    log_group_name: String,
    filter_name: String,
}

impl PutSubscriptionFilter {
    /// A function is in the account itself, and needs no role; a stream needs one.
    fn check_destination(&self, call: &Call) -> Result<(), AwsError> {
        let wrong = |_| invalid("Invalid destinationArn.");
        let destination: Arn = self.destination_arn.parse().map_err(wrong)?;
        let vendor = destination.service.as_str();
        match (vendor, &self.role_arn) {
            ("lambda", Some(_)) => Err(invalid("destinationArn for vendor lambda cannot be used with roleArn")),
            ("lambda", None) if destination.account != call.account() => {
                let message = "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to create \
                               cross account lambda triggers.";
                Err(AwsError::new("AccessDeniedException", 400, message))
            }
            ("lambda", None) => Ok(()),
            ("kinesis", Some(_)) if destination.resource.starts_with("stream/") => Ok(()),
            ("kinesis" | "firehose", None) => {
                Err(invalid(format!("destinationArn for vendor {vendor} cannot be used without roleArn")))
            }
            _ => Err(AwsError::not_implemented("logs", &format!("a subscription of {vendor}"))),
        }
    }
}

/// Whether CloudWatch Logs may invoke a function for a group.
async fn try_function(call: &Call, source: &str, function: &str) -> Result<(), AwsError> {
    let test = json!({ "FunctionName": function, "InvocationType": "DryRun" });
    let tried = invoke(&call.region, call.account(), source, test).await;
    tried.map(drop).map_err(|error| {
        tracing::debug!(%error, "CloudWatch Logs cannot invoke a function");
        invalid(
            "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.",
        )
    })
}

/// Whether CloudWatch Logs may put records into a stream for a group: it puts one there.
async fn try_stream(call: &Call, (source, role): (&str, &str), stream: &str) -> Result<(), AwsError> {
    let tried = put_record(&call.region, call.account(), (source, role), stream, &control_message(call.now)).await;
    tried.map_err(|error| {
        tracing::debug!(%error, "CloudWatch Logs cannot write to a stream");
        invalid(
            "Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in ACTIVE state.",
        )
    })
}

impl Logs {
    /// The function or stream gets the events that come from now on. It is tried first.
    pub(crate) async fn put_subscription_filter(&self, call: &Call, input: PutSubscriptionFilter) -> Result<Value, AwsError> {
        let pattern = FilterPattern::parse(&input.filter_pattern)?;
        input.check_destination(call)?;
        let distribution = input.distribution.unwrap_or_else(|| "ByLogStream".to_owned());
        if !["Random", "ByLogStream"].contains(&distribution.as_str()) {
            return Err(invalid(format!(
                "1 validation error detected: Value '{distribution}' at 'distribution' failed to satisfy constraint: Member must \
                 satisfy enum value set: [Random, ByLogStream]"
            )));
        }
        let group = input.log_group_name;
        self.groups(call, |groups| groups.contains_key(&group).then_some(()).ok_or_else(no_group))?;
        let source = format!("{}:*", arn(call, &group));
        match &input.role_arn {
            Some(role) => try_stream(call, (&source, role), &input.destination_arn).await?,
            None => try_function(call, &source, &input.destination_arn).await?,
        }
        let filter = SubscriptionFilter {
            name: input.filter_name,
            pattern_text: input.filter_pattern,
            pattern,
            destination: input.destination_arn,
            role: input.role_arn,
            distribution,
            created: call.now,
        };
        self.groups(call, |groups| {
            let filters = &mut groups.get_mut(&group).ok_or_else(no_group)?.subscription_filters;
            if filters.len() >= MOST && !filters.contains_key(&filter.name) {
                return Err(AwsError::new("LimitExceededException", 400, "Resource limit exceeded."));
            }
            filters.insert(filter.name.clone(), filter);
            Ok(json!({}))
        })
    }

    pub(crate) fn describe_subscription_filters(
        &self,
        call: &Call,
        input: DescribeSubscriptionFilters,
    ) -> Result<Value, AwsError> {
        let prefix = input.filter_name_prefix.unwrap_or_default();
        let found = self.groups(call, |groups| {
            let group = groups.get(&input.log_group_name).ok_or_else(no_group)?;
            let wanted = group.subscription_filters.values().filter(|filter| filter.name.starts_with(&prefix));
            Ok(wanted.map(|filter| filter.describe(&group.name)).collect::<Vec<_>>())
        })?;
        page(found, "subscriptionFilters", input.limit, input.next_token.as_deref())
    }

    pub(crate) fn delete_subscription_filter(&self, call: &Call, input: DeleteSubscriptionFilter) -> Result<Value, AwsError> {
        self.groups(call, |groups| {
            let group = groups.get_mut(&input.log_group_name).ok_or_else(no_group)?;
            let missing = || AwsError::new("ResourceNotFoundException", 400, "The specified subscription filter does not exist.");
            group.subscription_filters.remove(&input.filter_name).map(|_| json!({})).ok_or_else(missing)
        })
    }
}
