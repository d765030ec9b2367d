//! Names of one deployment in terms of another: what a stack's resources are called differs, by logical id they are the same.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::path;

/// The shortest physical id that is looked for inside of other text.
const SHORTEST: usize = 6;

/// What each logical id is called.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// What things are called, the longest first, and what stands for them.
    known: Vec<(String, String)>,
}

impl Names {
    /// Of physical ids, and of other values that differ, by what they stand for.
    pub(super) fn new<'a>(physical: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut known: BTreeMap<String, String> = BTreeMap::new();
        for (logical, physical) in physical {
            let stands = format!("${{{logical}}}");
            // A queue's id is its address, and what others name is the end of it.
            let end = physical.rsplit('/').next().filter(|_| physical.contains("://"));
            for name in std::iter::once(physical).chain(end).filter(|name| name.len() >= SHORTEST) {
                known.entry(name.to_owned()).or_insert_with(|| stands.clone());
            }
        }
        let mut known: Vec<(String, String)> = known.into_iter().collect();
        known.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Self { known }
    }

    /// `text` with logical ids for physical ones.
    pub(super) fn logical(&self, text: &str) -> String {
        self.known.iter().fold(text.to_owned(), |text, (name, stands)| text.replace(name, stands))
    }

    /// `text` with physical ids for logical ones.
    pub(super) fn physical(&self, text: &str) -> String {
        // What stands for a queue is its address where that is the whole text, and its name in a longer one.
        let whole = self.known.iter().find(|(_, stands)| stands == text);
        if let Some((name, _)) = whole {
            return name.clone();
        }
        self.known.iter().rev().fold(text.to_owned(), |text, (name, stands)| text.replace(stands, name))
    }
}

/// `value` with every text changed by `change`.
pub(super) fn map(value: &Value, change: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => change(text).into(),
        Value::Array(items) => items.iter().map(|item| map(item, change)).collect(),
        Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), map(member, change))).collect(),
        other => other.clone(),
    }
}

/// `value` in a form in which two are equal if they say the same: logical ids, documents parsed, lists in order, nothing empty, and no
/// tags of CloudFormation's own, which nobody else can set.
pub(super) fn canonical(value: &Value, names: &Names) -> Value {
    match value {
        Value::String(text) => match path::document(text) {
            Some(document) => plain(canonical(&document, names)),
            None => names.logical(text).into(),
        },
        Value::Array(items) => {
            let mut items: Vec<Value> =
                items.iter().filter(|item| !is_system_tag(item)).map(|item| canonical(item, names)).collect();
            items.retain(|item| !is_empty(item));
            items.sort_by_cached_key(Value::to_string);
            items.into()
        }
        Value::Object(members) => {
            let members = members.iter().filter(|(name, _)| !name.starts_with("aws:cloudformation:"));
            let members = members.map(|(name, member)| (name.clone(), canonical(member, names)));
            // In order of their names, so that lists of them have one order.
            let members: BTreeMap<String, Value> = members.filter(|(_, member)| !is_empty(member)).collect();
            members.into_iter().collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// Without CloudFormation's own tags.
pub(super) fn without_system_tags(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().filter(|item| !is_system_tag(item)).collect(),
        Value::Object(members) => {
            members.into_iter().filter(|(name, _)| !name.starts_with("aws:cloudformation:")).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}

fn is_system_tag(item: &Value) -> bool {
    ["Key", "TagKey"].iter().any(|name| item.get(name).and_then(Value::as_str).is_some_and(|key| key.starts_with("aws:")))
}

/// Policies say one thing as a list of one too.
fn plain(value: Value) -> Value {
    match value {
        Value::Array(mut items) if items.len() == 1 => plain(items.remove(0)),
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(members) => members.into_iter().map(|(name, member)| (name, plain(member))).collect(),
        other => other,
    }
}

pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::String(text) => text.is_empty(),
        // What is off may be left out.
        Value::Bool(on) => !on,
        Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(bucket: &str) -> Names {
        Names::new([("Bucket", bucket), ("Queue", "https://sqs.us-east-1.amazonaws.com/1/the-queue-x")].into_iter())
    }

    #[test]
    fn two_deployments_are_the_same_by_their_logical_ids() {
        let one = json!({"Policy": r#"{"Statement":[{"Resource":["arn:aws:s3:::bucket-one/*"]}]}"#, "List": []});
        let other = json!({"Policy": r#"{"Statement":{"Resource":"arn:aws:s3:::bucket-two/*"}}"#});
        assert_eq!(canonical(&one, &names("bucket-one")), canonical(&other, &names("bucket-two")));
        assert_ne!(canonical(&one, &names("bucket-one")), canonical(&other, &names("bucket-one")));
    }

    #[test]
    fn tags_of_cloudformation_and_the_order_of_lists_do_not_count() {
        let names = Names::default();
        let one = json!([{"Value": "1", "Key": "b"}, {"Key": "aws:cloudformation:stack-name", "Value": "s"}, {"Key": "a", "Value": "2"}]);
        let other = json!([{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "1"}]);
        assert_eq!(canonical(&one, &names), canonical(&other, &names));
        assert_eq!(canonical(&json!({"a": "2", "aws:cloudformation:stack-id": "x"}), &names), json!({"a": "2"}));
    }

    #[test]
    fn a_name_is_told_in_terms_of_another_deployment() {
        let (from, to) = (names("bucket-one"), names("bucket-two"));
        let translated = |text: &str| to.physical(&from.logical(text));
        assert_eq!(translated("arn:aws:s3:::bucket-one/*"), "arn:aws:s3:::bucket-two/*");
        assert_eq!(translated("arn:aws:sqs:us-east-1:1:the-queue-x"), "arn:aws:sqs:us-east-1:1:the-queue-x");
        assert_eq!(
            translated("https://sqs.us-east-1.amazonaws.com/1/the-queue-x"),
            "https://sqs.us-east-1.amazonaws.com/1/the-queue-x"
        );
        assert_eq!(translated("${aws:username}"), "${aws:username}");
    }
}
