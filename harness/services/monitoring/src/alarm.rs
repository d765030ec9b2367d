//! Alarms, as they are kept and described.

use jiff::Timestamp;
use nightproof_core::document::{Members as _, whole_seconds};
use nightproof_core::tags::Tags;
use serde_json::{Map, Value, json};

use crate::evaluation::{Condition, State, Verdict};

/// An alarm on one metric.
#[derive(Debug, Clone)]
pub(super) struct Alarm {
    pub(super) arn: String,
    /// The input of PutMetricAlarm, without the tags.
    pub(super) configuration: Value,
    pub(super) condition: Condition,
    pub(super) tags: Tags,
    pub(super) configured: Timestamp,
    pub(super) state: State,
    pub(super) reason: String,
    pub(super) reason_data: Option<String>,
    /// When it came to this state.
    pub(super) state_updated: Timestamp,
}

impl Alarm {
    pub(super) fn name(&self) -> &str {
        self.configuration.required("AlarmName")
    }

    pub(super) fn actions_enabled(&self) -> bool {
        self.configuration.flag("ActionsEnabled") != Some(false)
    }

    /// The topics that are notified of a state.
    pub(super) fn actions(&self, state: State) -> Vec<String> {
        let member = match state {
            State::Ok => "OKActions",
            State::Alarm => "AlarmActions",
            State::InsufficientData => "InsufficientDataActions",
        };
        self.configuration.texts(member).into_iter().map(str::to_owned).collect()
    }

    /// Takes on a verdict; returns the state before it, if it was another.
    pub(super) fn become_state(&mut self, verdict: Verdict, at: Timestamp) -> Option<State> {
        let before = self.state;
        if before == verdict.state {
            return None;
        }
        let Verdict { state, reason, reason_data } = verdict;
        (self.state, self.reason, self.reason_data) = (state, reason, reason_data);
        self.state_updated = at;
        Some(before)
    }

    /// The shape `MetricAlarm`.
    pub(super) fn describe(&self) -> Value {
        let mut shown: Map<String, Value> = self.configuration.as_object().cloned().unwrap_or_default();
        for list in ["OKActions", "AlarmActions", "InsufficientDataActions", "Dimensions"] {
            shown.entry(list.to_owned()).or_insert_with(|| json!([]));
        }
        shown.entry("ActionsEnabled".to_owned()).or_insert(true.into());
        for (name, value) in [
            ("AlarmArn", self.arn.as_str().into()),
            ("AlarmConfigurationUpdatedTimestamp", self.configured.to_string().into()),
            ("StateValue", self.state.name().into()),
            ("StateReason", self.reason.as_str().into()),
            ("StateUpdatedTimestamp", self.state_updated.to_string().into()),
            ("StateTransitionedTimestamp", self.state_updated.to_string().into()),
        ] {
            shown.insert(name.to_owned(), value);
        }
        if let Some(data) = &self.reason_data {
            shown.insert("StateReasonData".to_owned(), data.as_str().into());
        }
        Value::Object(shown)
    }

    /// The message to a topic.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>
    pub(super) fn message(&self, before: State, account: &str, region: &str) -> Value {
        let stamp = |time: Timestamp| whole_seconds(time).strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string();
        let given = |name: &str| self.configuration.get(name).cloned().unwrap_or_default();
        let list = |name: &str| self.configuration.get(name).cloned().unwrap_or_else(|| json!([]));
        let dimensions: Vec<Value> = self
            .configuration
            .list("Dimensions")
            .iter()
            .map(|one| json!({ "value": one.required("Value"), "name": one.required("Name") }))
            .collect();
        json!({
            "AlarmName": self.name(),
            "AlarmDescription": given("AlarmDescription"),
            "AWSAccountId": account,
            "AlarmConfigurationUpdatedTimestamp": stamp(self.configured),
            "NewStateValue": self.state.name(),
            "NewStateReason": self.reason,
            "StateChangeTime": stamp(self.state_updated),
            "Region": region_name(region),
            "AlarmArn": self.arn,
            "OldStateValue": before.name(),
            "OKActions": list("OKActions"),
            "AlarmActions": list("AlarmActions"),
            "InsufficientDataActions": list("InsufficientDataActions"),
            "Trigger": {
                "MetricName": given("MetricName"),
                "Namespace": given("Namespace"),
                "StatisticType": "Statistic",
                "Statistic": self.configuration.required("Statistic").to_uppercase(),
                "Unit": given("Unit"),
                "Dimensions": dimensions,
                "Period": given("Period"),
                "EvaluationPeriods": given("EvaluationPeriods"),
                "DatapointsToAlarm": self.condition.to_alarm,
                "ComparisonOperator": given("ComparisonOperator"),
                "Threshold": given("Threshold"),
                "TreatMissingData": self.configuration.text("TreatMissingData").unwrap_or("missing"),
                "EvaluateLowSampleCountPercentile": "",
            },
        })
    }

    /// The subject of that message, which has 100 characters at most.
    pub(super) fn subject(&self, region: &str) -> String {
        let subject = format!("{}: \"{}\" in {}", self.state.name(), self.name(), region_name(region));
        subject.chars().filter(char::is_ascii).take(100).collect()
    }
}

/// A region's name for people.
fn region_name(region: &str) -> &str {
    if region == "us-east-1" { "US East (N. Virginia)" } else { region }
}
