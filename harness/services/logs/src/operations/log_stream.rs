//! Log streams.

use std::collections::BTreeMap;

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::error::{invalid, no_stream};
use crate::page::page;
use crate::records::{LogStream, Logs};

impl Logs {
    pub(crate) fn create_log_stream(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let name = input.text("logStreamName").unwrap_or_default().to_owned();
        if name.contains([':', '*']) {
            return Err(invalid(format!(
                "1 validation error detected: Value '{name}' at 'logStreamName' failed to satisfy constraint: \
                 Member must satisfy regular expression pattern: [^:*]*"
            )));
        }
        self.group(call, input, |group| {
            if group.streams.contains_key(&name) {
                return Err(AwsError::new("ResourceAlreadyExistsException", 400, "The specified log stream already exists"));
            }
            let stream = LogStream { created: call.now, events: BTreeMap::new(), arrivals: 0, last_ingestion: None };
            group.streams.insert(name, stream);
            Ok(json!({}))
        })
    }

    pub(crate) fn delete_log_stream(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let name = input.text("logStreamName").unwrap_or_default();
        self.group(call, input, |group| group.streams.remove(name).map(|_| json!({})).ok_or_else(no_stream))
    }

    pub(crate) fn describe_log_streams(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let prefix = input.text("logStreamNamePrefix");
        let by_time = input.text("orderBy") == Some("LastEventTime");
        if by_time && prefix.is_some() {
            return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
        }
        let mut found: Vec<(i64, Value)> = self.group(call, input, |group| {
            let wanted = group.streams.iter().filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix)));
            Ok(wanted
                .map(|(name, stream)| (stream.last_event().unwrap_or_default(), stream.describe(call, &group.name, name)))
                .collect())
        })?;
        if by_time {
            found.sort_by_key(|(time, _)| *time);
        }
        if input.get("descending") == Some(&Value::Bool(true)) {
            found.reverse();
        }
        page(found.into_iter().map(|(_, stream)| stream).collect(), "logStreams", input)
    }
}
