//! Functions by their names.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::value::{TimeSeries, Value};
use crate::metric::Window;

/// Functions of AWS's that are not done here.
const LACKING: [&str; 6] =
    ["ANOMALY_DETECTION_BAND", "DB_PERF_INSIGHTS", "INSIGHT_RULE_METRIC", "LAMBDA", "SEARCH", "SERVICE_QUOTA"];

/// Whether AWS has a function that is not done here.
pub(super) fn is_lacking(name: &str) -> bool {
    LACKING.contains(&name)
}

/// Calls a function; `None` if there is none of that name.
pub(super) fn call(name: &str, arguments: Vec<Value>, window: Window) -> Option<Result<Value, String>> {
    let mut arguments = Arguments { name: name.to_owned(), rest: arguments.into_iter() };
    let result = match name {
        "ABS" => arguments.each(|series| series.map(|value| Some(value.abs()))),
        "CEIL" => arguments.each(|series| series.map(|value| Some(value.ceil()))),
        "FLOOR" => arguments.each(|series| series.map(|value| Some(value.floor()))),
        "LOG" => arguments.each(|series| series.map(|value| Some(value.ln()).filter(|value| value.is_finite()))),
        "LOG10" => arguments.each(|series| series.map(|value| Some(value.log10()).filter(|value| value.is_finite()))),
        "DIFF" => arguments.each(|series| series.steps(|before, after| after.1 - before.1)),
        "DIFF_TIME" => arguments.each(|series| series.steps(|before, after| seconds(after.0 - before.0))),
        "RATE" => arguments.each(|series| series.steps(|before, after| (after.1 - before.1) / seconds(after.0 - before.0))),
        "RUNNING_SUM" => arguments.each(running_sum),
        "MINUTE" | "HOUR" | "DAY" | "DATE" | "MONTH" | "YEAR" | "EPOCH" => {
            arguments.each(|series| on_grid(series, window, |time| part_of_time(name, time)))
        }
        "AVG" | "DATAPOINT_COUNT" | "MAX" | "MIN" | "STDDEV" | "SUM" => arguments.summary(),
        "FILL" => arguments.fill(window),
        "FIRST" => arguments.array().and_then(|array| one_of_array(array.into_iter().next())),
        "LAST" => arguments.array().and_then(|array| one_of_array(array.into_iter().next_back())),
        "IF" => arguments.choose(),
        "METRIC_COUNT" => arguments.array().map(|array| Value::Scalar(count(array.len()))),
        "PERIOD" => arguments.series().map(|series| Value::Scalar(seconds(series.period))),
        "REMOVE_EMPTY" => {
            arguments.array().map(|array| Value::Array(array.into_iter().filter(|one| !one.points.is_empty()).collect()))
        }
        "SLICE" => arguments.slice(),
        "SORT" => arguments.sort(),
        _ => return None,
    };
    Some(result.and_then(|value| arguments.rest.next().map_or(Ok(value), |_| Err(arguments.wrong()))))
}

/// A time series of a scalar at each period of the window.
pub(super) fn constant(value: f64, period: i64, window: Window) -> TimeSeries {
    TimeSeries { label: String::new(), period, points: window.rounded(period).begins(period).map(|time| (time, value)).collect() }
}

struct Arguments {
    name: String,
    rest: std::vec::IntoIter<Value>,
}

impl Arguments {
    fn wrong(&self) -> String {
        format!("Invalid arguments for function '{}'", self.name)
    }

    fn next(&mut self) -> Result<Value, String> {
        self.rest.next().ok_or_else(|| self.wrong())
    }

    /// A function of a time series, or of each one of an array.
    fn each(&mut self, function: impl Fn(TimeSeries) -> TimeSeries) -> Result<Value, String> {
        match self.next()? {
            Value::Series(series) => Ok(Value::Series(function(series))),
            Value::Array(array) => Ok(Value::Array(array.into_iter().map(function).collect())),
            Value::Scalar(_) | Value::Text(_) => Err(self.wrong()),
        }
    }

    fn array(&mut self) -> Result<Vec<TimeSeries>, String> {
        match self.next()? {
            Value::Array(array) => Ok(array),
            Value::Series(_) | Value::Scalar(_) | Value::Text(_) => Err(self.wrong()),
        }
    }

    fn series(&mut self) -> Result<TimeSeries, String> {
        match self.next()? {
            Value::Series(series) => Ok(series),
            Value::Array(_) | Value::Scalar(_) | Value::Text(_) => Err(self.wrong()),
        }
    }

    fn text(&mut self) -> Result<String, String> {
        match self.next()? {
            Value::Text(text) => Ok(text),
            Value::Series(_) | Value::Array(_) | Value::Scalar(_) => Err(self.wrong()),
        }
    }

    fn scalar(&mut self) -> Result<f64, String> {
        match self.next()? {
            Value::Scalar(value) => Ok(value),
            Value::Series(_) | Value::Array(_) | Value::Text(_) => Err(self.wrong()),
        }
    }

    /// A number of places in an array.
    fn places(&mut self) -> Result<usize, String> {
        let value = self.scalar()?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a negative number is refused, a large one is all"
        )]
        if value >= 0.0 { Ok(value as usize) } else { Err(self.wrong()) }
    }

    /// Of one time series its points' statistic, a scalar; of an array the time series of the statistic at each time.
    fn summary(&mut self) -> Result<Value, String> {
        let name = self.name.clone();
        match self.next()? {
            Value::Series(series) => {
                let values: Vec<f64> = series.values().collect();
                Ok(Value::Scalar(summarized(&name, &values, values.len()).unwrap_or(0.0)))
            }
            Value::Array(array) => {
                let times: BTreeSet<i64> = array.iter().flat_map(|series| series.points.keys().copied()).collect();
                let at = |time: i64| {
                    let values: Vec<f64> = array.iter().filter_map(|series| series.points.get(&time).copied()).collect();
                    Some((time, summarized(&name, &values, array.len())?))
                };
                let period = array.iter().map(|series| series.period).min().unwrap_or(60);
                let points = times.into_iter().filter_map(at).collect();
                Ok(Value::Series(TimeSeries { label: String::new(), period, points }))
            }
            Value::Scalar(_) | Value::Text(_) => Err(self.wrong()),
        }
    }

    /// `FILL(m1, 0)`, `FILL(METRICS(), LINEAR)`
    fn fill(&mut self, window: Window) -> Result<Value, String> {
        let (filled, filler) = (self.next()?, self.next()?);
        let fill = |series: TimeSeries| -> Result<TimeSeries, String> {
            let grid: Vec<i64> = window.rounded(series.period).begins(series.period).collect();
            let mut points = series.points.clone();
            for time in grid {
                let value = match &filler {
                    Value::Scalar(value) => Some(*value),
                    Value::Series(other) => other.points.get(&time).copied(),
                    Value::Text(word) if word == "REPEAT" => series.points.range(..time).next_back().map(|(_, value)| *value),
                    Value::Text(word) if word == "LINEAR" => between(&series.points, time),
                    Value::Text(_) | Value::Array(_) => return Err(self.wrong()),
                };
                if let Some(value) = value {
                    points.entry(time).or_insert(value);
                }
            }
            Ok(TimeSeries { points, ..series })
        };
        match filled {
            Value::Series(series) => fill(series).map(Value::Series),
            Value::Array(array) => array.into_iter().map(fill).collect::<Result<_, _>>().map(Value::Array),
            Value::Scalar(_) | Value::Text(_) => Err(self.wrong()),
        }
    }

    /// `IF(condition, trueValue, falseValue)`: a point that the true value lacks is 0, one that the false value lacks is none.
    fn choose(&mut self) -> Result<Value, String> {
        let (condition, yes, no) = (self.next()?, self.next()?, self.rest.next());
        let at = |value: &Value, time: i64| match value {
            Value::Scalar(value) => Ok(Some(*value)),
            Value::Series(series) => Ok(series.points.get(&time).copied()),
            Value::Array(_) | Value::Text(_) => Err(self.wrong()),
        };
        match condition {
            Value::Series(condition) => {
                let mut points = BTreeMap::new();
                for (time, holds) in &condition.points {
                    let value = match (*holds != 0.0, &no) {
                        (true, _) => Some(at(&yes, *time)?.unwrap_or(0.0)),
                        (false, Some(no)) => at(no, *time)?,
                        (false, None) => None,
                    };
                    points.extend(value.map(|value| (*time, value)));
                }
                Ok(Value::Series(TimeSeries { points, ..condition }))
            }
            Value::Scalar(condition) => match if condition != 0.0 { Some(yes) } else { no } {
                Some(chosen @ (Value::Scalar(_) | Value::Series(_))) => Ok(chosen),
                Some(Value::Array(_) | Value::Text(_)) => Err(self.wrong()),
                None => Ok(Value::Series(TimeSeries { label: String::new(), period: 60, points: BTreeMap::new() })),
            },
            Value::Array(_) | Value::Text(_) => Err(self.wrong()),
        }
    }

    /// `SLICE(array, start)`, `SLICE(array, start, end)`
    fn slice(&mut self) -> Result<Value, String> {
        let (array, start) = (self.array()?, self.places()?);
        let end = if self.rest.len() > 0 { self.places()? } else { usize::MAX };
        Ok(Value::Array(array.into_iter().take(end).skip(start).collect()))
    }

    /// `SORT(array, AVG, DESC, limit)`
    fn sort(&mut self) -> Result<Value, String> {
        let (mut array, function, order) = (self.array()?, self.text()?, self.text()?);
        let limit = if self.rest.len() > 0 { self.places()? } else { usize::MAX };
        if !["AVG", "MIN", "MAX", "SUM"].contains(&function.as_str()) || !["ASC", "DESC"].contains(&order.as_str()) {
            return Err(self.wrong());
        }
        let by = |series: &TimeSeries| {
            let values: Vec<f64> = series.values().collect();
            summarized(&function, &values, values.len()).unwrap_or(f64::NEG_INFINITY)
        };
        array.sort_by(|one, other| by(one).total_cmp(&by(other)));
        if order == "DESC" {
            array.reverse();
        }
        array.truncate(limit);
        Ok(Value::Array(array))
    }
}

fn one_of_array(found: Option<TimeSeries>) -> Result<Value, String> {
    found.map(Value::Series).ok_or_else(|| "The array is empty".to_owned())
}

/// A statistic of values, of which `of` could have been there; `None` if it has no value.
fn summarized(name: &str, values: &[f64], of: usize) -> Option<f64> {
    let sum: f64 = values.iter().sum();
    let some = |value: f64| (!values.is_empty()).then_some(value);
    match name {
        "SUM" => Some(sum),
        "DATAPOINT_COUNT" => Some(count(values.len())),
        // Missing values are treated as 0.
        "AVG" => some(sum / count(of)),
        "MIN" => some(values.iter().copied().fold(f64::INFINITY, f64::min)),
        "MAX" => some(values.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
        "STDDEV" => {
            let mean = sum / count(values.len());
            let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            some((squares / count(values.len())).sqrt())
        }
        _ => None,
    }
}

fn running_sum(series: TimeSeries) -> TimeSeries {
    let mut sum = 0.0;
    let mut add = |value: f64| {
        sum += value;
        sum
    };
    let points = series.points.iter().map(|(time, value)| (*time, add(*value))).collect();
    TimeSeries { points, ..series }
}

fn on_grid(series: TimeSeries, window: Window, value: impl Fn(i64) -> f64) -> TimeSeries {
    let points = window.rounded(series.period).begins(series.period).map(|time| (time, value(time))).collect();
    TimeSeries { points, ..series }
}

/// In UTC. Monday is 1.
fn part_of_time(name: &str, time: i64) -> f64 {
    let at = Timestamp::from_second(time).unwrap_or_default().to_zoned(TimeZone::UTC);
    match name {
        "MINUTE" => f64::from(at.minute()),
        "HOUR" => f64::from(at.hour()),
        "DAY" => f64::from(at.weekday().to_monday_one_offset()),
        "DATE" => f64::from(at.day()),
        "MONTH" => f64::from(at.month()),
        "YEAR" => f64::from(at.year()),
        _ => seconds(time),
    }
}

/// On the line between the points before and after.
fn between(points: &BTreeMap<i64, f64>, time: i64) -> Option<f64> {
    let (before, after) = (points.range(..time).next_back()?, points.range(time..).next()?);
    let share = seconds(time - before.0) / seconds(after.0 - before.0);
    Some(before.1 + share * (after.1 - before.1))
}

#[expect(clippy::cast_precision_loss, reason = "spans of time and numbers of points are small")]
fn seconds(span: i64) -> f64 {
    span as f64
}

#[expect(clippy::cast_precision_loss, reason = "spans of time and numbers of points are small")]
fn count(number: usize) -> f64 {
    number as f64
}
