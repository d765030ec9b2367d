//! LookupEvents: the management events of the last 90 days, latest first.
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>

use jiff::{SignedDuration, Timestamp};
use nightproof_core::service::{AwsError, Call};
use nightproof_journal::ApiCall;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::data_event::is_data_event;
use crate::resource;

/// How far the history goes back.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);
/// Events in an answer, if the request does not say; also the most.
const PAGE: i64 = 50;

/// `LookupEvents`. <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct LookupEvents {
    #[serde(default)]
    lookup_attributes: Vec<LookupAttribute>,
    start_time: Option<Timestamp>,
    end_time: Option<Timestamp>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// An attribute that events may be looked up by.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LookupAttribute {
    attribute_key: String,
    attribute_value: String,
}

pub(crate) fn lookup_events(call: &Call, input: &LookupEvents) -> Result<Value, AwsError> {
    let attribute = Attribute::read(&input.lookup_attributes)?;
    let (start, end) = range((input.start_time, input.end_time), call.now)?;
    let page = input.max_results.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&page) {
        let message = format!("A maximum results value of {page} is invalid. Specify a value between 1 and {PAGE}.");
        return Err(AwsError::new("InvalidMaxResultsException", 400, message));
    }
    let before = match &input.next_token {
        None => u64::MAX,
        Some(token) => {
            token.parse().map_err(|_| AwsError::new("InvalidNextTokenException", 400, "The token in the request is invalid."))?
        }
    };
    let wanted = |event: &ApiCall| {
        event.recipient_account_id == call.account()
            && event.aws_region == call.region.name()
            && event.event_time.parse::<Timestamp>().is_ok_and(|time| (start..=end).contains(&time))
            && !is_data_event(event)
            && attribute.as_ref().is_none_or(|attribute| attribute.matches(event))
    };
    let most = usize::try_from(page).unwrap_or(usize::MAX);
    let found = call.region.journal().calls_before(before, most, wanted);
    let mut answer = json!({ "Events": found.iter().map(|(_, event)| described(event)).collect::<Vec<_>>() });
    if let (true, Some((sequence, _)), Some(members)) = (found.len() == most, found.last(), answer.as_object_mut()) {
        members.insert("NextToken".to_owned(), sequence.to_string().into());
    }
    Ok(answer)
}

/// The times that are asked for, as far as the history goes back.
fn range((from, to): (Option<Timestamp>, Option<Timestamp>), now: Timestamp) -> Result<(Timestamp, Timestamp), AwsError> {
    let oldest = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
    let (start, end) = (from.unwrap_or(oldest).max(oldest), to.unwrap_or(Timestamp::MAX));
    if from.is_some_and(|start| start > end) {
        let message = "The start time must be before the end time.";
        return Err(AwsError::new("InvalidTimeRangeException", 400, message));
    }
    Ok((start, end))
}

/// The one attribute that events may be looked up by.
struct Attribute<'a> {
    key: &'a str,
    value: &'a str,
}

impl<'a> Attribute<'a> {
    fn read(given: &'a [LookupAttribute]) -> Result<Option<Self>, AwsError> {
        const KEYS: [&str; 8] =
            ["AccessKeyId", "EventId", "EventName", "EventSource", "ReadOnly", "ResourceName", "ResourceType", "Username"];
        let invalid = |message: String| AwsError::new("InvalidLookupAttributesException", 400, message);
        let (key, value) = match given {
            [] => return Ok(None),
            [one] => (one.attribute_key.as_str(), one.attribute_value.as_str()),
            _ => return Err(invalid("You can only use one lookup attribute in a request.".to_owned())),
        };
        if !KEYS.contains(&key) {
            return Err(invalid(format!("Lookup attribute {key} is not valid. Valid keys: {}.", KEYS.join(", "))));
        }
        Ok(Some(Self { key, value }))
    }

    fn matches(&self, event: &ApiCall) -> bool {
        let resources = || resource::resources(event).into_iter();
        match self.key {
            "AccessKeyId" => event.user_identity.access_key_id.as_deref() == Some(self.value),
            "EventId" => event.event_id == self.value,
            "EventName" => event.event_name == self.value,
            "EventSource" => event.event_source == self.value,
            "ReadOnly" => event.read_only.to_string() == self.value,
            "ResourceName" => resources().any(|(_, name)| name == self.value),
            "ResourceType" => resources().any(|(kind, _)| kind == self.value),
            _ => username(event).as_deref() == Some(self.value),
        }
    }
}

/// `root`, an IAM user's name, or a session's.
fn username(event: &ApiCall) -> Option<String> {
    let identity = &event.user_identity;
    match identity.kind.as_str() {
        "Root" => Some("root".to_owned()),
        "IAMUser" | "AssumedRole" => identity.arn.as_deref()?.rsplit('/').next().map(str::to_owned),
        _ => None,
    }
}

fn described(event: &ApiCall) -> Value {
    json!({
        "EventId": event.event_id,
        "EventName": event.event_name,
        "ReadOnly": event.read_only.to_string(),
        "AccessKeyId": event.user_identity.access_key_id,
        "EventTime": event.event_time,
        "EventSource": event.event_source,
        "Username": username(event),
        "Resources": resource::described(event),
        "CloudTrailEvent": serde_json::to_string(event).unwrap_or_default(),
    })
}
