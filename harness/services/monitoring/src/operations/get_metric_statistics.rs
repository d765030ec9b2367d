//! GetMetricStatistics.

use jiff::Timestamp;
use nightproof_core::metrics::Distribution;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::{check_enum, combination, invalid};
use crate::metric::{Dimension, UNITS, Window, is_period, metric, periods};
use crate::records::CloudWatch;
use crate::statistic::Statistic;

/// Datapoints in an answer.
const MOST: i64 = 1440;
const SIMPLE: [&str; 5] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

/// `GetMetricStatistics`. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetMetricStatistics {
    namespace: String,
    metric_name: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    start_time: Timestamp,
    end_time: Timestamp,
    period: i64,
    #[serde(default)]
    statistics: Vec<String>,
    #[serde(default)]
    extended_statistics: Vec<String>,
    unit: Option<String>,
}

impl CloudWatch {
    pub(crate) fn get_metric_statistics(&self, call: &Call, input: GetMetricStatistics) -> Result<Value, AwsError> {
        let statistics = statistics(&input)?;
        check_enum(input.unit.as_deref(), "unit", &UNITS)?;
        let window = Window { start: input.start_time.as_second(), end: input.end_time.as_second() };
        if input.start_time >= input.end_time {
            return Err(invalid("The parameter StartTime must be less than the parameter EndTime."));
        }
        let period = input.period;
        if !is_period(period) {
            let limit = "must be a value in the set [1, 5, 10, 20, 30], or must be a multiple of 60.";
            return Err(invalid(format!("The parameter Period {limit}")));
        }
        let window = window.rounded(period);
        let count = (window.end - window.start) / period;
        if count > MOST {
            return Err(combination(format!(
                "You have requested up to {count} datapoints, which exceeds the limit of {MOST}. You may reduce the datapoints \
                 requested by increasing Period, or decreasing the time range."
            )));
        }
        let metric = metric(call.account(), &input.namespace, &input.metric_name, &input.dimensions);
        let units = periods(call.region.metrics(), &metric, window, period);
        let wanted = units.iter().filter(|(unit, _)| input.unit.as_ref().is_none_or(|wanted| wanted == *unit));
        let points =
            wanted.flat_map(|(unit, periods)| periods.iter().map(|(time, values)| point(*time, values, &statistics, unit)));
        Ok(json!({ "Label": input.metric_name, "Datapoints": points.collect::<Vec<_>>() }))
    }
}

fn statistics(input: &GetMetricStatistics) -> Result<Vec<Statistic>, AwsError> {
    match (input.statistics.is_empty(), input.extended_statistics.is_empty()) {
        (true, true) => Err(combination("Must specify either Statistics or ExtendedStatistics.")),
        (false, false) => {
            let message = "The parameters Statistics and ExtendedStatistics are mutually exclusive and you have specified both.";
            Err(combination(message))
        }
        (false, true) => {
            let read = |(name, number): (&String, usize)| {
                check_enum(Some(name), &format!("statistics.{number}.member"), &SIMPLE)?;
                Statistic::read_simple(name).ok_or_else(|| invalid(format!("{name} is no statistic.")))
            };
            input.statistics.iter().zip(1..).map(read).collect()
        }
        (true, false) => {
            let read = |(name, number): (&String, usize)| {
                let parameter = format!("ExtendedStatistics.member.{number}");
                let refused = || invalid(format!("The value {name} for parameter {parameter} is not supported."));
                Statistic::read_extended(name).ok_or_else(refused)
            };
            input.extended_statistics.iter().zip(1..).map(read).collect()
        }
    }
}

fn point(time: i64, values: &Distribution, statistics: &[Statistic], unit: &str) -> Value {
    let time = Timestamp::from_second(time).unwrap_or_default().to_string();
    let mut point = Map::from_iter([("Timestamp".to_owned(), time.into()), ("Unit".to_owned(), unit.into())]);
    let mut extended = Map::new();
    for statistic in statistics {
        let Some(value) = statistic.of(values) else { continue };
        let members = if statistic.is_extended() { &mut extended } else { &mut point };
        members.insert(statistic.name().to_owned(), value.into());
    }
    if !extended.is_empty() {
        point.insert("ExtendedStatistics".to_owned(), extended.into());
    }
    Value::Object(point)
}
