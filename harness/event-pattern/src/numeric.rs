//! Numbers in patterns.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-numeric-matching>

use serde_json::Value;

use crate::refusal::{Refusal, invalid};

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
    pub(super) fn parse(terms: &[Value]) -> Result<Self, Refusal> {
        let operator = match terms.first() {
            Some(Value::String(operator)) => operator.as_str(),
            Some(other) => return Err(invalid(format_args!("Invalid member in numeric match: {other}")).at(0)),
            None => return Err(invalid("Invalid member in numeric match: ]").at_end()),
        };
        let called = if operator == "=" { "equals" } else { operator };
        if !matches!(operator, "=" | ">" | ">=" | "<" | "<=") {
            let refusal = invalid(format_args!("Unrecognized numeric range operator: {operator}"));
            return Err(if terms.len() > 1 { refusal.at(1) } else { refusal.at_end() });
        }
        let value = number(terms, 1, called)?;
        let all = Self { bottom: -LIMIT, open_bottom: false, top: LIMIT, open_top: false };
        let mut range = match operator {
            "=" => Self { bottom: value, top: value, ..all },
            "<" => Self { top: value, open_top: true, ..all },
            "<=" => Self { top: value, ..all },
            _ => Self { bottom: value, open_bottom: operator == ">", ..all },
        };
        if operator.starts_with('>')
            && let Some(second) = terms.get(2)
        {
            let Value::String(second) = second else {
                return Err(invalid(format_args!("Bad value in numeric range: {second}")).at(2));
            };
            if !matches!(second.as_str(), "<" | "<=") {
                return Err(invalid(format_args!("Bad numeric range operator: {second}")).at_end().at(2));
            }
            range.top = number(terms, 3, second)?;
            range.open_top = second == "<";
            if terms.len() > 4 {
                return Err(invalid("Too many terms in numeric range expression").at(4));
            }
            if range.bottom >= range.top {
                return Err(invalid("Bottom must be less than top").at_end());
            }
            return Ok(range);
        }
        if terms.len() > 2 {
            return Err(invalid("Too many elements in numeric expression").at(2));
        }
        Ok(range)
    }

    pub(super) fn has(self, number: f64) -> bool {
        let above = if self.open_bottom { number > self.bottom } else { number >= self.bottom };
        let below = if self.open_top { number < self.top } else { number <= self.top };
        above && below
    }
}

fn number(terms: &[Value], index: usize, operator: &str) -> Result<f64, Refusal> {
    let no_number = || invalid(format_args!("Value of {operator} must be numeric"));
    let term = terms.get(index).ok_or_else(|| no_number().at_end())?;
    let number = term.as_f64().ok_or_else(|| no_number().at(index))?;
    if (-LIMIT..=LIMIT).contains(&number) {
        return Ok(number);
    }
    Err(invalid("Value must be between -5.0E9 and 5.0E9, inclusive").at(index))
}

/// Numbers are equal however they are spelled: 300, 300.0 and 3.0e2.
pub(super) fn equal(one: &Value, other: &Value) -> bool {
    matches!((one.as_f64(), other.as_f64()), (Some(one), Some(other)) if one == other && one.abs() <= LIMIT)
}
