//! GetMetricStatistics.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html>

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::error::invalid;
use crate::evaluation::Statistic;
use crate::metric::{unit, values};

/// Datapoints in an answer.
const MOST: i64 = 1440;
/// Periods below a minute.
const SHORT: [i64; 5] = [1, 5, 10, 20, 30];

pub(crate) fn get_metric_statistics(call: &Call, input: &Value) -> Result<Value, AwsError> {
    if input.has("ExtendedStatistics") {
        return Err(AwsError::not_implemented("monitoring", "GetMetricStatistics of percentiles"));
    }
    let statistics = input.texts("Statistics");
    if statistics.is_empty() {
        let message = "Must specify either Statistics or ExtendedStatistics.";
        return Err(AwsError::new("InvalidParameterCombination", 400, message));
    }
    let time = |name: &str| input.text(name).and_then(|text| text.parse::<Timestamp>().ok()).unwrap_or_default().as_second();
    let (start, end, period) = (time("StartTime"), time("EndTime"), input.number("Period").unwrap_or_default());
    if start >= end {
        return Err(invalid("The parameter StartTime must be less than the parameter EndTime."));
    }
    if period < 1 || !(period % 60 == 0 || SHORT.contains(&period)) {
        return Err(invalid("The parameter Period must be a value in the set [1, 5, 10, 20, 30], or must be a multiple of 60."));
    }
    // The start is rounded down to a whole minute, or to the period below that.
    let start = start - start.rem_euclid(period.min(60));
    let count = (end - start) / period;
    if count > MOST {
        let message = format!(
            "You have requested up to {count} datapoints, which exceeds the limit of {MOST}. You may reduce the datapoints requested \
             by increasing Period, or decreasing the time range."
        );
        return Err(AwsError::new("InvalidParameterCombination", 400, message));
    }
    let mut points: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
    let name = input.required("MetricName");
    for (time, value) in values(&call.region, call.account(), input) {
        let time = time.as_second();
        if (start..end).contains(&time) {
            points.entry(start + (time - start) / period * period).or_default().push(value);
        }
    }
    let unit = unit(name);
    let wants = input.text("Unit").is_none_or(|wanted| wanted == unit);
    let points = points.into_iter().filter(|_| wants).map(|(time, values)| point(time, &values, &statistics, unit));
    Ok(json!({ "Label": name, "Datapoints": points.collect::<Vec<_>>() }))
}

fn point(time: i64, values: &[f64], statistics: &[&str], unit: &str) -> Value {
    let mut point = json!({ "Timestamp": Timestamp::from_second(time).unwrap_or_default().to_string(), "Unit": unit });
    for (name, statistic) in statistics.iter().filter_map(|name| Some((*name, Statistic::read(name)?))) {
        if let Some(members) = point.as_object_mut() {
            members.insert(name.to_owned(), statistic.of(values).into());
        }
    }
    point
}
