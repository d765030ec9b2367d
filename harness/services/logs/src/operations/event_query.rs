//! GetLogEvents and FilterLogEvents.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::{invalid, no_stream};
use crate::filter_pattern::FilterPattern;
use crate::records::{LogEvent, Logs, Position, digits, group_name};

/// A page has at most this many events.
const PAGE_EVENTS: usize = 10_000;
/// And as many bytes of messages as fit into this.
const PAGE_BYTES: usize = 1_048_576;

/// `GetLogEvents`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GetLogEvents {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name: String,
    start_time: Option<i64>,
    end_time: Option<i64>,
    next_token: Option<String>,
    limit: Option<usize>,
    #[serde(default)]
    start_from_head: bool,
    #[expect(dead_code, reason = "no group has a data protection policy, and nothing is masked")]
    unmask: Option<bool>,
}

/// `FilterLogEvents`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FilterLogEvents {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_names: Option<Vec<String>>,
    log_stream_name_prefix: Option<String>,
    start_time: Option<i64>,
    end_time: Option<i64>,
    filter_pattern: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
    #[expect(dead_code, reason = "AWS ignores it too: events of several streams are always interleaved")]
    interleaved: Option<bool>,
    #[expect(dead_code, reason = "no group has a data protection policy, and nothing is masked")]
    unmask: Option<bool>,
}

fn page_limit(limit: Option<usize>) -> usize {
    limit.unwrap_or(PAGE_EVENTS).clamp(1, PAGE_EVENTS)
}

/// `f/…` goes on after a position, `b/…` before it.
fn token(text: &str) -> Result<(bool, Position), AwsError> {
    let bad = || invalid("The specified nextToken is invalid.");
    let (direction, digits) = text.split_once('/').ok_or_else(bad)?;
    let (time, arrival) = digits.split_at_checked(20).ok_or_else(bad)?;
    let position = (time.parse().map_err(|_| bad())?, arrival.parse().map_err(|_| bad())?);
    match direction {
        "f" => Ok((true, position)),
        "b" => Ok((false, position)),
        _ => Err(bad()),
    }
}

fn within_bytes<'a>(events: impl Iterator<Item = (&'a Position, &'a LogEvent)>, limit: usize) -> Vec<(Position, &'a LogEvent)> {
    let mut bytes = 0_usize;
    events
        .take(limit)
        .take_while(|(_, event)| {
            // One event is always on a page, however large.
            let first = bytes == 0;
            bytes += event.message.len() + crate::records::EVENT_OVERHEAD;
            first || bytes <= PAGE_BYTES
        })
        .map(|(position, event)| (*position, event))
        .collect()
}

fn describe(position: Position, event: &LogEvent) -> Map<String, Value> {
    let mut output = Map::new();
    output.insert("timestamp".to_owned(), json!(position.0));
    output.insert("message".to_owned(), json!(event.message));
    output.insert("ingestionTime".to_owned(), json!(event.ingested.as_millisecond()));
    output
}

/// The times that a query asks for: from, inclusive, and to, exclusive (FilterLogEvents: inclusive, so one is added).
fn range((start, end): (Option<i64>, Option<i64>), horizon: i64, inclusive_end: i64) -> (i64, i64) {
    let from = start.unwrap_or(i64::MIN).max(horizon);
    let to = end.map_or(i64::MAX, |end| end.saturating_add(inclusive_end));
    (from, to)
}

impl Logs {
    pub(crate) fn get_log_events(&self, call: &Call, input: GetLogEvents) -> Result<Value, AwsError> {
        let group = group_name(call, input.log_group_name, input.log_group_identifier)?;
        let limit = page_limit(input.limit);
        let next = input.next_token.as_deref().map(token).transpose()?;
        let forward = next.map_or(input.start_from_head, |(forward, _)| forward);
        self.group(call, &group, |group| {
            let (from, to) = range((input.start_time, input.end_time), group.horizon(call.now), 0);
            let stream = group.streams.get(&input.log_stream_name).ok_or_else(no_stream)?;
            let wanted = stream.events.iter().filter(|(position, _)| position.0 >= from && position.0 < to);
            let found = if forward {
                within_bytes(wanted.filter(|(position, _)| next.is_none_or(|(_, after)| **position > after)), limit)
            } else {
                let before = wanted.rev().filter(|(position, _)| next.is_none_or(|(_, before)| **position < before));
                let mut found = within_bytes(before, limit);
                found.reverse();
                found
            };
            // At the end of the stream the given token is returned.
            let here = next.map_or((from.max(0), 0), |(_, position)| position);
            let first = found.first().map_or(here, |(position, _)| *position);
            let last = found.last().map_or(here, |(position, _)| *position);
            let events: Vec<Value> =
                found.into_iter().map(|(position, event)| Value::Object(describe(position, event))).collect();
            Ok(json!({
                "events": events,
                "nextForwardToken": format!("f/{}", digits(last)),
                "nextBackwardToken": format!("b/{}", digits(first)),
            }))
        })
    }

    pub(crate) fn filter_log_events(&self, call: &Call, input: FilterLogEvents) -> Result<Value, AwsError> {
        let group = group_name(call, input.log_group_name, input.log_group_identifier)?;
        let limit = page_limit(input.limit);
        let pattern = FilterPattern::parse(input.filter_pattern.as_deref().unwrap_or_default())?;
        let (names, prefix) = (input.log_stream_names, input.log_stream_name_prefix.as_deref());
        if names.is_some() && prefix.is_some() {
            return Err(invalid("logStreamNames and logStreamNamePrefix are mutually exclusive parameters."));
        }
        let after = input.next_token;
        self.group(call, &group, |group| {
            let (from, to) = range((input.start_time, input.end_time), group.horizon(call.now), 1);
            if let Some(stranger) = names.iter().flatten().find(|name| !group.streams.contains_key(*name)) {
                return Err(AwsError::new(
                    "ResourceNotFoundException",
                    400,
                    format!("The specified log stream does not exist: {stranger}"),
                ));
            }
            let mut found: Vec<(Position, &str, &LogEvent)> = group
                .streams
                .iter()
                .filter(|(name, _)| names.as_ref().is_none_or(|names| names.contains(name)))
                .filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix)))
                .flat_map(|(name, stream)| stream.events.iter().map(move |(position, event)| (*position, name.as_str(), event)))
                .filter(|(position, _, event)| position.0 >= from && position.0 < to && pattern.matches(&event.message))
                .collect();
            found.sort_by_key(|(position, name, _)| (position.0, *name, position.1));
            let ids = |(position, name, _): &(Position, &str, &LogEvent)| format!("{}/{name}", digits(*position));
            // A token names the last event of its page.
            let start = match &after {
                None => 0,
                Some(token) => match found.iter().position(|event| ids(event) == *token) {
                    Some(index) => index + 1,
                    None => return Err(invalid("The specified nextToken is invalid.")),
                },
            };
            let more = found.len() > start + limit;
            let mut output = Map::new();
            let page: Vec<_> = found.into_iter().skip(start).take(limit).collect();
            if let Some(last) = page.last().filter(|_| more) {
                output.insert("nextToken".to_owned(), json!(ids(last)));
            }
            let events: Vec<Value> = page
                .into_iter()
                .map(|(position, name, event)| {
                    let mut described = describe(position, event);
                    described.insert("logStreamName".to_owned(), json!(name));
                    described.insert("eventId".to_owned(), json!(digits(position)));
                    Value::Object(described)
                })
                .collect();
            output.insert("events".to_owned(), json!(events));
            output.insert("searchedLogStreams".to_owned(), json!([]));
            Ok(Value::Object(output))
        })
    }
}
