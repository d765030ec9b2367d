//! Input documents made from the model: one for each member of an operation's input, at any depth.

use serde_json::{Map, Value, json};

use crate::model::{Kind, Member, ServiceModel, Shape};
use crate::operation::Operation;

/// Structures within structures that samples go into.
const DEEPEST: usize = 6;

/// An input document that sets one member beside those that must be there.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The member's path, `Entries.0.DelaySeconds`; items of lists are `0`, keys of maps `key`.
    pub path: String,
    /// The document.
    pub document: Value,
}

impl ServiceModel {
    /// A document for each member of the operation's input, nested ones included, with all required members of the structures on its path.
    /// Values are of the model's types and say nothing: whoever reads them may refuse them.
    pub fn samples(&self, operation: &Operation) -> Vec<Sample> {
        let Some(input) = operation.input else { return Vec::new() };
        let mut samples = Vec::new();
        collect(self, self.shape(input), "", 0, &mut |path, document| samples.push(Sample { path, document }));
        samples
    }
}

/// Gives `keep` each member of a structure with a document of that structure.
fn collect(model: &ServiceModel, shape: &Shape, path: &str, depth: usize, keep: &mut dyn FnMut(String, Value)) {
    for member in shape.members.iter().filter(|member| !member.streaming) {
        let path = if path.is_empty() { member.name.clone() } else { format!("{path}.{}", member.name) };
        let within = |value: Value| {
            let mut document = required(model, shape, depth);
            document.insert(member.name.clone(), value);
            Value::Object(document)
        };
        keep(path.clone(), within(value(model, member, depth)));
        if depth < DEEPEST {
            nested(model, model.shape(member.shape), &path, depth, &mut |path, value| keep(path, within(value)));
        }
    }
}

/// As [`collect`], through lists and maps.
fn nested(model: &ServiceModel, shape: &Shape, path: &str, depth: usize, keep: &mut dyn FnMut(String, Value)) {
    match shape.kind {
        Kind::Structure => collect(model, shape, path, depth + 1, keep),
        Kind::List => {
            let Some(item) = &shape.item else { return };
            nested(model, model.shape(item.shape), &format!("{path}.0"), depth, &mut |path, value| keep(path, json!([value])));
        }
        Kind::Map => {
            let Some(item) = &shape.value else { return };
            nested(model, model.shape(item.shape), &format!("{path}.key"), depth, &mut |path, value| {
                keep(path, json!({ "key": value }));
            });
        }
        _ => {}
    }
}

fn required(model: &ServiceModel, shape: &Shape, depth: usize) -> Map<String, Value> {
    let required = shape.members.iter().filter(|member| member.required && !member.streaming);
    required.map(|member| (member.name.clone(), value(model, member, depth))).collect()
}

/// A value of the member's type, with nothing in it that need not be.
fn value(model: &ServiceModel, member: &Member, depth: usize) -> Value {
    of_shape(model, model.shape(member.shape), depth)
}

fn of_shape(model: &ServiceModel, shape: &Shape, depth: usize) -> Value {
    match shape.kind {
        Kind::Structure if depth > DEEPEST => json!({}),
        Kind::Structure => required(model, shape, depth + 1).into(),
        Kind::List => match &shape.item {
            Some(item) if depth <= DEEPEST => json!([value(model, item, depth + 1)]),
            _ => json!([]),
        },
        Kind::Map => match &shape.value {
            Some(item) if depth <= DEEPEST => json!({ "key": value(model, item, depth + 1) }),
            _ => json!({}),
        },
        Kind::String => json!("text"),
        Kind::Integer | Kind::Long => json!(1),
        Kind::Float | Kind::Double => json!(1.5),
        Kind::Boolean => json!(true),
        Kind::Blob => json!("AAAA"),
        Kind::Timestamp => json!("2026-01-01T00:00:00Z"),
        Kind::Document => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_of_an_input_is_set_once_at_its_path() {
        let model = crate::service("sqs").unwrap();
        let samples = model.samples(model.operation("SendMessageBatch").unwrap());
        let delay = samples.iter().find(|sample| sample.path == "Entries.0.DelaySeconds").unwrap();
        assert_eq!(
            delay.document,
            json!({"QueueUrl": "text", "Entries": [{"Id": "text", "MessageBody": "text", "DelaySeconds": 1}]})
        );
        assert!(samples.iter().any(|sample| sample.path == "Entries.0.MessageAttributes.key.StringListValues"));
    }

    #[test]
    fn samples_of_every_operation_have_the_model_s_types() {
        for name in crate::SERVICES {
            let model = crate::service(name).unwrap();
            for operation in model.operations().filter(|operation| operation.served()) {
                let mut paths: Vec<String> = model.samples(operation).into_iter().map(|sample| sample.path).collect();
                let count = paths.len();
                paths.sort();
                paths.dedup();
                assert_eq!(count, paths.len(), "{name} {}", operation.name());
            }
        }
    }
}
