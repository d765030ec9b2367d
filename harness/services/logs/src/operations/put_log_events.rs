//! PutLogEvents and its limits.
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::{invalid, no_stream};
use crate::records::{EVENT_OVERHEAD, LogEvent, Logs, SEQUENCE_TOKEN, arn, digits};
use crate::subscription::SubscriptionFilter;

const BATCH_BYTES: usize = 1_048_576;
const BATCH_EVENTS: usize = 10_000;
const DAY: i64 = 86_400_000;

/// `PutLogEvents`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PutLogEvents {
    log_group_name: String,
    log_stream_name: String,
    log_events: Vec<InputLogEvent>,
    #[expect(dead_code, reason = "AWS ignores it too: batches to a stream are taken in parallel")]
    sequence_token: Option<String>,
}

/// An event of a batch.
#[derive(Debug, Deserialize)]
struct InputLogEvent {
    timestamp: i64,
    message: String,
}

impl Logs {
    pub(crate) fn put_log_events(&self, call: &Call, input: PutLogEvents) -> Result<Value, AwsError> {
        let events: Vec<(i64, &str)> = input.log_events.iter().map(|event| (event.timestamp, event.message.as_str())).collect();
        check(&events)?;
        let stream_name = input.log_stream_name.as_str();
        let (output, data, deliveries) = self.group(call, &input.log_group_name, |group| {
            let mut kept = Vec::new();
            let now = call.now.as_millisecond();
            let expired = group.horizon(call.now);
            let too_old = now - 14 * DAY;
            let too_new = now + DAY / 12;
            let stream = group.streams.get_mut(stream_name).ok_or_else(no_stream)?;
            let mut rejected = Map::new();
            for (index, (time, message)) in events.iter().enumerate() {
                if *time < too_old {
                    rejected.insert("tooOldLogEventEndIndex".to_owned(), json!(index + 1));
                } else if *time < expired {
                    rejected.insert("expiredLogEventEndIndex".to_owned(), json!(index + 1));
                } else if *time > too_new {
                    rejected.entry("tooNewLogEventStartIndex").or_insert_with(|| json!(index));
                } else {
                    stream.arrivals += 1;
                    let event = LogEvent { message: (*message).to_owned(), ingested: call.now };
                    stream.events.insert((*time, stream.arrivals), event);
                    kept.push((digits((*time, stream.arrivals)), *time, *message));
                }
            }
            stream.last_ingestion = Some(call.now);
            let mut output = json!({"nextSequenceToken": SEQUENCE_TOKEN});
            if let Some(output) = output.as_object_mut().filter(|_| !rejected.is_empty()) {
                output.insert("rejectedLogEventsInfo".to_owned(), Value::Object(rejected));
            }
            let filters = group.metric_filters.values();
            let counted = || kept.iter().map(|(_, time, message)| (*time, *message));
            let data: Vec<_> = filters.flat_map(|filter| filter.data(call.account(), counted(), call.now)).collect();
            let source = format!("{}:*", arn(call, &group.name));
            let subscribed = group.subscription_filters.values();
            let delivery =
                |filter: &SubscriptionFilter| filter.delivery((call.account(), &source), (&group.name, stream_name), &kept);
            let deliveries: Vec<_> = subscribed.filter_map(delivery).collect();
            Ok((output, data, deliveries))
        })?;
        for (metric, datum) in data {
            call.region.metrics().add(metric, datum, call.now);
        }
        for delivery in deliveries {
            let region = call.region.clone();
            call.region.tasks().spawn(async move { delivery.send(&region).await });
        }
        Ok(output)
    }
}

fn check(events: &[(i64, &str)]) -> Result<(), AwsError> {
    if events.len() > BATCH_EVENTS {
        return Err(invalid(format!(
            "1 validation error detected: Value at 'logEvents' failed to satisfy constraint: \
             Member must have length less than or equal to {BATCH_EVENTS}"
        )));
    }
    if !events.is_sorted_by_key(|(time, _)| *time) {
        return Err(invalid("Log events in a single PutLogEvents request must be in chronological order."));
    }
    if let (Some((first, _)), Some((last, _))) = (events.first(), events.last())
        && last - first > DAY
    {
        return Err(invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours."));
    }
    let bytes: usize = events.iter().map(|(_, message)| message.len() + EVENT_OVERHEAD).sum();
    if bytes > BATCH_BYTES {
        return Err(invalid(format!("Upload too large: {bytes} bytes exceeds limit of {BATCH_BYTES}")));
    }
    Ok(())
}
