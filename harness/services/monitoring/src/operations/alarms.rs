//! Operations on alarms of both kinds.

use nightproof_core::page::Page;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::alarm::{Alarm, Item, State, Verdict, no_alarm};
use crate::error::{check_enum, combination, no_enum_value, validation};
use crate::records::{CloudWatch, Records};

const STATES: [&str; 3] = ["INSUFFICIENT_DATA", "ALARM", "OK"];
pub(crate) const TYPES: [&str; 3] = ["CompositeAlarm", "MetricAlarm", "LogAlarm"];

/// `DescribeAlarms`. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeAlarms {
    #[serde(default)]
    alarm_names: Vec<String>,
    alarm_name_prefix: Option<String>,
    #[serde(default)]
    alarm_types: Vec<String>,
    children_of_alarm_name: Option<String>,
    parents_of_alarm_name: Option<String>,
    state_value: Option<String>,
    action_prefix: Option<String>,
    max_records: Option<usize>,
    next_token: Option<String>,
}

/// `DeleteAlarms`. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteAlarms.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteAlarms {
    alarm_names: Vec<String>,
}

/// `EnableAlarmActions`. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_EnableAlarmActions.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct EnableAlarmActions {
    alarm_names: Vec<String>,
}

/// `DisableAlarmActions`. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DisableAlarmActions.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DisableAlarmActions {
    alarm_names: Vec<String>,
}

/// `SetAlarmState`. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SetAlarmState {
    alarm_name: String,
    state_value: String,
    state_reason: String,
    state_reason_data: Option<String>,
}

impl DescribeAlarms {
    fn check(&self) -> Result<(), AwsError> {
        if !self.alarm_names.is_empty() && self.alarm_name_prefix.is_some() {
            return Err(combination("AlarmNames and AlarmNamePrefix cannot be given in one request."));
        }
        check_enum(self.state_value.as_deref(), "stateValue", &STATES)?;
        for (given, number) in self.alarm_types.iter().zip(1..) {
            check_enum(Some(given), &format!("alarmTypes.{number}.member"), &TYPES)?;
        }
        let others = !self.alarm_names.is_empty()
            || !self.alarm_types.is_empty()
            || self.alarm_name_prefix.is_some()
            || self.state_value.is_some()
            || self.action_prefix.is_some();
        let relatives = [
            ("ChildrenOfAlarmName", self.children_of_alarm_name.is_some(), self.parents_of_alarm_name.is_some()),
            ("ParentsOfAlarmName", self.parents_of_alarm_name.is_some(), self.children_of_alarm_name.is_some()),
        ];
        match relatives.into_iter().find(|(_, given, other)| *given && (others || *other)) {
            Some((name, ..)) => Err(validation(format!("{name} cannot be used with any other parameters."))),
            None => Ok(()),
        }
    }

    fn wants(&self, alarm: &Alarm) -> bool {
        let configuration = &alarm.configuration;
        let is_type = if self.alarm_types.is_empty() {
            alarm.metric().is_some()
        } else {
            self.alarm_types.iter().any(|name| name == alarm.kind.name())
        };
        is_type
            && (self.alarm_names.is_empty() || self.alarm_names.contains(&configuration.name))
            && self.alarm_name_prefix.as_ref().is_none_or(|prefix| configuration.name.starts_with(prefix))
            && self.state_value.as_ref().is_none_or(|state| state == alarm.state().name())
            && self.action_prefix.as_ref().is_none_or(|prefix| configuration.all_actions().any(|one| one.starts_with(prefix)))
    }

    /// The alarms that are asked for, each with its kind.
    fn find(&self, records: &Records) -> Result<Vec<(&'static str, Value)>, AwsError> {
        let of = |name: &str| records.alarms.get(name).ok_or_else(no_alarm);
        let only = |alarm: &Alarm, members: &[&str]| {
            let shown = alarm.describe();
            let kept = members.iter().filter_map(|name| Some(((*name).to_owned(), shown.get(*name)?.clone())));
            (alarm.kind.name(), Value::Object(kept.collect::<Map<_, _>>()))
        };
        if let Some(name) = &self.children_of_alarm_name {
            let parent = of(name)?;
            let children = parent.composite().map(crate::alarm::CompositeAlarm::children).unwrap_or_default();
            let members = ["AlarmArn", "AlarmName", "StateUpdatedTimestamp", "StateValue"];
            return Ok(children.into_iter().filter_map(|child| Some(only(records.alarms.get(child)?, &members))).collect());
        }
        if let Some(name) = &self.parents_of_alarm_name {
            of(name)?;
            return Ok(parents(records, name).map(|alarm| only(alarm, &["AlarmArn", "AlarmName"])).collect());
        }
        Ok(records.alarms.values().filter(|alarm| self.wants(alarm)).map(|alarm| (alarm.kind.name(), alarm.describe())).collect())
    }
}

/// The composite alarms whose rules are about an alarm.
fn parents<'a>(records: &'a Records, name: &'a str) -> impl Iterator<Item = &'a Alarm> {
    let is_parent = move |alarm: &&Alarm| alarm.composite().is_some_and(|composite| composite.children().contains(&name));
    records.alarms.values().filter(is_parent)
}

impl CloudWatch {
    pub(crate) fn describe_alarms(&self, call: &Call, input: DescribeAlarms) -> Result<Value, AwsError> {
        input.check()?;
        let found = self.with(call.account(), |records| input.find(records))?;
        let start = match input.next_token.as_deref() {
            None | Some("") => 0,
            Some(token) => {
                let invalid = || AwsError::new("InvalidNextToken", 400, "The next token specified is invalid.");
                token.parse().ok().filter(|start| *start <= found.len()).ok_or_else(invalid)?
            }
        };
        let page = Page::at(start, input.max_records.unwrap_or(100), found);
        let of_kind = |wanted: &str| {
            let alarms = page.items.iter().filter(|(kind, _)| *kind == wanted).map(|(_, alarm)| alarm.clone());
            alarms.collect::<Vec<_>>()
        };
        let mut output = json!({ "MetricAlarms": of_kind("MetricAlarm"), "CompositeAlarms": of_kind("CompositeAlarm") });
        if let (Some(next), Some(members)) = (page.next, output.as_object_mut()) {
            members.insert("NextToken".to_owned(), next.to_string().into());
        }
        Ok(output)
    }

    /// Names that no alarm has are no error.
    pub(crate) fn delete_alarms(&self, call: &Call, input: DeleteAlarms) -> Result<Value, AwsError> {
        let DeleteAlarms { alarm_names: names } = input;
        self.with(call.account(), |records| {
            let composite = |name: &&String| records.alarms.get(*name).is_some_and(|alarm| alarm.composite().is_some());
            if names.iter().filter(composite).count() > 1 {
                return Err(validation("Only one composite alarm can be deleted at a time."));
            }
            for name in &names {
                let mut dependants = parents(records, name).filter(|parent| !names.contains(&parent.configuration.name));
                if records.alarms.contains_key(name) && dependants.next().is_some() {
                    let message = format!("Cannot delete {name} as there are composite alarm(s) depending on it.");
                    return Err(validation(message));
                }
            }
            for name in &names {
                if let Some(alarm) = records.alarms.remove(name) {
                    records.history.add(Item::deleted(&alarm, call.now));
                }
            }
            Ok(json!({}))
        })
    }

    pub(crate) fn enable_alarm_actions(&self, call: &Call, input: EnableAlarmActions) -> Result<Value, AwsError> {
        Ok(self.set_actions_enabled(call, &input.alarm_names, true))
    }

    pub(crate) fn disable_alarm_actions(&self, call: &Call, input: DisableAlarmActions) -> Result<Value, AwsError> {
        Ok(self.set_actions_enabled(call, &input.alarm_names, false))
    }

    fn set_actions_enabled(&self, call: &Call, names: &[String], enabled: bool) -> Value {
        self.with(call.account(), |records| {
            for name in names {
                let Some(alarm) = records.alarms.get_mut(name) else { continue };
                if alarm.configuration.actions_enabled != enabled {
                    let before = alarm.clone();
                    (alarm.configuration.actions_enabled, alarm.configured) = (enabled, call.now);
                    records.history.add(Item::configured(alarm, Some(&before), call.now));
                }
            }
        });
        json!({})
    }

    /// Until the next evaluation.
    pub(crate) async fn set_alarm_state(&self, call: &Call, input: SetAlarmState) -> Result<Value, AwsError> {
        let SetAlarmState { alarm_name, state_value, state_reason, state_reason_data } = input;
        let state = State::read(&state_value).ok_or_else(|| no_enum_value(&state_value, "stateValue", &STATES))?;
        if state_reason_data.as_deref().is_some_and(|data| serde_json::from_str::<Value>(data).is_err()) {
            return Err(AwsError::new("InvalidFormat", 400, "StateReasonData was not syntactically valid JSON"));
        }
        let verdict = Verdict { state, reason: state_reason, reason_data: state_reason_data };
        let outcomes = self.with(call.account(), |records| {
            if !records.alarms.contains_key(&alarm_name) {
                return Err(no_alarm());
            }
            let mut outcomes = Vec::new();
            records.set_state(&alarm_name, verdict, call.now, &mut outcomes);
            Ok(outcomes)
        })?;
        self.changed.notify_one();
        self.follow(&call.region, call.account(), outcomes).await;
        Ok(json!({}))
    }
}
