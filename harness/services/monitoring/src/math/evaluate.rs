//! The value of an expression.

use std::collections::BTreeMap;

use nightproof_core::service::AwsError;

use super::expression::Expression;
use super::function::{self, call, constant};
use super::operator::Operator;
use super::value::{TimeSeries, Value};
use crate::error::{not_implemented, validation};
use crate::metric::Window;

/// What an expression may refer to.
pub(crate) struct Scope<'a> {
    /// The values of ids.
    pub(crate) values: &'a BTreeMap<String, Value>,
    /// The ids of metrics, which `METRICS()` returns, in the order of the request.
    pub(crate) metrics: &'a [String],
    pub(crate) window: Window,
    /// Seconds; of time series that are made of scalars.
    pub(crate) period: i64,
}

/// Why an expression has no value.
enum Failure {
    /// The expression is wrong: what AWS says of it.
    Wrong(String),
    /// A function that is not done here.
    Lacking(String),
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self::Wrong(reason)
    }
}

/// The value of the expression that has this id in a request.
pub(crate) fn evaluate(id: &str, expression: &Expression, scope: &Scope<'_>) -> Result<Value, AwsError> {
    scope.value(expression).map_err(|failure| match failure {
        Failure::Wrong(reason) => error_in(id, &reason),
        Failure::Lacking(name) => not_implemented(format!("the function {name} of metric math")),
    })
}

/// The refusal of an expression.
pub(crate) fn error_in(id: &str, reason: &str) -> AwsError {
    validation(format!("Error in expression '{id}' [{reason}]"))
}

impl Scope<'_> {
    fn value(&self, expression: &Expression) -> Result<Value, Failure> {
        match expression {
            Expression::Number(value) => Ok(Value::Scalar(*value)),
            Expression::Text(text) => Ok(Value::Text(text.clone())),
            Expression::Name(name) if name.starts_with(|first: char| first.is_ascii_uppercase()) => Ok(Value::Text(name.clone())),
            Expression::Name(id) => {
                self.values.get(id).cloned().ok_or_else(|| Failure::Wrong(format!("Unexpected identifier '{id}'")))
            }
            Expression::Negated(inner) => Ok(Operator::Multiply.apply(Value::Scalar(-1.0), self.value(inner)?)?),
            Expression::Binary(operator, left, right) => Ok(operator.apply(self.value(left)?, self.value(right)?)?),
            Expression::Array(items) => {
                let mut array = Vec::new();
                for item in items {
                    match self.value(item)? {
                        Value::Series(series) => array.push(series),
                        Value::Array(more) => array.extend(more),
                        Value::Scalar(_) | Value::Text(_) => return Err("Arrays are of time series".to_owned().into()),
                    }
                }
                Ok(Value::Array(array))
            }
            Expression::Call(name, arguments) => {
                if function::is_lacking(name) {
                    return Err(Failure::Lacking(name.clone()));
                }
                let arguments = arguments.iter().map(|argument| self.value(argument)).collect::<Result<Vec<_>, _>>()?;
                match (name.as_str(), arguments.as_slice()) {
                    ("METRICS", []) => Ok(Value::Array(self.metrics(""))),
                    ("METRICS", [Value::Text(text)]) => Ok(Value::Array(self.metrics(text))),
                    ("TIME_SERIES", [Value::Scalar(value)]) => Ok(Value::Series(constant(*value, self.period, self.window))),
                    ("METRICS" | "TIME_SERIES", _) => Err(format!("Invalid arguments for function '{name}'").into()),
                    _ => call(name, arguments, self.window)
                        .unwrap_or_else(|| Err(format!("Unsupported function '{name}'")))
                        .map_err(Failure::Wrong),
                }
            }
        }
    }

    /// The metrics whose ids contain a text.
    fn metrics(&self, text: &str) -> Vec<TimeSeries> {
        let found = self.metrics.iter().filter(|id| id.contains(text)).filter_map(|id| self.values.get(id));
        found.filter_map(|value| if let Value::Series(series) = value { Some(series.clone()) } else { None }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60;

    /// A time series in which `None` is a minute without a point.
    fn series(values: &[Option<f64>]) -> Value {
        let points = values.iter().zip(0..).filter_map(|(value, at)| Some((at * MINUTE, (*value)?))).collect();
        Value::Series(TimeSeries { label: String::new(), period: MINUTE, points })
    }

    fn shown(series: &TimeSeries) -> String {
        let value = |at: i64| series.points.get(&(at * MINUTE)).map_or("-".to_owned(), |value| format!("{value}"));
        (0..5).map(value).collect::<Vec<_>>().join(" ")
    }

    fn result(text: &str) -> String {
        let values = BTreeMap::from([
            ("m1".to_owned(), series(&[Some(30.0), Some(20.0), Some(0.0), Some(0.0), None])),
            ("m2".to_owned(), series(&[Some(20.0), None, Some(20.0), None, Some(5.0)])),
            ("c".to_owned(), series(&[Some(1.0), Some(1.0), Some(0.0), Some(0.0), None])),
            ("x".to_owned(), series(&[Some(30.0), None, Some(0.0), Some(0.0), Some(30.0)])),
            ("y".to_owned(), series(&[Some(0.0), Some(0.0), Some(20.0), None, Some(20.0)])),
            ("none".to_owned(), series(&[])),
        ]);
        let metrics = ["m1".to_owned(), "m2".to_owned()];
        let window = Window { start: 0, end: 5 * MINUTE };
        let scope = Scope { values: &values, metrics: &metrics, window, period: MINUTE };
        let read = Expression::read(text).map_err(|reason| error_in("e1", &reason));
        match read.and_then(|expression| evaluate("e1", &expression, &scope)) {
            Ok(Value::Scalar(value)) => format!("{value}"),
            Ok(Value::Series(series)) => shown(&series),
            Ok(Value::Array(array)) => array.iter().map(shown).collect::<Vec<_>>().join(" | "),
            Ok(Value::Text(text)) => text,
            Err(error) => format!("{}: {}", error.code, error.message),
        }
    }

    /// The examples of
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html>, and what follows from its tables.
    #[test]
    fn expressions_have_the_values_that_the_documentation_gives_them() {
        for (text, expected) in [
            ("1 + 2 * 3 ^ 2 - 8 / 4", "17"),
            ("-2^2", "-4"),
            ("1e3 + .5", "1000.5"),
            ("m1 < m2", "0 0 1 0 1"),
            ("m1 >= 30", "1 0 0 0 -"),
            ("m1 > 15 AND m2 > 15", "1 0 0 0 0"),
            ("m1 == 0 || m2 == 20", "1 0 1 1 0"),
            ("m1 + m2", "50 20 20 0 5"),
            ("m1 / m2", "1.5 - 0 - 0"),
            ("-m1 + 1", "-29 -19 1 1 -"),
            ("[m1, m2] / 10", "3 2 0 0 - | 2 - 2 - 0.5"),
            ("SUM(METRICS())", "50 20 20 0 5"),
            ("SUM(METRICS(\"2\"))", "20 - 20 - 5"),
            ("AVG([m1, m2])", "25 10 10 0 2.5"),
            ("MAX(METRICS())", "30 20 20 0 5"),
            ("MIN(m1)", "0"),
            ("AVG(m1)", "12.5"),
            ("SUM(m2) / DATAPOINT_COUNT(m2)", "15"),
            ("STDDEV([m1, m2])", "5 0 10 0 0"),
            ("m1 - AVG(m1)", "17.5 7.5 -12.5 -12.5 -"),
            ("DIFF(m2)", "- - 0 - -15"),
            ("RATE(m2)", "- - 0 - -0.125"),
            ("DIFF_TIME(m2)", "- - 120 - 120"),
            ("RUNNING_SUM(m1)", "30 50 50 50 -"),
            ("FILL(m2, 1)", "20 1 20 1 5"),
            ("FILL(m2, REPEAT)", "20 20 20 20 5"),
            ("FILL(m2, LINEAR)", "20 20 20 12.5 5"),
            ("FILL(m2, m1)", "20 20 20 0 5"),
            ("FILL(none, MAX(m1))", "30 30 30 30 30"),
            ("ABS(-m1)", "30 20 0 0 -"),
            ("CEIL(m1 / 7)", "5 3 0 0 -"),
            ("FLOOR(m1 / 7)", "4 2 0 0 -"),
            ("LOG10(m1 * 0 + 100)", "2 2 2 2 -"),
            ("PERIOD(m1)", "60"),
            ("TIME_SERIES(3)", "3 3 3 3 3"),
            ("METRIC_COUNT(METRICS())", "2"),
            ("FIRST(SORT(METRICS(), AVG, DESC))", "20 - 20 - 5"),
            ("LAST(SORT(METRICS(), SUM, DESC))", "20 - 20 - 5"),
            ("SORT(METRICS(), MAX, ASC, 1)", "20 - 20 - 5"),
            ("SLICE([m1, m2, c], 1, 2)", "20 - 20 - 5"),
            ("SLICE([m1, m2, c], 2)", "1 1 0 0 -"),
            ("REMOVE_EMPTY([m1, none])", "30 20 0 0 -"),
            ("MINUTE(m1)", "0 1 2 3 4"),
            ("DAY(m1) + YEAR(m1) - 1970", "4 4 4 4 4"),
            ("IF(c, x, y)", "30 0 20 - -"),
            ("IF(c, 5, y)", "5 5 20 - -"),
            ("IF(c, x, 5)", "30 0 5 5 -"),
            ("IF(m1 < 25, m1)", "- 20 0 0 -"),
            ("IF(MAX(m1) > 20, m2, m1)", "20 - 20 - 5"),
            ("IF(MAX(m1) > 50, m2)", "- - - - -"),
        ] {
            assert_eq!(result(text), expected, "{text}");
        }
    }

    #[test]
    fn expressions_that_are_wrong_are_refused_and_say_what_is() {
        for (text, expected) in [
            ("m1 +", "ValidationError: Error in expression 'e1' [Unexpected end of expression]"),
            ("m1 m2", "ValidationError: Error in expression 'e1' [Unexpected token 'm2']"),
            ("m1 # 2", "ValidationError: Error in expression 'e1' [Unexpected token '#']"),
            ("m9 * 2", "ValidationError: Error in expression 'e1' [Unexpected identifier 'm9']"),
            ("MEDIAN(m1)", "ValidationError: Error in expression 'e1' [Unsupported function 'MEDIAN']"),
            ("ABS(m1, m2)", "ValidationError: Error in expression 'e1' [Invalid arguments for function 'ABS']"),
            ("SORT(m1, AVG, ASC)", "ValidationError: Error in expression 'e1' [Invalid arguments for function 'SORT']"),
        ] {
            assert_eq!(result(text), expected, "{text}");
        }
        assert!(result("SEARCH('{AWS/EC2} CPU', 'Average')").starts_with("NotImplemented: monitoring: the function SEARCH"));
        assert!(result(&"(".repeat(5000)).contains("too complex"));
    }
}
