//! Causes for real the event that starts a backup: puts the object, has the group launch or terminate an instance, gives the alarm's metric its data.

use std::io::Write as _;
use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::account::dynamic_client::DynamicClient;
use crate::chain::failure::{HopFailure, at};
use crate::steps::occurrence::{Cause, Occurrence};
use crate::{FailurePoint, Hop, Local, Plan};

/// For an alarm to be evaluated, which CloudWatch does each minute, and to see data that is minutes late.
const ALARM_BOUND: Duration = Duration::from_secs(420);

/// Has the event happen, and returns what was done.
pub(crate) async fn bring_about(
    client: &DynamicClient,
    plan: &Plan,
    local: Option<&dyn Local>,
    cause: &Cause,
) -> Result<String, HopFailure> {
    if let Some(local) = local {
        local.before_event().await.map_err(|reason| HopFailure::at(FailurePoint::Drill, reason))?;
    }
    match &cause.occurrence {
        Occurrence::ObjectCreated { bucket, key } => put(client, plan, bucket, key).await,
        Occurrence::InstanceLaunched { group } => launch(client, group).await,
        Occurrence::InstanceTerminated { group } => terminate(client, group).await,
        Occurrence::AlarmRaised { alarm } => raise(client, local, alarm).await,
    }
}

/// An object of one line, by way of a file: what a journal notes of a call are the bodies that are in memory.
async fn put(client: &DynamicClient, plan: &Plan, bucket: &str, key: &str) -> Result<String, HopFailure> {
    let failed = |error: std::io::Error| HopFailure::at(FailurePoint::Drill, format!("no temporary file: {error}"));
    let mut file = NamedTempFile::new_in(&plan.folder).map_err(failed)?;
    writeln!(file, "{}", plan.run).map_err(failed)?;
    let stored = client.upload(&json!({ "Bucket": bucket, "Key": key }), file.path()).await;
    stored.map_err(at(Hop::Rule, "PutObject"))?;
    Ok(format!("put s3://{bucket}/{key}"))
}

/// A group as it stands. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AutoScalingGroup.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Group {
    min_size: i64,
    max_size: i64,
    desired_capacity: i64,
    instances: Vec<Member>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Member {
    instance_id: String,
    lifecycle_state: String,
}

async fn group(client: &DynamicClient, name: &str) -> Result<Group, HopFailure> {
    let mut found: Vec<Group> = Vec::new();
    let input = json!({ "AutoScalingGroupNames": [name] });
    let listed = client.pages("autoscaling", "DescribeAutoScalingGroups", input, "AutoScalingGroups", &mut found).await;
    listed.map_err(at(Hop::Rule, "DescribeAutoScalingGroups"))?;
    found.pop().ok_or_else(|| HopFailure::at(Hop::Rule, format!("there is no group {name}")))
}

/// One instance more; where the group has all that it may have, another in the place of one.
async fn launch(client: &DynamicClient, name: &str) -> Result<String, HopFailure> {
    let Group { desired_capacity, max_size, .. } = group(client, name).await?;
    if desired_capacity >= max_size {
        return terminate(client, name).await;
    }
    let more = desired_capacity + 1;
    let input = json!({ "AutoScalingGroupName": name, "DesiredCapacity": more });
    client.ask("autoscaling", "SetDesiredCapacity", &input).await.map_err(at(Hop::Rule, "SetDesiredCapacity"))?;
    Ok(format!("set the desired capacity of {name} to {more}"))
}

/// One instance less; where the group has no more than it must have, it replaces it.
async fn terminate(client: &DynamicClient, name: &str) -> Result<String, HopFailure> {
    let group = group(client, name).await?;
    let Some(Member { instance_id: id, .. }) = group.instances.iter().find(|one| one.lifecycle_state == "InService") else {
        return Err(HopFailure::at(Hop::Rule, format!("{name} has no instance in service that it could terminate")));
    };
    let is_less = group.desired_capacity > group.min_size;
    let input = json!({ "InstanceId": id, "ShouldDecrementDesiredCapacity": is_less });
    let terminated = client.ask("autoscaling", "TerminateInstanceInAutoScalingGroup", &input).await;
    terminated.map_err(at(Hop::Rule, "TerminateInstanceInAutoScalingGroup"))?;
    Ok(format!("had {name} terminate {id}"))
}

/// An alarm on one metric. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Alarm {
    alarm_arn: String,
    state_value: String,
    namespace: String,
    metric_name: String,
    dimensions: Vec<Value>,
    statistic: String,
    unit: Option<String>,
    threshold: Option<f64>,
    comparison_operator: String,
    period: i64,
    evaluation_periods: i64,
}

impl Alarm {
    /// A value beyond the threshold; `None` if data cannot bring the alarm about: that of AWS's own metrics is AWS's, and what counts samples, compares with
    /// a band or computes is no matter of one value.
    fn value(&self) -> Option<f64> {
        if self.namespace.is_empty()
            || self.namespace.starts_with("AWS/")
            || matches!(self.statistic.as_str(), "" | "SampleCount")
        {
            return None;
        }
        let threshold = self.threshold?;
        let far = threshold.abs().max(1.0);
        match self.comparison_operator.as_str() {
            "GreaterThanThreshold" | "GreaterThanOrEqualToThreshold" => Some(threshold + far),
            "LessThanThreshold" | "LessThanOrEqualToThreshold" => Some(threshold - far),
            _ => None,
        }
    }

    /// Data for each period that is looked at, and for the one before.
    fn data(&self, value: f64, now: i64) -> Vec<Value> {
        let datum = |number: i64| {
            let at = DateTime::from_secs(now.saturating_sub(self.period.max(1).saturating_mul(number)));
            let mut datum = json!({
                "MetricName": self.metric_name, "Dimensions": self.dimensions, "Value": value,
                "Timestamp": at.fmt(Format::DateTime).unwrap_or_default(),
            });
            if let (Some(unit), Some(members)) = (&self.unit, datum.as_object_mut()) {
                members.insert("Unit".to_owned(), unit.as_str().into());
            }
            datum
        };
        (0..=self.evaluation_periods.max(1)).map(datum).collect()
    }
}

async fn alarm(client: &DynamicClient, name: &str) -> Result<Alarm, HopFailure> {
    let described = client.ask("monitoring", "DescribeAlarms", &json!({ "AlarmNames": [name] })).await;
    let described = described.map_err(at(Hop::Rule, "DescribeAlarms"))?;
    let one = described.pointer("/MetricAlarms/0").cloned();
    let one = one.ok_or_else(|| HopFailure::at(Hop::Rule, format!("there is no alarm {name} on a metric")))?;
    serde_json::from_value(one).map_err(|error| HopFailure::at(FailurePoint::Drill, format!("DescribeAlarms: {error}")))
}

/// Has an alarm go to ALARM: by data of its metric, and where nobody but AWS has that, by its state.
#[expect(clippy::disallowed_methods, reason = "where the clock cannot be moved, its time is the time")]
async fn raise(client: &DynamicClient, local: Option<&dyn Local>, name: &str) -> Result<String, HopFailure> {
    let found = alarm(client, name).await?;
    // What is in ALARM already does not go there.
    if found.state_value == "ALARM" {
        set(client, name, "OK").await?;
    }
    let Some(value) = found.value() else {
        set(client, name, "ALARM").await?;
        return Ok(format!("set the state of {name} to ALARM, since data of its metric are not a drill's to give"));
    };
    let now = match local {
        Some(local) => local.now(),
        None => DateTime::from(SystemTime::now()).secs(),
    };
    let data = found.data(value, now);
    let (count, namespace) = (data.len(), &found.namespace);
    let input = json!({ "Namespace": namespace, "MetricData": data });
    client.ask("monitoring", "PutMetricData", &input).await.map_err(at(Hop::Rule, "PutMetricData"))?;
    let done = format!("put {value} to {namespace} {} for {count} periods", found.metric_name);
    if let Some(local) = local {
        // To the minute at which alarms are looked at.
        local
            .fire(&found.alarm_arn)
            .await
            .map_err(|reason| HopFailure::at(Hop::Rule, format!("{name} is not evaluated: {reason}")))?;
    }
    let seen = nightproof_poll::try_until(ALARM_BOUND, || async {
        let state = alarm(client, name).await?.state_value;
        Ok::<_, HopFailure>(if state == "ALARM" { Ok(()) } else { Err(state) })
    });
    match seen.await? {
        Ok(()) => Ok(done),
        Err(state) => Err(HopFailure::at(Hop::Rule, format!("{done}, and {name} is {state} after {} s", ALARM_BOUND.as_secs()))),
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html>
async fn set(client: &DynamicClient, name: &str, state: &str) -> Result<(), HopFailure> {
    let input = json!({ "AlarmName": name, "StateValue": state, "StateReason": "a drill of nightproof" });
    client.ask("monitoring", "SetAlarmState", &input).await.map_err(at(Hop::Rule, "SetAlarmState")).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alarm(more: &Value) -> Alarm {
        let mut described = json!({ "Namespace": "Site", "MetricName": "Changes", "Statistic": "Sum", "Threshold": 10.0, "Period": 60,
            "EvaluationPeriods": 2, "ComparisonOperator": "GreaterThanThreshold" });
        described.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(described).unwrap()
    }

    #[test]
    fn a_value_is_beyond_the_threshold_or_none_is_given() {
        assert_eq!(alarm(&json!({})).value(), Some(20.0));
        assert_eq!(alarm(&json!({ "ComparisonOperator": "LessThanThreshold", "Threshold": 0.5 })).value(), Some(-0.5));
        for aside in [
            json!({ "Namespace": "AWS/EC2" }),
            json!({ "Namespace": "" }),
            json!({ "Statistic": "SampleCount" }),
            json!({ "ComparisonOperator": "GreaterThanUpperThreshold", "Threshold": null }),
        ] {
            assert_eq!(alarm(&aside).value(), None, "{aside}");
        }
    }

    #[test]
    fn data_are_for_each_period_that_is_looked_at() {
        let data = alarm(&json!({ "Unit": "Count" })).data(20.0, 1_000_000);
        let times: Vec<&str> = data.iter().map(|datum| datum["Timestamp"].as_str().unwrap()).collect();
        assert_eq!(times, ["1970-01-12T13:46:40Z", "1970-01-12T13:45:40Z", "1970-01-12T13:44:40Z"]);
        assert!(data.iter().all(|datum| datum["Unit"] == "Count" && datum["Value"] == 20.0));
    }
}
