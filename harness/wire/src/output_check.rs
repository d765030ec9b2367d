//! Output documents against the model: what [`ServiceModel::encode`] would leave out or garble without a word.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::model::{Kind, ServiceModel, Shape};
use crate::operation::Operation;
use crate::timestamp;

/// Members that models require, and AWS leaves out where there is nothing to tell: its recorded answers lack them.
const LEFT_OUT: [(&str, &[&str]); 4] = [
    ("ChangeMessageVisibilityBatch", &["Failed", "Successful"]),
    ("DeleteMessageBatch", &["Failed", "Successful"]),
    ("GetFunctionCodeSigningConfig", &["CodeSigningConfigArn", "FunctionName"]),
    ("SendMessageBatch", &["Failed", "Successful"]),
];

impl ServiceModel {
    /// What does not fit the operation's output in the model: members that it does not have, values of another type, required members that
    /// are absent. Each by its path, `Reservations.0.Instances: a list is expected, not a string`.
    ///
    /// Null members count as absent, as they do on the wire. Streamed payloads are not in the document.
    pub fn output_mismatches(&self, operation: &Operation, output: &Value) -> Vec<String> {
        let mut found = Vec::new();
        match (operation.output, output) {
            (Some(shape), output) => check(self, self.shape(shape), output, "", &mut found),
            (None, Value::Null) => {}
            (None, Value::Object(members)) if members.values().all(Value::is_null) => {}
            (None, _) => found.push("the operation has no output".to_owned()),
        }
        let left_out = LEFT_OUT.iter().filter(|(name, _)| *name == operation.name()).flat_map(|(_, members)| members.iter());
        let left_out: Vec<String> = left_out.map(|member| format!("{member}: a required member is absent")).collect();
        found.retain(|mismatch| !left_out.contains(mismatch));
        found
    }
}

fn check(model: &ServiceModel, shape: &Shape, value: &Value, path: &str, found: &mut Vec<String>) {
    match (shape.kind, value) {
        (Kind::Structure, Value::Object(members)) => {
            for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
                match shape.member(name) {
                    Some(member) => check(model, model.shape(member.shape), value, &join(path, name), found),
                    None if shape.open => {}
                    None => found.push(format!("{}: the model has no such member", join(path, name))),
                }
            }
            let absent = |name: &str| members.get(name).is_none_or(Value::is_null);
            for member in shape.members.iter().filter(|member| member.required && !member.streaming && absent(&member.name)) {
                found.push(format!("{}: a required member is absent", join(path, &member.name)));
            }
        }
        (Kind::List, Value::Array(items)) => {
            let Some(item) = &shape.item else { return };
            for (index, value) in items.iter().enumerate() {
                check(model, model.shape(item.shape), value, &join(path, &index.to_string()), found);
            }
        }
        (Kind::Map, Value::Object(entries)) => {
            let Some(item) = &shape.value else { return };
            for (key, value) in entries.iter().filter(|(_, value)| !value.is_null()) {
                check(model, model.shape(item.shape), value, &join(path, key), found);
            }
        }
        (Kind::Document, _) => {}
        (kind, value) => {
            if let Some(expected) = mismatch(kind, value) {
                found.push(format!("{path}: {expected} is expected, not {}", named(value)));
            }
        }
    }
}

/// What is expected instead of the value, if it is of another type.
fn mismatch(kind: Kind, value: &Value) -> Option<&'static str> {
    let (fits, expected) = match kind {
        Kind::Structure => (value.is_object(), "a structure"),
        Kind::List => (value.is_array(), "a list"),
        Kind::Map => (value.is_object(), "a map"),
        Kind::String => (value.is_string(), "a string"),
        Kind::Integer | Kind::Long => (value.is_i64() || value.is_u64(), "an integer"),
        Kind::Float | Kind::Double => (value.is_number(), "a number"),
        Kind::Boolean => (value.is_boolean(), "a boolean"),
        Kind::Blob => (value.as_str().is_some_and(|text| STANDARD.decode(text).is_ok()), "a base64 string"),
        Kind::Timestamp => (value.as_str().is_some_and(|text| timestamp::read(text).is_some()), "a timestamp"),
        Kind::Document => (true, "anything"),
    };
    (!fits).then_some(expected)
}

fn named(value: &Value) -> String {
    match value {
        Value::Object(_) => "a structure".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        scalar => format!("`{scalar}`"),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mismatches(service: &str, operation: &str, output: &Value) -> Vec<String> {
        let model = crate::service(service).unwrap();
        model.output_mismatches(model.operation(operation).unwrap(), output)
    }

    #[test]
    fn an_output_of_the_model_s_shape_fits() {
        assert!(mismatches("sqs", "ListQueues", &json!({"QueueUrls": ["https://q"], "NextToken": null})).is_empty());
        assert!(mismatches("sqs", "DeleteQueue", &json!({})).is_empty());
    }

    #[test]
    fn unknown_members_wrong_types_and_absent_members_are_named_by_their_paths() {
        let found = mismatches("sqs", "ListQueues", &json!({"QueueUrls": ["https://q", 1], "Urls": []}));
        assert_eq!(found, ["QueueUrls.1: a string is expected, not `1`", "Urls: the model has no such member"]);
        let found = mismatches("sqs", "SendMessageBatch", &json!({"Successful": [{"Id": "a"}], "Failed": []}));
        assert_eq!(found.first().map(String::as_str), Some("Successful.0.MessageId: a required member is absent"));
        assert_eq!(mismatches("sqs", "DeleteQueue", &json!({"Done": true})), ["the operation has no output"]);
    }
}
