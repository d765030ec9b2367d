//! Numbers in patterns.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-numeric-matching>

use nightproof_core::service::AwsError;
use serde_json::Value;

use super::invalid;

/// Numbers are compared between minus this and this.
const LIMIT: f64 = 5e9;

/// A range of numbers; each end may be open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    bottom: f64,
    open_bottom: bool,
    top: f64,
    open_top: bool,
}

impl Range {
    /// `["=", 5]`, `[">", 0]`, `[">=", 0, "<", 5]`.
    pub(super) fn parse(terms: &[Value]) -> Result<Self, AwsError> {
        let mut terms = terms.iter();
        let operator = match terms.next() {
            Some(Value::String(operator)) => operator.as_str(),
            other => {
                let shown = other.map(Value::to_string).unwrap_or_else(|| "]".to_owned());
                return Err(invalid(format_args!("Invalid member in numeric match: {shown}")));
            }
        };
        let called = if operator == "=" { "equals" } else { operator };
        if !matches!(operator, "=" | ">" | ">=" | "<" | "<=") {
            return Err(invalid(format_args!("Unrecognized numeric range operator: {operator}")));
        }
        let value = number(terms.next(), called)?;
        let all = Self { bottom: -LIMIT, open_bottom: false, top: LIMIT, open_top: false };
        let mut range = match operator {
            "=" => Self { bottom: value, top: value, ..all },
            "<" => Self { top: value, open_top: true, ..all },
            "<=" => Self { top: value, ..all },
            _ => Self { bottom: value, open_bottom: operator == ">", ..all },
        };
        if operator.starts_with('>')
            && let Some(second) = terms.next()
        {
            let Value::String(second) = second else {
                return Err(invalid(format_args!("Bad value in numeric range: {second}")));
            };
            if !matches!(second.as_str(), "<" | "<=") {
                return Err(invalid(format_args!("Bad numeric range operator: {second}")));
            }
            range.top = number(terms.next(), second)?;
            range.open_top = second == "<";
            if range.bottom >= range.top {
                return Err(invalid("Bottom must be less than top"));
            }
            if terms.next().is_some() {
                return Err(invalid("Too many terms in numeric range expression"));
            }
        }
        if terms.next().is_some() {
            return Err(invalid("Too many elements in numeric expression"));
        }
        Ok(range)
    }

    pub(super) fn has(self, number: f64) -> bool {
        let above = if self.open_bottom { number > self.bottom } else { number >= self.bottom };
        let below = if self.open_top { number < self.top } else { number <= self.top };
        above && below
    }
}

fn number(term: Option<&Value>, operator: &str) -> Result<f64, AwsError> {
    let number = term.and_then(Value::as_f64).ok_or_else(|| invalid(format_args!("Value of {operator} must be numeric")))?;
    if (-LIMIT..=LIMIT).contains(&number) {
        return Ok(number);
    }
    Err(invalid("Value must be between -5.0E9 and 5.0E9, inclusive"))
}

/// Numbers are equal however they are spelled: 300, 300.0 and 3.0e2.
pub(super) fn equal(one: &Value, other: &Value) -> bool {
    matches!((one.as_f64(), other.as_f64()), (Some(one), Some(other)) if one == other && one.abs() <= LIMIT)
}
