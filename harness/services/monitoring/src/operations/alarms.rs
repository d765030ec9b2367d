//! Operations on alarms.

use nightproof_core::document::Members as _;
use nightproof_core::page::page;
use nightproof_core::service::{AwsError, Call};
use nightproof_core::tags::Tags;
use serde_json::{Value, json};

use crate::alarm::Alarm;
use crate::error::invalid;
use crate::evaluation::{Comparison, Condition, DAY, Missing, State, Statistic, Verdict};
use crate::records::CloudWatch;

/// Members of PutMetricAlarm that are done.
const KNOWN: [&str; 18] = [
    "AlarmName",
    "AlarmDescription",
    "ActionsEnabled",
    "OKActions",
    "AlarmActions",
    "InsufficientDataActions",
    "MetricName",
    "Namespace",
    "Statistic",
    "Dimensions",
    "Period",
    "Unit",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
    "Tags",
];

impl CloudWatch {
    /// An alarm is evaluated at once, on AWS within a minute or two.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>
    pub(crate) async fn put_metric_alarm(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let condition = condition(input)?;
        check_actions(call, input)?;
        let name = input.required("AlarmName").to_owned();
        let given = crate::operations::tags::given(call, input)?;
        let mut configuration = input.clone();
        if let Some(members) = configuration.as_object_mut() {
            members.remove("Tags");
        }
        self.with(call.account(), |alarms| match alarms.get_mut(&name) {
            // Its tags and its state stay.
            Some(alarm) => (alarm.configuration, alarm.condition, alarm.configured) = (configuration, condition, call.now),
            None => {
                let alarm = Alarm {
                    arn: call.arn("cloudwatch", format!("alarm:{name}")),
                    configuration,
                    condition,
                    tags: given.into_iter().collect(),
                    configured: call.now,
                    state: State::InsufficientData,
                    reason: "Unchecked: Initial alarm creation".to_owned(),
                    reason_data: None,
                    state_updated: call.now,
                };
                alarms.insert(name.clone(), alarm);
            }
        });
        self.evaluate(&call.region, call.account(), Some(&name), &[call.now]).await;
        Ok(json!({}))
    }

    pub(crate) fn describe_alarms(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let unsupported = ["ChildrenOfAlarmName", "ParentsOfAlarmName"];
        if let Some(member) = unsupported.into_iter().find(|name| input.has(name)) {
            return Err(AwsError::not_implemented("monitoring", &format!("DescribeAlarms with {member}")));
        }
        if input.has("AlarmNames") && input.has("AlarmNamePrefix") {
            let message = "AlarmNames and AlarmNamePrefix cannot be given in one request.";
            return Err(AwsError::new("InvalidParameterCombination", 400, message));
        }
        let (names, prefix) = (input.texts("AlarmNames"), input.text("AlarmNamePrefix").unwrap_or_default());
        let wanted = |alarm: &&Alarm| {
            (names.is_empty() || names.contains(&alarm.name()))
                && alarm.name().starts_with(prefix)
                && input.text("StateValue").is_none_or(|state| state == alarm.state.name())
                && input.text("ActionPrefix").is_none_or(|prefix| {
                    [State::Ok, State::Alarm, State::InsufficientData]
                        .iter()
                        .any(|state| alarm.actions(*state).iter().any(|action| action.starts_with(prefix)))
                })
        };
        let of_metrics = !input.has("AlarmTypes") || input.texts("AlarmTypes").contains(&"MetricAlarm");
        let found: Vec<Value> = if of_metrics {
            self.with(call.account(), |alarms| alarms.values().filter(wanted).map(Alarm::describe).collect())
        } else {
            Vec::new()
        };
        let size = usize::try_from(input.number("MaxRecords").unwrap_or(100)).unwrap_or(100);
        let invalid = || AwsError::new("InvalidNextToken", 400, "The next token specified is invalid.");
        let mut output = page("MetricAlarms", found, input.text("NextToken"), size, invalid)?;
        if let Some(members) = output.as_object_mut() {
            members.insert("CompositeAlarms".to_owned(), json!([]));
        }
        Ok(output)
    }

    /// Names that no alarm has are no error.
    pub(crate) fn delete_alarms(&self, call: &Call, input: &Value) -> Value {
        self.with(call.account(), |alarms| input.texts("AlarmNames").iter().for_each(|name| drop(alarms.remove(*name))));
        json!({})
    }

    pub(crate) fn enable_actions(&self, call: &Call, input: &Value, enabled: bool) -> Value {
        self.with(call.account(), |alarms| {
            for name in input.texts("AlarmNames") {
                if let Some(members) = alarms.get_mut(name).and_then(|alarm| alarm.configuration.as_object_mut()) {
                    members.insert("ActionsEnabled".to_owned(), enabled.into());
                }
            }
        });
        json!({})
    }

    /// Until the next evaluation.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html>
    pub(crate) async fn set_alarm_state(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let state = State::read(input.required("StateValue")).ok_or_else(|| invalid("StateValue is no state of an alarm."))?;
        let data = input.text("StateReasonData");
        if data.is_some_and(|data| serde_json::from_str::<Value>(data).is_err()) {
            return Err(AwsError::new("InvalidFormatFault", 400, "StateReasonData was not syntactically valid JSON"));
        }
        let verdict = Verdict { state, reason: input.required("StateReason").to_owned(), reason_data: data.map(str::to_owned) };
        let changed = self.with(call.account(), |alarms| {
            let alarm = alarms.get_mut(input.required("AlarmName")).ok_or_else(no_alarm)?;
            Ok(alarm.become_state(verdict, call.now).map(|before| (alarm.clone(), before)))
        })?;
        if let Some((alarm, before)) = changed {
            crate::notification::notify(&call.region, call.account(), &alarm, before).await;
        }
        Ok(json!({}))
    }

    /// Runs `act` on the tags of the alarm that the request names.
    pub(crate) fn with_tags<T>(&self, call: &Call, input: &Value, act: impl FnOnce(&mut Tags) -> T) -> Result<T, AwsError> {
        let arn = input.required("ResourceARN");
        self.with(call.account(), |alarms| {
            let found = alarms.values_mut().find(|alarm| alarm.arn == arn);
            found
                .map(|alarm| act(&mut alarm.tags))
                .ok_or_else(|| AwsError::new("ResourceNotFoundException", 404, format!("The resource {arn} does not exist.")))
        })
    }
}

fn no_alarm() -> AwsError {
    AwsError::new("ResourceNotFound", 404, "Unknown alarm")
}

/// When an alarm goes off; what is not evaluated here is refused.
fn condition(input: &Value) -> Result<Condition, AwsError> {
    let members = input.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    if let Some(member) = members.filter(|name| input.has(name)).find(|name| !KNOWN.contains(name)) {
        return Err(AwsError::not_implemented("monitoring", &format!("an alarm with {member}")));
    }
    for required in ["MetricName", "Namespace", "Statistic", "Period", "EvaluationPeriods", "Threshold", "ComparisonOperator"] {
        if !input.has(required) {
            return Err(AwsError::new(
                "ValidationError",
                400,
                format!("The parameter {required} is required for an alarm on a metric."),
            ));
        }
    }
    let (period, periods) = (input.number("Period").unwrap_or_default(), input.number("EvaluationPeriods").unwrap_or_default());
    if period < 1 || !([10, 20, 30].contains(&period) || period % 60 == 0) {
        return Err(AwsError::new("ValidationError", 400, "Period must be 10, 20, 30 or a multiple of 60"));
    }
    let (longest, words) = if period < 3600 { (DAY, "a day") } else { (7 * DAY, "seven days") };
    if period.saturating_mul(periods) > longest {
        let message =
            format!("Metrics cannot be checked across more than {words} (EvaluationPeriods * Period must be <= {longest}).");
        return Err(AwsError::new("ValidationError", 400, message));
    }
    let to_alarm = input.number("DatapointsToAlarm").unwrap_or(periods);
    if to_alarm > periods {
        return Err(AwsError::new("ValidationError", 400, "DatapointsToAlarm must not be more than EvaluationPeriods"));
    }
    let not_done = |what: &str| AwsError::not_implemented("monitoring", &format!("an alarm with {what}"));
    let count = |value: i64| usize::try_from(value).unwrap_or(1).max(1);
    Ok(Condition {
        statistic: Statistic::read(input.required("Statistic")).ok_or_else(|| not_done(input.required("Statistic")))?,
        period,
        periods: count(periods),
        to_alarm: count(to_alarm),
        comparison: match input.required("ComparisonOperator") {
            "GreaterThanOrEqualToThreshold" => Comparison::GreaterOrEqual,
            "GreaterThanThreshold" => Comparison::Greater,
            "LessThanThreshold" => Comparison::Less,
            "LessThanOrEqualToThreshold" => Comparison::LessOrEqual,
            other => return Err(not_done(other)),
        },
        threshold: input.get("Threshold").and_then(Value::as_f64).unwrap_or_default(),
        missing: match input.text("TreatMissingData") {
            None | Some("missing") => Missing::Insufficient,
            Some("ignore") => Missing::Ignore,
            Some("breaching") => Missing::Breaching,
            Some("notBreaching") => Missing::NotBreaching,
            Some(other) => {
                let message = format!("Parameter TreatMissingData has an invalid value: {other}");
                return Err(AwsError::new("ValidationError", 400, message));
            }
        },
    })
}

/// Actions are topics of the account.
fn check_actions(call: &Call, input: &Value) -> Result<(), AwsError> {
    let topics = call.arn("sns", "");
    for action in ["OKActions", "AlarmActions", "InsufficientDataActions"].into_iter().flat_map(|list| input.texts(list)) {
        let parts: Vec<&str> = action.split(':').collect();
        match parts.as_slice() {
            ["arn", _, "sns", ..] if action.starts_with(&topics) => {}
            ["arn", _, "sns", region, account, _] if *region != call.region.name() || *account != call.account() => {
                return Err(AwsError::new("ValidationError", 400, format!("Invalid region or account of the action {action}")));
            }
            ["arn", _, service, ..] => {
                return Err(AwsError::not_implemented("monitoring", &format!("an alarm's action of {service}")));
            }
            _ => return Err(AwsError::new("ValidationError", 400, format!("Invalid arn syntax: {action}"))),
        }
    }
    Ok(())
}
