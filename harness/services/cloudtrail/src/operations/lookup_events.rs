//! LookupEvents: the management events of the last 90 days, latest first.
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>

use jiff::{SignedDuration, Timestamp};
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use nightproof_journal::ApiCall;
use serde_json::{Value, json};

use crate::data_event::is_data_event;
use crate::resource;

/// How far the history goes back.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);
/// Events in an answer, if the request does not say; also the most.
const PAGE: i64 = 50;

pub(crate) fn lookup_events(call: &Call, input: &Value) -> Result<Value, AwsError> {
    if input.text("EventCategory").is_some() {
        return Err(AwsError::not_implemented("cloudtrail", "LookupEvents of Insights events"));
    }
    let attribute = Attribute::read(input)?;
    let (start, end) = range(input, call.now)?;
    let page = input.number("MaxResults").unwrap_or(PAGE);
    if !(1..=PAGE).contains(&page) {
        let message = format!("A maximum results value of {page} is invalid. Specify a value between 1 and {PAGE}.");
        return Err(AwsError::new("InvalidMaxResultsException", 400, message));
    }
    let before = match input.text("NextToken") {
        None => u64::MAX,
        Some(token) => {
            token.parse().map_err(|_| AwsError::new("InvalidNextTokenException", 400, "The token in the request is invalid."))?
        }
    };
    let wanted = |event: &ApiCall| {
        event.recipient_account_id == call.account()
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
fn range(input: &Value, now: Timestamp) -> Result<(Timestamp, Timestamp), AwsError> {
    let time = |name: &str| input.text(name).and_then(|text| text.parse::<Timestamp>().ok());
    let oldest = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
    let (start, end) = (time("StartTime").unwrap_or(oldest).max(oldest), time("EndTime").unwrap_or(Timestamp::MAX));
    if time("StartTime").is_some_and(|start| start > end) {
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
    fn read(input: &'a Value) -> Result<Option<Self>, AwsError> {
        const KEYS: [&str; 8] =
            ["AccessKeyId", "EventId", "EventName", "EventSource", "ReadOnly", "ResourceName", "ResourceType", "Username"];
        let invalid = |message: String| AwsError::new("InvalidLookupAttributesException", 400, message);
        let (key, value) = match input.list("LookupAttributes") {
            [] => return Ok(None),
            [one] => (one.required("AttributeKey"), one.required("AttributeValue")),
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
