//! Operators between scalars, time series and arrays of them.

use super::value::{TimeSeries, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    LessOrEqual,
    GreaterOrEqual,
    Less,
    Greater,
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

impl Operator {
    /// An operator by its sign or its word.
    pub(super) fn read(sign: &str) -> Option<Self> {
        Some(match sign {
            "OR" | "||" => Self::Or,
            "AND" | "&&" => Self::And,
            "==" => Self::Equal,
            "!=" => Self::NotEqual,
            "<=" => Self::LessOrEqual,
            ">=" => Self::GreaterOrEqual,
            "<" => Self::Less,
            ">" => Self::Greater,
            "+" => Self::Add,
            "-" => Self::Subtract,
            "*" => Self::Multiply,
            "/" => Self::Divide,
            "^" => Self::Power,
            _ => return None,
        })
    }

    /// How tightly it binds.
    pub(super) fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Equal | Self::NotEqual | Self::LessOrEqual | Self::GreaterOrEqual | Self::Less | Self::Greater => 3,
            Self::Add | Self::Subtract => 4,
            Self::Multiply | Self::Divide => 5,
            Self::Power => 7,
        }
    }

    /// Of two numbers; `None` if there is no result, as of a division by zero.
    #[expect(clippy::float_cmp, reason = "that is what the operators of the language do")]
    fn of(self, left: f64, right: f64) -> Option<f64> {
        let flag = |is: bool| f64::from(u8::from(is));
        let value = match self {
            Self::Or => flag(left != 0.0 || right != 0.0),
            Self::And => flag(left != 0.0 && right != 0.0),
            Self::Equal => flag(left == right),
            Self::NotEqual => flag(left != right),
            Self::LessOrEqual => flag(left <= right),
            Self::GreaterOrEqual => flag(left >= right),
            Self::Less => flag(left < right),
            Self::Greater => flag(left > right),
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
            Self::Power => left.powf(right),
        };
        value.is_finite().then_some(value)
    }

    /// Of two values: a scalar goes with each point, and a time series with each one of an array. In a pair of time series a point that one
    /// lacks counts as 0.
    pub(super) fn apply(self, left: Value, right: Value) -> Result<Value, String> {
        let scalar = |value: f64, series: TimeSeries, flipped: bool| {
            series.map(|point| if flipped { self.of(point, value) } else { self.of(value, point) })
        };
        Ok(match (left, right) {
            (Value::Scalar(left), Value::Scalar(right)) => Value::Scalar(self.of(left, right).ok_or("A scalar has no value")?),
            (Value::Scalar(left), Value::Series(right)) => Value::Series(scalar(left, right, false)),
            (Value::Series(left), Value::Scalar(right)) => Value::Series(scalar(right, left, true)),
            (Value::Series(left), Value::Series(right)) => Value::Series(self.pair(left, &right)),
            (Value::Array(left), Value::Scalar(right)) => {
                Value::Array(left.into_iter().map(|one| scalar(right, one, true)).collect())
            }
            (Value::Scalar(left), Value::Array(right)) => {
                Value::Array(right.into_iter().map(|one| scalar(left, one, false)).collect())
            }
            (Value::Array(left), Value::Series(right)) => {
                Value::Array(left.into_iter().map(|one| self.pair(one, &right)).collect())
            }
            (Value::Series(left), Value::Array(right)) => {
                let named = |one: TimeSeries| TimeSeries { label: one.label.clone(), ..self.pair(left.clone(), &one) };
                Value::Array(right.into_iter().map(named).collect())
            }
            (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
                Value::Array(left.into_iter().zip(&right).map(|(one, other)| self.pair(one, other)).collect())
            }
            (Value::Array(_), Value::Array(_)) => return Err("Arrays must have the same size".to_owned()),
            (Value::Text(text), _) | (_, Value::Text(text)) => return Err(format!("Unexpected token '{text}'")),
        })
    }

    fn pair(self, left: TimeSeries, right: &TimeSeries) -> TimeSeries {
        let times: Vec<i64> = left.points.keys().chain(right.points.keys()).copied().collect();
        let at = |series: &TimeSeries, time: i64| series.points.get(&time).copied().unwrap_or(0.0);
        let points = times.into_iter().filter_map(|time| Some((time, self.of(at(&left, time), at(right, time))?))).collect();
        TimeSeries { points, ..left }
    }
}
