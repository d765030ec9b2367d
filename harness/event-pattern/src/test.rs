//! What a field's value is compared with.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>

use ipnet::IpNet;
use nightproof_wildcard::Pattern;
use serde_json::{Map, Value};

use crate::network;
use crate::numeric::{self, Range};
use crate::refusal::{Refusal, invalid};
use crate::wildcard;

const ONE_KEY: &str = "Only one key allowed in match expression";
const NEITHER_LIST_NOR_VALUE: &str = "Value of anything-but must be an array or single string/number value.";

#[derive(Debug, Clone)]
pub(super) enum Test {
    /// A string, number, boolean or null.
    Equal(Value),
    Prefix(Text),
    Suffix(Text),
    /// In lower case.
    EqualsIgnoreCase(String),
    Wildcard(Pattern),
    Numeric(Range),
    Network(IpNet),
    Exists(bool),
    /// A value for which none of these holds.
    AnythingBut(Vec<Test>),
}

/// A text, in lower case if case is ignored.
#[derive(Debug, Clone)]
pub(super) struct Text {
    text: String,
    ignore_case: bool,
}

impl Test {
    pub(super) fn parse(item: &Value) -> Result<Self, Refusal> {
        let members = match item {
            Value::Array(_) => return Err(invalid("Match value must be String, number, true, false, or null")),
            Value::Object(members) => members,
            value => return Ok(Self::Equal(value.clone())),
        };
        let (name, operand) = only(members, "Match expression name not found")?;
        Self::operator(name, operand).map_err(|refusal| refusal.under(name))
    }

    fn operator(name: &str, operand: &Value) -> Result<Self, Refusal> {
        let text = |message: &str| operand.as_str().ok_or_else(|| invalid(message));
        match name {
            "exactly" => Ok(Self::Equal(text("exact match pattern must be a string")?.into())),
            "prefix" => Ok(Self::Prefix(Text::parse(operand, "prefix match pattern must be a string")?)),
            "suffix" => Ok(Self::Suffix(Text::parse(operand, "suffix match pattern must be a string")?)),
            "equals-ignore-case" => {
                Ok(Self::EqualsIgnoreCase(text("equals-ignore-case match pattern must be a string")?.to_lowercase()))
            }
            "wildcard" => Ok(Self::Wildcard(wildcard::parse(text("wildcard match pattern must be a string")?)?)),
            "numeric" => match operand {
                Value::Array(terms) => Ok(Self::Numeric(Range::parse(terms)?)),
                _ => Err(invalid("Value of numeric must be an array.")),
            },
            "cidr" => Ok(Self::Network(network::parse(text("prefix match pattern must be a string")?)?)),
            "exists" => match operand.as_bool() {
                Some(wanted) => Ok(Self::Exists(wanted)),
                None => Err(invalid("exists match pattern must be either true or false.")),
            },
            "anything-but" => anything_but(operand).map(Self::AnythingBut),
            _ => Err(invalid(format_args!("Unrecognized match type {name}"))),
        }
    }

    /// Whether it is for events without the field.
    pub(super) fn wants_absence(&self) -> bool {
        matches!(self, Self::Exists(false))
    }

    /// Whether it holds for a value of the field.
    pub(super) fn fits(&self, leaf: &Value) -> bool {
        let text = leaf.as_str();
        match self {
            Self::Equal(wanted) => wanted == leaf || numeric::equal(wanted, leaf),
            Self::Prefix(wanted) => text.is_some_and(|text| wanted.folded(text).starts_with(&wanted.text)),
            Self::Suffix(wanted) => text.is_some_and(|text| wanted.folded(text).ends_with(&wanted.text)),
            Self::EqualsIgnoreCase(wanted) => text.is_some_and(|text| text.to_lowercase() == *wanted),
            Self::Wildcard(wanted) => text.is_some_and(|text| wanted.matches(text)),
            Self::Numeric(range) => leaf.as_f64().is_some_and(|number| range.has(number)),
            Self::Network(block) => text.is_some_and(|text| network::contains(*block, text)),
            Self::Exists(wanted) => *wanted,
            Self::AnythingBut(unwanted) => !unwanted.iter().any(|test| test.fits(leaf)),
        }
    }
}

impl Text {
    /// A string, or `{"equals-ignore-case": string}`.
    fn parse(operand: &Value, message: &str) -> Result<Self, Refusal> {
        match operand {
            Value::String(text) => Ok(Self { text: text.clone(), ignore_case: false }),
            Value::Object(members) => match only(members, message)? {
                ("equals-ignore-case", Value::String(text)) => Ok(Self { text: text.to_lowercase(), ignore_case: true }),
                _ => Err(invalid(message)),
            },
            _ => Err(invalid(message)),
        }
    }

    fn folded<'a>(&self, text: &'a str) -> std::borrow::Cow<'a, str> {
        if self.ignore_case { text.to_lowercase().into() } else { text.into() }
    }
}

fn only<'a>(members: &'a Map<String, Value>, none: &str) -> Result<(&'a str, &'a Value), Refusal> {
    let mut entries = members.iter();
    match (entries.next(), entries.next()) {
        (Some((name, value)), None) => Ok((name, value)),
        (None, _) => Err(invalid(none).at_end()),
        (_, Some((second, _))) => Err(invalid(ONE_KEY).under(second)),
    }
}

/// A value, values of one kind, or one of the operators that can be turned around with a text or texts.
fn anything_but(operand: &Value) -> Result<Vec<Test>, Refusal> {
    let Value::Object(members) = operand else {
        let values = match operand {
            Value::Array(values) => values.as_slice(),
            Value::String(_) | Value::Number(_) => std::slice::from_ref(operand),
            _ => return Err(invalid(NEITHER_LIST_NOR_VALUE)),
        };
        if let Some(index) = values.iter().position(|value| !value.is_string() && !value.is_number()) {
            return Err(invalid("Inside anything but list, start|null|boolean is not supported.").at(index).told_twice());
        }
        let strings = values.iter().filter(|value| value.is_string()).count();
        if values.is_empty() || (strings != 0 && strings != values.len()) {
            let reason = "Inside anything but list, either all values are number or string, mixed type is not supported";
            return Err(invalid(reason).at_end());
        }
        return Ok(values.iter().cloned().map(Test::Equal).collect());
    };
    let (name, operand) = only(members, "Anything-But expression name not found")?;
    turned_around(name, operand).map_err(|refusal| refusal.under(name))
}

/// A text, or one of several, that must not be the operator's.
fn turned_around(name: &str, operand: &Value) -> Result<Vec<Test>, Refusal> {
    let no_text = match name {
        "prefix" | "suffix" => "prefix/suffix match pattern must be a string",
        "equals-ignore-case" => "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
        "wildcard" => "wildcard match pattern must be a string",
        _ => return Err(invalid(format_args!("Unsupported anything-but pattern: {name}"))),
    };
    let test = |text: &Value| match text {
        Value::String(text) if text.is_empty() && matches!(name, "prefix" | "suffix") => {
            Err(invalid("Null prefix/suffix not allowed").at_end())
        }
        Value::String(_) => Test::operator(name, text),
        _ => Err(invalid(no_text)),
    };
    match operand {
        Value::Object(_) => Err(invalid(NEITHER_LIST_NOR_VALUE)),
        Value::Array(texts) => {
            let tests = texts.iter().enumerate();
            tests.map(|(index, text)| test(text).map_err(|refusal| refusal.at(index).told_twice())).collect()
        }
        text => Ok(vec![test(text)?]),
    }
}
