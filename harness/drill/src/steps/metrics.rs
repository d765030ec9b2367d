//! Metrics of a night: a function's, a rule's. AWS delivers them minutes late: that there are none yet says nothing.
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::{Value, json};

use crate::FailurePoint;
use crate::account::dynamic_client::DynamicClient;
use crate::chain::failure::{HopFailure, at};

/// Before and after the function's command, seconds: a function runs for 15 minutes at most.
const AROUND: i64 = 900;

/// What was counted of a function around one night's command.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Counted {
    invocations: f64,
    errors: f64,
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |count: f64, one: &str| format!("{count} {one}{}", if count == 1.0 { "" } else { "s" });
        write!(f, "{}, {}", count(self.invocations, "invocation"), count(self.errors, "error"))
    }
}

/// Waits for the metrics of `function` around `time`; nothing if there are none within `bound`.
pub(crate) async fn of_function(
    client: &DynamicClient,
    function: &str,
    time: DateTime,
    bound: Duration,
) -> Result<Option<Counted>, HopFailure> {
    let counted = nightproof_poll::try_until(bound, || async {
        let invocations = sum(client, function, "Invocations", time).await?;
        let Some(invocations) = invocations else { return Ok(Err(String::new())) };
        let errors = sum(client, function, "Errors", time).await?.unwrap_or_default();
        Ok::<_, HopFailure>(Ok(Counted { invocations, errors }))
    })
    .await?;
    Ok(counted.ok())
}

/// The sum of a function's metric; nothing without a datapoint.
async fn sum(client: &DynamicClient, function: &str, metric: &str, time: DateTime) -> Result<Option<f64>, HopFailure> {
    let metric = json!({
        "Namespace": "AWS/Lambda",
        "MetricName": metric,
        "Dimensions": [{ "Name": "FunctionName", "Value": function }],
        "Period": 60,
    });
    sum_between(client, metric, time.secs() - AROUND, time.secs() + AROUND).await
}

/// How often a dead-letter queue did not take what `rule` could not deliver, from an hour ago on. The clock of a local region may be years
/// ahead.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html#eb-metrics>
#[expect(clippy::disallowed_methods, reason = "where the clock cannot be moved, its time is the time")]
pub(crate) async fn lost_by(client: &DynamicClient, rule: &str) -> Result<f64, HopFailure> {
    const DAY: i64 = 86_400;
    let now = DateTime::from(SystemTime::now()).secs();
    let metric = json!({
        "Namespace": "AWS/Events",
        "MetricName": "InvocationsFailedToBeSentToDlq",
        "Dimensions": [{ "Name": "RuleName", "Value": rule }],
        "Period": DAY,
    });
    Ok(sum_between(client, metric, now - 3600, now + 1400 * DAY).await?.unwrap_or_default())
}

/// The sum of a metric from `start` to `end`, seconds since the epoch; nothing without a datapoint.
async fn sum_between(client: &DynamicClient, mut metric: Value, start: i64, end: i64) -> Result<Option<f64>, HopFailure> {
    let time = |seconds: i64| DateTime::from_secs(seconds).fmt(Format::DateTime).unwrap_or_default();
    for (member, value) in [("StartTime", time(start).into()), ("EndTime", time(end).into()), ("Statistics", json!(["Sum"]))] {
        if let Some(members) = metric.as_object_mut() {
            members.insert(member.to_owned(), value);
        }
    }
    let answer = client.ask("monitoring", "GetMetricStatistics", &metric).await;
    let answer = answer.map_err(at(FailurePoint::Drill, "GetMetricStatistics"))?;
    let points = answer.get("Datapoints").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let sums = points.iter().filter_map(|point| point.get("Sum")?.as_f64());
    Ok((!points.is_empty()).then(|| sums.sum()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_told_in_words() {
        let counted = |invocations, errors| Counted { invocations, errors }.to_string();
        assert_eq!(counted(1.0, 0.0), "1 invocation, 0 errors");
        assert_eq!(counted(2.0, 1.0), "2 invocations, 1 error");
    }
}
