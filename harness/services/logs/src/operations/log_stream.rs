//! Log streams.

use std::collections::BTreeMap;

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{invalid, no_stream};
use crate::page::page;
use crate::records::{LogStream, Logs, group_name};

/// `CreateLogStream`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateLogStream {
    log_group_name: String,
    log_stream_name: String,
}

/// `DeleteLogStream`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogStream.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeleteLogStream {
    log_group_name: String,
    log_stream_name: String,
}

/// `DescribeLogStreams`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeLogStreams {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name_prefix: Option<String>,
    order_by: Option<String>,
    #[serde(default)]
    descending: bool,
    limit: Option<usize>,
    next_token: Option<String>,
}

impl Logs {
    pub(crate) fn create_log_stream(&self, call: &Call, input: CreateLogStream) -> Result<Value, AwsError> {
        let name = input.log_stream_name;
        if name.contains([':', '*']) {
            return Err(invalid(format!(
                "1 validation error detected: Value '{name}' at 'logStreamName' failed to satisfy constraint: \
                 Member must satisfy regular expression pattern: [^:*]*"
            )));
        }
        self.group(call, &input.log_group_name, |group| {
            if group.streams.contains_key(&name) {
                return Err(AwsError::new("ResourceAlreadyExistsException", 400, "The specified log stream already exists"));
            }
            let stream = LogStream { created: call.now, events: BTreeMap::new(), arrivals: 0, last_ingestion: None };
            group.streams.insert(name, stream);
            Ok(json!({}))
        })
    }

    pub(crate) fn delete_log_stream(&self, call: &Call, input: DeleteLogStream) -> Result<Value, AwsError> {
        self.group(call, &input.log_group_name, |group| {
            group.streams.remove(&input.log_stream_name).map(|_| json!({})).ok_or_else(no_stream)
        })
    }

    pub(crate) fn describe_log_streams(&self, call: &Call, input: DescribeLogStreams) -> Result<Value, AwsError> {
        let name = group_name(call, input.log_group_name, input.log_group_identifier)?;
        let prefix = input.log_stream_name_prefix.as_deref();
        let by_time = input.order_by.as_deref() == Some("LastEventTime");
        if by_time && prefix.is_some() {
            return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
        }
        let mut found: Vec<(i64, Value)> = self.group(call, &name, |group| {
            let wanted = group.streams.iter().filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix)));
            Ok(wanted
                .map(|(name, stream)| (stream.last_event().unwrap_or_default(), stream.describe(call, &group.name, name)))
                .collect())
        })?;
        if by_time {
            found.sort_by_key(|(time, _)| *time);
        }
        if input.descending {
            found.reverse();
        }
        let streams = found.into_iter().map(|(_, stream)| stream).collect();
        page(streams, "logStreams", input.limit, input.next_token.as_deref())
    }
}
