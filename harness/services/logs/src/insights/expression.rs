//! Expressions over the fields of an event.

use regex::Regex;

use super::event::Event;
use crate::comparison_operator::ComparisonOperator;

#[derive(Debug, Clone)]
pub(super) enum Expression {
    Field(String),
    Number(f64),
    Text(String),
    Not(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Compare(ComparisonOperator, Box<Expression>, Box<Expression>),
    Like(Box<Expression>, Regex),
    In(Box<Expression>, Vec<Expression>),
    Arithmetic(char, Box<Expression>, Box<Expression>),
    Call(Function, Vec<Expression>),
    /// The begin of the span of time that an event is in: milliseconds.
    Bin(i64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Abs,
    Ceil,
    Coalesce,
    Concat,
    Floor,
    IsBlank,
    IsEmpty,
    IsPresent,
    Lower,
    StrLen,
    Trim,
    Upper,
}

impl Function {
    pub(super) fn read(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "abs" => Self::Abs,
            "ceil" => Self::Ceil,
            "coalesce" => Self::Coalesce,
            "concat" => Self::Concat,
            "floor" => Self::Floor,
            "isblank" => Self::IsBlank,
            "isempty" => Self::IsEmpty,
            "ispresent" => Self::IsPresent,
            "tolower" | "lower" => Self::Lower,
            "strlen" => Self::StrLen,
            "trim" => Self::Trim,
            "toupper" | "upper" => Self::Upper,
            _ => return None,
        })
    }
}

impl Expression {
    /// Its text; `None` if a field that it takes is not there.
    pub(super) fn text(&self, event: &Event) -> Option<String> {
        let flag = |is: bool| Some(if is { "1" } else { "0" }.to_owned());
        match self {
            Self::Field(name) => event.get(name).map(str::to_owned),
            Self::Number(value) => Some(number_text(*value)),
            Self::Text(text) => Some(text.clone()),
            Self::Not(_) | Self::And(..) | Self::Or(..) | Self::Compare(..) | Self::Like(..) | Self::In(..) => {
                flag(self.holds(event))
            }
            Self::Arithmetic(operator, left, right) => {
                let (left, right) = (left.number(event)?, right.number(event)?);
                let value = match operator {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    '/' => left / right,
                    '%' => left % right,
                    _ => left.powf(right),
                };
                value.is_finite().then(|| number_text(value))
            }
            Self::Call(function, arguments) => call(*function, arguments, event),
            Self::Bin(span) => {
                let begin = event.time - event.time.rem_euclid(*span);
                let begin = jiff::Timestamp::from_millisecond(begin).unwrap_or_default();
                Some(begin.strftime("%Y-%m-%d %H:%M:%S.%3f").to_string())
            }
        }
    }

    pub(super) fn number(&self, event: &Event) -> Option<f64> {
        self.text(event)?.trim().parse().ok()
    }

    /// Whether it is true of an event.
    pub(super) fn holds(&self, event: &Event) -> bool {
        match self {
            Self::Not(inner) => !inner.holds(event),
            Self::And(one, other) => one.holds(event) && other.holds(event),
            Self::Or(one, other) => one.holds(event) || other.holds(event),
            Self::Compare(operator, left, right) => compare(*operator, left, right, event),
            Self::Like(inner, regex) => inner.text(event).is_some_and(|text| regex.is_match(&text)),
            Self::In(inner, list) => list.iter().any(|one| compare(ComparisonOperator::Equal, inner, one, event)),
            Self::Field(_) | Self::Number(_) | Self::Text(_) | Self::Arithmetic(..) | Self::Call(..) | Self::Bin(_) => {
                self.text(event).is_some_and(|text| !matches!(text.as_str(), "" | "0" | "false"))
            }
        }
    }
}

/// As numbers if both are, else as texts. What is not there is not equal to anything.
fn compare(operator: ComparisonOperator, left: &Expression, right: &Expression, event: &Event) -> bool {
    let (Some(left), Some(right)) = (left.text(event), right.text(event)) else {
        return operator == ComparisonOperator::NotEqual;
    };
    match (left.parse::<f64>(), right.parse::<f64>()) {
        (Ok(left), Ok(right)) => operator.holds(&left, &right),
        _ => operator.holds(&left, &right),
    }
}

fn call(function: Function, arguments: &[Expression], event: &Event) -> Option<String> {
    let flag = |is: bool| Some(if is { "1" } else { "0" }.to_owned());
    let first = || arguments.first().and_then(|argument| argument.text(event));
    let number = |of: fn(f64) -> f64| first()?.parse().ok().map(|value: f64| number_text(of(value)));
    match function {
        Function::Abs => number(f64::abs),
        Function::Ceil => number(f64::ceil),
        Function::Floor => number(f64::floor),
        Function::Coalesce => arguments.iter().find_map(|argument| argument.text(event)),
        Function::Concat => Some(arguments.iter().filter_map(|argument| argument.text(event)).collect()),
        Function::IsPresent => flag(first().is_some()),
        Function::IsEmpty => flag(first().is_none_or(|text| text.is_empty())),
        Function::IsBlank => flag(first().is_none_or(|text| text.trim().is_empty())),
        Function::Lower => first().map(|text| text.to_lowercase()),
        Function::Upper => first().map(|text| text.to_uppercase()),
        Function::Trim => first().map(|text| text.trim().to_owned()),
        Function::StrLen => first().map(|text| text.chars().count().to_string()),
    }
}

/// A number as results have it: without a fraction if it is whole.
pub(super) fn number_text(value: f64) -> String {
    format!("{value}")
}
