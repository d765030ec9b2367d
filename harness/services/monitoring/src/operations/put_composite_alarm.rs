//! PutCompositeAlarm.

use jiff::SignedDuration;
use nightproof_core::request_tags::{self, Tag};
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::alarm::{CompositeAlarm, Configuration, Kind, Rule, Suppressor, check_actions, name_of};
use crate::error::{invalid, validation};
use crate::records::CloudWatch;

/// `PutCompositeAlarm`. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutCompositeAlarm {
    alarm_name: String,
    alarm_rule: String,
    alarm_description: Option<String>,
    actions_enabled: Option<bool>,
    #[serde(default, rename = "OKActions")]
    ok_actions: Vec<String>,
    #[serde(default)]
    alarm_actions: Vec<String>,
    #[serde(default)]
    insufficient_data_actions: Vec<String>,
    actions_suppressor: Option<String>,
    actions_suppressor_wait_period: Option<i64>,
    actions_suppressor_extension_period: Option<i64>,
    #[serde(default)]
    tags: Vec<Tag>,
}

impl CloudWatch {
    /// Its rule is evaluated at once.
    pub(crate) async fn put_composite_alarm(&self, call: &Call, input: PutCompositeAlarm) -> Result<Value, AwsError> {
        let rule = Rule::read(&input.alarm_rule).map_err(validation)?;
        let suppressor = input.suppressor()?;
        let name = input.alarm_name.clone();
        let configuration = Configuration {
            arn: call.arn("cloudwatch", format!("alarm:{name}")),
            name: input.alarm_name,
            description: input.alarm_description,
            actions_enabled: input.actions_enabled.unwrap_or(true),
            ok_actions: input.ok_actions,
            alarm_actions: input.alarm_actions,
            insufficient_data_actions: input.insufficient_data_actions,
        };
        check_actions(call, &configuration)?;
        let tags = request_tags::check(call, input.tags, || invalid("Tag keys starting with aws: are reserved."))?;
        let exists = self.with(call.account(), |records| {
            let unknown: Vec<&str> =
                rule.alarms().into_iter().filter(|alarm| !records.alarms.contains_key(name_of(alarm))).collect();
            if !unknown.is_empty() {
                let unknown = unknown.join(", ");
                let message = format!("Could not save the composite alarm as alarms [{unknown}] in the alarm rule do not exist");
                return Err(validation(message));
            }
            if let Some(missing) = suppressor.as_ref().filter(|one| !records.alarms.contains_key(one.alarm_name())) {
                return Err(validation(format!("The suppressor alarm {} does not exist.", missing.alarm)));
            }
            Ok(records.alarms.contains_key(&name))
        })?;
        let alarm = CompositeAlarm { rule_text: input.alarm_rule, rule, suppressor, suppressed: None, held: None };
        self.put(call, configuration, Kind::Composite(Box::new(alarm)), tags);
        let outcomes = self.with(call.account(), |records| {
            let mut outcomes = Vec::new();
            records.evaluate_composite(&name, if exists { "updated" } else { "created" }, call.now, &mut outcomes);
            outcomes
        });
        self.changed.notify_one();
        self.follow(&call.region, call.account(), outcomes).await;
        Ok(json!({}))
    }
}

impl PutCompositeAlarm {
    fn suppressor(&self) -> Result<Option<Suppressor>, AwsError> {
        let periods = (self.actions_suppressor_wait_period, self.actions_suppressor_extension_period);
        match (&self.actions_suppressor, periods) {
            (Some(alarm), (Some(wait), Some(extension))) => {
                let of = SignedDuration::from_secs;
                Ok(Some(Suppressor { alarm: alarm.clone(), wait: of(wait.max(0)), extension: of(extension.max(0)) }))
            }
            (None, (None, None)) => Ok(None),
            (Some(_), _) => {
                let message =
                    "ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod are required with ActionsSuppressor.";
                Err(validation(message))
            }
            (None, _) => Err(validation(
                "ActionsSuppressor is required with ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod.",
            )),
        }
    }
}
