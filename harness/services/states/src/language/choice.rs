//! Rules of Choice states.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html>

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::diagnostic::Diagnostics;
use super::failure::Failure;
use super::path::{Path, PathError, Scope};

/// A condition.
#[derive(Debug, Clone)]
pub(crate) enum Rule {
    And(Vec<Rule>),
    Or(Vec<Rule>),
    Not(Box<Rule>),
    /// Whether the variable is of a kind, or is not.
    Is(Path, Is, bool),
    Compare(Path, Comparison, Operand),
}

/// What a variable may be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Is {
    Null,
    Present,
    Numeric,
    String,
    Boolean,
    Timestamp,
}

/// How a variable is compared.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Comparison {
    Boolean,
    /// With a pattern of `*`.
    Matches,
    Numeric(Order),
    String(Order),
    Timestamp(Order),
}

/// Which order of variable and operand holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Order {
    Equals,
    LessThan,
    GreaterThan,
    LessThanEquals,
    GreaterThanEquals,
}

impl Order {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equals => ordering.is_eq(),
            Self::LessThan => ordering.is_lt(),
            Self::GreaterThan => ordering.is_gt(),
            Self::LessThanEquals => ordering.is_le(),
            Self::GreaterThanEquals => ordering.is_ge(),
        }
    }
}

/// What a variable is compared with.
#[derive(Debug, Clone)]
pub(crate) enum Operand {
    Value(Value),
    Path(Path),
}

const CHECKS: [(&str, Is); 6] = [
    ("IsNull", Is::Null),
    ("IsPresent", Is::Present),
    ("IsNumeric", Is::Numeric),
    ("IsString", Is::String),
    ("IsBoolean", Is::Boolean),
    ("IsTimestamp", Is::Timestamp),
];
const ORDERS: [(&str, Order); 5] = [
    ("Equals", Order::Equals),
    ("LessThan", Order::LessThan),
    ("GreaterThan", Order::GreaterThan),
    ("LessThanEquals", Order::LessThanEquals),
    ("GreaterThanEquals", Order::GreaterThanEquals),
];

/// The comparison of an operator's name, and whether the operand is a path.
fn comparison(name: &str) -> Option<(Comparison, bool)> {
    let (plain, by_path) = name.strip_suffix("Path").map_or((name, false), |plain| (plain, true));
    let order = |rest: &str| ORDERS.iter().find(|(name, _)| *name == rest).map(|(_, order)| *order);
    let comparison = match plain {
        "BooleanEquals" => Comparison::Boolean,
        "StringMatches" if !by_path => Comparison::Matches,
        _ => {
            let numeric = || plain.strip_prefix("Numeric").and_then(order).map(Comparison::Numeric);
            let string = || plain.strip_prefix("String").and_then(order).map(Comparison::String);
            numeric().or_else(string).or_else(|| plain.strip_prefix("Timestamp").and_then(order).map(Comparison::Timestamp))?
        }
    };
    Some((comparison, by_path))
}

impl Comparison {
    /// Whether a value that stands in a definition is one to compare with.
    fn takes(self, operand: &Value) -> bool {
        match self {
            Self::Boolean => operand.is_boolean(),
            Self::Numeric(_) => operand.is_number(),
            Self::Matches | Self::String(_) => operand.is_string(),
            Self::Timestamp(_) => time(operand).is_some(),
        }
    }

    /// Whether it holds; never for values of another kind.
    fn holds(self, variable: &Value, operand: &Value) -> bool {
        match self {
            Self::Boolean => variable.is_boolean() && variable == operand,
            Self::Matches => match (variable.as_str(), operand.as_str()) {
                (Some(text), Some(pattern)) => matches(pattern, text),
                _ => false,
            },
            Self::Numeric(order) => {
                let ordering = variable.as_f64().zip(operand.as_f64()).and_then(|(one, other)| one.partial_cmp(&other));
                ordering.is_some_and(|ordering| order.holds(ordering))
            }
            Self::String(order) => {
                variable.as_str().zip(operand.as_str()).is_some_and(|(one, other)| order.holds(one.cmp(other)))
            }
            Self::Timestamp(order) => time(variable).zip(time(operand)).is_some_and(|(one, other)| order.holds(one.cmp(&other))),
        }
    }
}

/// `*` stands for any characters, but behind a backslash.
fn matches(pattern: &str, text: &str) -> bool {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => part.extend(characters.next()),
            '*' => parts.push(std::mem::take(&mut part)),
            other => part.push(other),
        }
    }
    let Some((first, middle)) = parts.split_first() else { return part == text };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
    for one in middle {
        let Some(at) = rest.find(one.as_str()) else { return false };
        rest = rest.get(at + one.len()..).unwrap_or_default();
    }
    rest.ends_with(&part)
}

/// A timestamp of the language: ISO 8601 with a capital `T`, and `Z` if there is no offset.
pub(crate) fn time(value: &Value) -> Option<Timestamp> {
    value.as_str().filter(|text| text.contains('T')).and_then(|text| text.parse().ok())
}

impl Rule {
    /// Reads a condition, and notes what is wrong with it.
    pub(crate) fn read(members: &Map<String, Value>, location: &str, found: &mut Diagnostics) -> Option<Self> {
        let several = |name: &str, found: &mut Diagnostics| -> Option<Vec<Self>> {
            let rules = members.get(name)?.as_array().filter(|rules| !rules.is_empty());
            let Some(rules) = rules else {
                found.schema(format!("The field '{name}' must be a non-empty list of rules"), location);
                return None;
            };
            Some(rules.iter().filter_map(Value::as_object).filter_map(|rule| Self::read(rule, location, found)).collect())
        };
        if let Some(rules) = several("And", found) {
            return Some(Self::And(rules));
        }
        if let Some(rules) = several("Or", found) {
            return Some(Self::Or(rules));
        }
        if let Some(rule) = members.get("Not").and_then(Value::as_object) {
            return Self::read(rule, location, found).map(|rule| Self::Not(Box::new(rule)));
        }
        if members.contains_key("And") || members.contains_key("Or") {
            return None;
        }
        if members.contains_key("Condition") {
            found.lacking(format!("a condition in JSONata at {location}"));
            return None;
        }
        let variable = path(members.get("Variable"), "Variable", location, found)?;
        let mut operators =
            members.iter().filter(|(name, _)| !matches!(name.as_str(), "Variable" | "Next" | "Comment" | "Assign"));
        let Some((name, operand)) = operators.next() else {
            found.schema("A Choice Rule must have exactly one comparison operator", location);
            return None;
        };
        if operators.next().is_some() {
            found.schema("A Choice Rule must have exactly one comparison operator", location);
            return None;
        }
        if let Some((_, is)) = CHECKS.iter().find(|(known, _)| known == name) {
            let Some(wanted) = operand.as_bool() else {
                found.schema(format!("The field '{name}' must be a boolean"), location);
                return None;
            };
            return Some(Self::Is(variable, *is, wanted));
        }
        let Some((comparison, by_path)) = comparison(name) else {
            found.schema(format!("The field '{name}' is not supported by Step Functions"), location);
            return None;
        };
        let operand = if by_path {
            Operand::Path(path(Some(operand), name, location, found)?)
        } else if comparison.takes(operand) {
            Operand::Value(operand.clone())
        } else {
            found.schema(format!("The value for the field '{name}' is of the wrong type"), location);
            return None;
        };
        Some(Self::Compare(variable, comparison, operand))
    }

    /// Whether it holds.
    pub(crate) fn holds(&self, scope: Scope<'_>) -> Result<bool, Failure> {
        let value = |path: &Path| {
            path.select(scope).ok_or_else(|| {
                let path = path.text();
                Failure::runtime(format!("Invalid path '{path}': The choice state's condition path references an invalid value."))
            })
        };
        Ok(match self {
            Self::And(rules) => {
                for rule in rules {
                    if !rule.holds(scope)? {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Or(rules) => {
                for rule in rules {
                    if rule.holds(scope)? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::Not(rule) => !rule.holds(scope)?,
            Self::Is(path, Is::Present, wanted) => path.select(scope).is_some() == *wanted,
            Self::Is(path, is, wanted) => {
                let value = value(path)?;
                let holds = match is {
                    Is::Null => value.is_null(),
                    Is::Present => true,
                    Is::Numeric => value.is_number(),
                    Is::String => value.is_string(),
                    Is::Boolean => value.is_boolean(),
                    Is::Timestamp => time(&value).is_some(),
                };
                holds == *wanted
            }
            Self::Compare(path, comparison, operand) => {
                let variable = value(path)?;
                match operand {
                    Operand::Value(operand) => comparison.holds(&variable, operand),
                    Operand::Path(path) => comparison.holds(&variable, &value(path)?),
                }
            }
        })
    }
}

/// The path of a field, which is required.
fn path(given: Option<&Value>, name: &str, location: &str, found: &mut Diagnostics) -> Option<Path> {
    match given.and_then(Value::as_str).ok_or(PathError::Invalid).and_then(Path::parse) {
        Ok(path) => Some(path),
        Err(PathError::Lacking) => {
            found.lacking(format!("the path {} at {location}", given.unwrap_or(&Value::Null)));
            None
        }
        Err(PathError::Invalid) => {
            found.schema(format!("The value for the field '{name}' must be a valid JSONPath"), location);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(rule: Value) -> Result<bool, Failure> {
        let input =
            json!({"s": "Success", "n": 3, "b": true, "t": "2026-11-24T03:00:00Z", "z": null, "m": "2026-11-24T04:00:00+02:00"});
        let mut found = Diagnostics::default();
        let read = Rule::read(rule.as_object().unwrap(), "/States/C", &mut found);
        read.unwrap_or_else(|| panic!("{}", found.message())).holds(Scope { input: &input, context: &json!({}) })
    }

    #[test]
    fn a_variable_is_compared_in_its_kind() {
        for (rule, expected) in [
            (json!({"Variable": "$.s", "StringEquals": "Success"}), true),
            (json!({"Variable": "$.s", "StringEquals": "success"}), false),
            (json!({"Variable": "$.s", "StringMatches": "S*ss"}), true),
            (json!({"Variable": "$.s", "StringMatches": "S*x"}), false),
            (json!({"Variable": "$.s", "StringGreaterThan": "Fail"}), true),
            (json!({"Variable": "$.n", "NumericEquals": 3.0}), true),
            (json!({"Variable": "$.n", "NumericLessThanEquals": 2}), false),
            (json!({"Variable": "$.s", "NumericEquals": 3}), false),
            (json!({"Variable": "$.b", "BooleanEquals": true}), true),
            (json!({"Variable": "$.t", "TimestampGreaterThanPath": "$.m"}), true),
            (json!({"Variable": "$.z", "IsNull": true}), true),
            (json!({"Variable": "$.x", "IsPresent": false}), true),
            (json!({"Variable": "$.t", "IsTimestamp": true}), true),
            (json!({"Variable": "$.s", "IsTimestamp": true}), false),
            (json!({"Not": {"Variable": "$.b", "BooleanEquals": true}}), false),
            (json!({"And": [{"Variable": "$.n", "NumericGreaterThan": 1}, {"Variable": "$.n", "NumericLessThan": 3}]}), false),
            (json!({"Or": [{"Variable": "$.n", "NumericGreaterThan": 9}, {"Variable": "$.n", "IsNumeric": true}]}), true),
        ] {
            assert_eq!(holds(rule.clone()), Ok(expected), "{rule}");
        }
    }

    #[test]
    fn a_variable_that_is_not_there_fails_the_state() {
        let failure = holds(json!({"Variable": "$.none", "StringEquals": "x"})).unwrap_err();
        assert_eq!(failure.error, "States.Runtime");
        assert!(failure.cause.starts_with("Invalid path '$.none'"), "{failure:?}");
    }

    #[test]
    fn a_rule_that_is_none_is_noted() {
        for bad in [
            json!({"Variable": "$.a"}),
            json!({"Variable": "$.a", "StringEqual": "x"}),
            json!({"Variable": "$.a", "StringEquals": 1}),
            json!({"Variable": "a", "StringEquals": "x"}),
            json!({"Variable": "$.a", "StringEquals": "x", "IsNull": true}),
            json!({"And": []}),
        ] {
            let mut found = Diagnostics::default();
            assert!(Rule::read(bad.as_object().unwrap(), "/States/C", &mut found).is_none(), "{bad}");
            assert!(found.message().starts_with("SCHEMA_VALIDATION_FAILED: "), "{bad}");
        }
    }
}
