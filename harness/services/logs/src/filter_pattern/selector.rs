//! Selectors of members in JSON: `$.requests[0].status`, `$.['a.b']`, `$.list[*]`.

use nightproof_core::service::AwsError;
use serde_json::Value;

use crate::error::invalid;

/// A selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selector {
    written: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Element(usize),
    EachElement,
}

impl Selector {
    pub(super) fn read(text: &str) -> Result<Self, AwsError> {
        let wrong = || invalid(format!("Invalid selector '{text}' in filter pattern"));
        let mut rest = text.strip_prefix('$').ok_or_else(wrong)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('[').or_else(|| rest.strip_prefix(".[")) {
                let (inside, after) = inner.split_once(']').ok_or_else(wrong)?;
                let quoted = ['\'', '"'].into_iter().find_map(|quote| inside.strip_prefix(quote)?.strip_suffix(quote));
                steps.push(match (inside, quoted) {
                    ("*", _) => Step::EachElement,
                    (_, Some(name)) => Step::Member(name.to_owned()),
                    (number, None) => Step::Element(number.parse().map_err(|_| wrong())?),
                });
                rest = after;
                continue;
            }
            let name = rest.strip_prefix('.').ok_or_else(wrong)?;
            let (name, after) = name.split_at(name.find(['.', '[']).unwrap_or(name.len()));
            if name.is_empty() {
                return Err(wrong());
            }
            steps.push(Step::Member(name.to_owned()));
            rest = after;
        }
        if steps.is_empty() { Err(wrong()) } else { Ok(Self { written: text.to_owned(), steps }) }
    }

    /// As it was written.
    pub(super) fn written(&self) -> &str {
        &self.written
    }

    /// The values that it selects.
    pub(super) fn find<'a>(&self, event: &'a Value) -> Vec<&'a Value> {
        self.steps.iter().fold(vec![event], |found, step| {
            let next = found.into_iter().flat_map(|value| match step {
                Step::Member(name) => value.get(name).into_iter().collect::<Vec<_>>(),
                Step::Element(number) => value.get(number).into_iter().collect(),
                Step::EachElement => value.as_array().into_iter().flatten().collect(),
            });
            next.collect()
        })
    }

    /// The first value that it selects, as text.
    pub(super) fn text(&self, event: &Value) -> Option<String> {
        match self.find(event).into_iter().next()? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }
}
