//! Input documents against the model's constraints, worded as each family of services words it.

use serde_json::Value;

use crate::AwsError;
use crate::model::{Kind, Operation, Protocol, ServiceModel, Shape};

impl ServiceModel {
    /// Checks an input document: required members, lengths, ranges. What is not in the model (enumerations, patterns that AWS does
    /// not enforce, semantics) is the service's to check.
    pub fn validate(&self, operation: &Operation, input: &Value) -> Result<(), AwsError> {
        if !operation.served() {
            return Err(AwsError::not_implemented(self.signing_name(), operation.name()));
        }
        let Some(shape) = operation.input else { return Ok(()) };
        let mut found = Findings { model: self, violations: Vec::new(), missing: Vec::new() };
        found.structure(self.shape(shape), input, "", 0);
        found.verdict()
    }
}

struct Findings<'a> {
    model: &'a ServiceModel,
    violations: Vec<String>,
    /// Names of absent required members, as the wire spells them.
    missing: Vec<String>,
}

/// More findings than this are not collected.
const ENOUGH: usize = 20;

impl Findings<'_> {
    fn structure(&mut self, shape: &Shape, value: &Value, path: &str, depth: usize) {
        let Value::Object(object) = value else { return };
        if depth > crate::json::DEEPEST {
            return;
        }
        for member in &shape.members {
            let here = join(path, &lower_first(&member.name));
            match object.get(&member.name).filter(|value| !value.is_null()) {
                Some(value) => self.value(self.model.shape(member.shape), value, &here, depth + 1),
                None if member.required && !member.streaming && self.violations.len() < ENOUGH => {
                    self.missing.push(if path.is_empty() { member.name.clone() } else { here.clone() });
                    self.violations.push(format!("Value null at '{here}' failed to satisfy constraint: Member must not be null"));
                }
                None => {}
            }
        }
    }

    fn value(&mut self, shape: &Shape, value: &Value, path: &str, depth: usize) {
        if self.violations.len() >= ENOUGH {
            return;
        }
        match (shape.kind, value) {
            (Kind::Structure, value) => self.structure(shape, value, path, depth),
            (Kind::List, Value::Array(items)) => {
                self.length(shape, items.len(), value, path);
                if let Some(item) = &shape.item {
                    let item = self.model.shape(item.shape);
                    for (index, value) in items.iter().enumerate() {
                        self.value(item, value, &format!("{path}.{}.member", index + 1), depth + 1);
                    }
                }
            }
            (Kind::Map, Value::Object(entries)) => {
                self.length(shape, entries.len(), value, path);
                if let Some(item) = &shape.value {
                    let item = self.model.shape(item.shape);
                    for (key, value) in entries {
                        self.value(item, value, &format!("{path}.{key}.member"), depth + 1);
                    }
                }
            }
            (Kind::String, Value::String(text)) => self.length(shape, text.chars().count(), value, path),
            (Kind::Blob, Value::String(text)) => {
                let padding = text.bytes().rev().take_while(|byte| *byte == b'=').count();
                self.length(shape, (text.len() / 4 * 3).saturating_sub(padding), value, path);
            }
            (Kind::Integer | Kind::Long | Kind::Float | Kind::Double, Value::Number(number)) => {
                let Some(number) = number.as_f64() else { return };
                if shape.min.is_some_and(|min| number < min) {
                    self.violation(
                        shape,
                        value,
                        path,
                        &format!("have value greater than or equal to {}", shape.min.unwrap_or_default()),
                    );
                }
                if shape.max.is_some_and(|max| number > max) {
                    self.violation(
                        shape,
                        value,
                        path,
                        &format!("have value less than or equal to {}", shape.max.unwrap_or_default()),
                    );
                }
            }
            _ => {}
        }
    }

    fn length(&mut self, shape: &Shape, length: usize, value: &Value, path: &str) {
        #[expect(clippy::cast_precision_loss, reason = "lengths of requests are far below 2^52")]
        let length = length as f64;
        if shape.min.is_some_and(|min| length < min) {
            self.violation(
                shape,
                value,
                path,
                &format!("have length greater than or equal to {}", shape.min.unwrap_or_default()),
            );
        }
        if shape.max.is_some_and(|max| length > max) {
            self.violation(shape, value, path, &format!("have length less than or equal to {}", shape.max.unwrap_or_default()));
        }
    }

    fn violation(&mut self, shape: &Shape, value: &Value, path: &str, must: &str) {
        self.violations
            .push(format!("Value '{}' at '{path}' failed to satisfy constraint: Member must {must}", show(shape, value)));
    }

    fn verdict(self) -> Result<(), AwsError> {
        match self.model.protocol() {
            // EC2 checks limits itself, in each operation's own words.
            Protocol::Ec2Query => match self.missing.first() {
                None => Ok(()),
                Some(name) => {
                    Err(AwsError::new("MissingParameter", 400, format!("The request must contain the parameter {name}")))
                }
            },
            Protocol::RestXml => match self.missing.first() {
                None => Ok(()),
                Some(name) if name.contains('.') => Err(crate::xml_body::malformed()),
                Some(_) => Err(AwsError::new("MissingRequestBodyError", 400, "Request Body is empty")),
            },
            _ if self.violations.is_empty() => Ok(()),
            _ => {
                let count = self.violations.len();
                let errors = if count == 1 { "validation error" } else { "validation errors" };
                let message = format!("{count} {errors} detected: {}", self.violations.join("; "));
                match (self.model.signing_name(), self.missing.first()) {
                    ("sqs", Some(name)) => {
                        Err(AwsError::new("MissingParameter", 400, format!("The request must contain the parameter {name}.")))
                    }
                    ("sqs", None) => Err(AwsError::new("InvalidParameterValue", 400, message)),
                    ("logs", _) => Err(AwsError::new("InvalidParameterException", 400, message)),
                    _ if self.model.protocol() == Protocol::Query => Err(AwsError::new("ValidationError", 400, message)),
                    _ => Err(AwsError::validation(message)),
                }
            }
        }
    }
}

/// The value as AWS repeats it; never a secret one.
fn show(shape: &Shape, value: &Value) -> String {
    if shape.sensitive {
        return "***".to_owned();
    }
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> =
                items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect();
            format!("[{}]", items.join(", "))
        }
        value => value.to_string(),
    };
    if text.chars().count() > 1024 { text.chars().take(1024).collect() } else { text }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// AWS names members in these messages with a small first letter.
fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
