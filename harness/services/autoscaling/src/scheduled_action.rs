//! Scheduled actions: sizes that a group has from a time on.
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html>

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nightproof_core::service::AwsError;
use nightproof_schedule::CrontabTime;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::validation;
use crate::size::Size;

/// `ScheduledUpdateGroupActionRequest`, which `PutScheduledUpdateGroupAction` has too.
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_ScheduledUpdateGroupActionRequest.html>
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ActionRequest {
    pub(crate) scheduled_action_name: String,
    pub(crate) start_time: Option<Timestamp>,
    pub(crate) end_time: Option<Timestamp>,
    pub(crate) recurrence: Option<String>,
    pub(crate) min_size: Option<i64>,
    pub(crate) max_size: Option<i64>,
    pub(crate) desired_capacity: Option<i64>,
    pub(crate) time_zone: Option<String>,
}

/// A scheduled action of a group.
#[derive(Debug, Clone)]
pub(crate) struct ScheduledAction {
    pub(crate) arn: String,
    given: ActionRequest,
    recurrence: Option<CrontabTime>,
    zone: TimeZone,
    /// When it runs next.
    pub(crate) next: Timestamp,
}

impl ScheduledAction {
    /// An action as a request says it.
    pub(crate) fn new(given: ActionRequest, arn: String, now: Timestamp) -> Result<Self, AwsError> {
        if given.min_size.is_none() && given.max_size.is_none() && given.desired_capacity.is_none() {
            return Err(validation("At least one of MinSize, MaxSize or DesiredCapacity must be specified."));
        }
        let (min, max) = (given.min_size.unwrap_or(0), given.max_size.unwrap_or(i64::MAX));
        let desired = given.desired_capacity.unwrap_or_else(|| min.min(max));
        Size { min, max, desired }.checked()?;
        let recurrence = given.recurrence.as_deref().map(recurrence).transpose()?;
        let zone = match given.time_zone.as_deref() {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|_| validation(format!("Given timezone: {name} is invalid")))?,
        };
        if given.start_time.is_some_and(|start| start < now) {
            return Err(validation("Given start time is in the past"));
        }
        if given.end_time.is_some_and(|end| end < now) {
            return Err(validation("Given end time is in the past"));
        }
        if given.start_time.zip(given.end_time).is_some_and(|(start, end)| start >= end) {
            return Err(validation("EndTime must be later than StartTime"));
        }
        let first = match (given.start_time, &recurrence) {
            // What recurs runs at its start time, too.
            (Some(start), _) => Some(start),
            (None, Some(recurrence)) => recurrence.next_after(now, &zone),
            (None, None) => return Err(validation("Either StartTime or Recurrence must be specified.")),
        };
        let next = first.filter(|next| given.end_time.is_none_or(|end| *next <= end));
        let next = next.ok_or_else(|| validation("The scheduled action would never run"))?;
        Ok(Self { arn, given, recurrence, zone, next })
    }

    /// When it runs after its next time; `None` if it does not.
    pub(crate) fn after_next(&self) -> Option<Timestamp> {
        let next = self.recurrence.as_ref()?.next_after(self.next, &self.zone)?;
        self.given.end_time.is_none_or(|end| next <= end).then_some(next)
    }

    /// What a group's sizes are from then on.
    pub(crate) fn sizes(&self, before: Size) -> Size {
        let (min, max) = (self.given.min_size.unwrap_or(before.min), self.given.max_size.unwrap_or(before.max));
        // What is not asked for follows the bounds.
        let desired = self.given.desired_capacity.unwrap_or_else(|| before.desired.clamp(min, max.max(min)));
        Size { min, max, desired }
    }

    pub(crate) fn describe(&self, group: &str) -> Value {
        let given = &self.given;
        let mut described = json!({
            "AutoScalingGroupName": group, "ScheduledActionName": given.scheduled_action_name, "ScheduledActionARN": self.arn,
            "StartTime": self.next, "Time": self.next,
        });
        let members = [
            ("EndTime", given.end_time.map(|end| json!(end))),
            ("Recurrence", given.recurrence.as_deref().map(Value::from)),
            ("MinSize", given.min_size.map(Value::from)),
            ("MaxSize", given.max_size.map(Value::from)),
            ("DesiredCapacity", given.desired_capacity.map(Value::from)),
            ("TimeZone", given.time_zone.as_deref().map(Value::from)),
        ];
        if let Some(described) = described.as_object_mut() {
            described.extend(members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        }
        described
    }
}

/// Five fields of a crontab, as the service takes them.
fn recurrence(text: &str) -> Result<CrontabTime, AwsError> {
    let is_of_words = text.trim_start().starts_with('@');
    let parsed = CrontabTime::parse(text).filter(|_| !is_of_words);
    parsed.ok_or_else(|| validation(format!("Given recurrence string:{text} is invalid")))
}
