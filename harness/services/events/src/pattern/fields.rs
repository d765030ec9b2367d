//! The fields of a pattern, and alternatives between them.

use nightproof_core::service::AwsError;
use serde_json::{Map, Value};

use super::invalid;
use super::test::Test;

const OR: &str = "$or";

/// Names that are no fields within `$or`, so that operators which are out of place there are noticed.
const RESERVED_IN_OR: [&str; 23] = [
    "exactly",
    "equals-ignore-case",
    "prefix",
    "suffix",
    "anything-but",
    "exists",
    "wildcard",
    "numeric",
    "cidr",
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
];

/// A checked pattern.
#[derive(Debug, Clone)]
pub struct Pattern(Fields);

/// Fields that all must fit, and alternatives of which one must.
#[derive(Debug, Clone)]
struct Fields {
    fields: Vec<(String, Node)>,
    alternatives: Vec<Vec<Fields>>,
}

#[derive(Debug, Clone)]
enum Node {
    Fields(Fields),
    /// One of them must hold for one of the field's values.
    Tests(Vec<Test>),
}

impl Pattern {
    /// Checks a pattern.
    ///
    /// # Errors
    /// `InvalidEventPatternException`, in Event Ruler's words where it has any; it also says at which line and column.
    pub fn parse(text: &str) -> Result<Self, AwsError> {
        let parsed: Value = serde_json::from_str(text).map_err(invalid)?;
        let Value::Object(members) = parsed else { return Err(invalid("Filter is not an object")) };
        Fields::parse(&members, false).map(Self)
    }

    /// Whether `event` is one that the pattern is for.
    pub fn matches(&self, event: &Value) -> bool {
        self.0.fit(Some(event))
    }
}

impl Fields {
    fn parse(members: &Map<String, Value>, within_or: bool) -> Result<Self, AwsError> {
        if members.is_empty() {
            return Err(invalid("Empty objects are not allowed"));
        }
        let mut made = Self { fields: Vec::new(), alternatives: Vec::new() };
        for (name, value) in members {
            if name == OR {
                made.alternatives.push(alternatives(value)?);
                continue;
            }
            if within_or && RESERVED_IN_OR.contains(&name.as_str()) {
                return Err(invalid(format_args!("{name} is Ruler reserved fieldName which cannot be used inside {OR}.")));
            }
            let node = match value {
                Value::Object(inner) => Node::Fields(Self::parse(inner, within_or)?),
                Value::Array(items) if items.is_empty() => return Err(invalid("Empty arrays are not allowed")),
                Value::Array(items) => Node::Tests(items.iter().map(Test::parse).collect::<Result<_, _>>()?),
                _ => return Err(invalid(format_args!("\"{name}\" must be an object or an array"))),
            };
            made.fields.push((name.clone(), node));
        }
        Ok(made)
    }

    /// Of objects in an array, one alone must fit. What is absent has no fields, which a pattern can ask for.
    fn fit(&self, found: Option<&Value>) -> bool {
        if let Some(Value::Array(items)) = found.filter(|found| found.as_array().is_some_and(|items| !items.is_empty())) {
            return items.iter().any(|item| self.fit(Some(item)));
        }
        let fields = self.fields.iter().all(|(name, node)| {
            let found = found.and_then(|found| found.get(name));
            match node {
                Node::Fields(inner) => inner.fit(found),
                Node::Tests(tests) => {
                    let leaves = leaves(found);
                    tests.iter().any(|test| test.holds(&leaves))
                }
            }
        });
        fields && self.alternatives.iter().all(|alternatives| alternatives.iter().any(|fields| fields.fit(found)))
    }
}

fn alternatives(value: &Value) -> Result<Vec<Fields>, AwsError> {
    let Value::Array(items) = value else { return Err(invalid(format_args!("It must be an Array followed with {OR}."))) };
    let objects = items.iter().map(|item| match item {
        Value::Object(members) => Fields::parse(members, true),
        _ => Err(invalid(format_args!("Only JSON object is allowed in array of {OR} relationship."))),
    });
    let objects: Vec<_> = objects.collect::<Result<_, _>>()?;
    if objects.len() < 2 {
        return Err(invalid(format_args!("There must have at least 2 Objects in {OR} relationship.")));
    }
    Ok(objects)
}

/// The values of a field; an object has none, it has fields.
fn leaves(found: Option<&Value>) -> Vec<&Value> {
    match found {
        None | Some(Value::Object(_)) => Vec::new(),
        Some(Value::Array(items)) => items.iter().flat_map(|item| leaves(Some(item))).collect(),
        Some(leaf) => vec![leaf],
    }
}
