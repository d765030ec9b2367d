//! How the properties of a resource differ from those that its template gives. Only what the template gives is compared, and neither what its
//! type never shows nor what stands behind dynamic references.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_PropertyDifference.html>

use nightproof_registry::ResourceType as Schema;
use serde_json::{Map, Value, json};

use crate::dynamic_reference;

/// What one property is, against what it is to be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PropertyDifference {
    /// `/Tags/0/Value`
    pub path: String,
    /// Null if there is more than was expected.
    pub expected: Value,
    /// Null if it is not there.
    pub actual: Value,
}

impl PropertyDifference {
    /// The difference in the form of answers.
    pub(crate) fn document(&self) -> Value {
        let kind = match (&self.expected, &self.actual) {
            (Value::Null, _) => "ADD",
            (_, Value::Null) => "REMOVE",
            _ => "NOT_EQUAL",
        };
        json!({
            "PropertyPath": self.path,
            "ExpectedValue": plain(&self.expected),
            "ActualValue": plain(&self.actual),
            "DifferenceType": kind,
        })
    }
}

/// A text as it is, everything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The properties of a template that are compared.
pub(super) fn comparable(schema: Option<&Schema>, properties: &Value) -> Value {
    let mut path = Vec::new();
    shown(schema, properties, &mut path).unwrap_or_else(|| json!({}))
}

fn shown<'a>(schema: Option<&Schema>, value: &'a Value, path: &mut Vec<&'a str>) -> Option<Value> {
    if schema.is_some_and(|schema| !path.is_empty() && schema.is_write_only(path)) {
        return None;
    }
    match value {
        Value::Object(members) => {
            let mut kept = Map::new();
            for (name, value) in members {
                path.push(name);
                kept.extend(shown(schema, value, path).map(|value| (name.clone(), value)));
                path.pop();
            }
            (path.is_empty() || !kept.is_empty() || members.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(list) => list.iter().map(|item| shown(schema, item, path)).collect::<Option<Vec<_>>>().map(Value::Array),
        Value::String(text) if dynamic_reference::is_in(text) => None,
        other => Some(other.clone()),
    }
}

/// The differences of a resource of this type, in the order of what is expected.
pub(super) fn differences(schema: Option<&Schema>, expected: &Value, actual: &Value) -> Vec<PropertyDifference> {
    let mut comparison = Comparison { schema, found: Vec::new() };
    comparison.compare(&mut Vec::new(), "", expected, actual);
    comparison.found
}

struct Comparison<'a> {
    schema: Option<&'a Schema>,
    found: Vec<PropertyDifference>,
}

impl Comparison<'_> {
    /// `path` has the names of the properties, `pointer` places in lists, too.
    fn compare(&mut self, path: &mut Vec<String>, pointer: &str, expected: &Value, actual: &Value) {
        match (&read(expected, actual), &read(actual, expected)) {
            (Value::Object(expected), Value::Object(actual)) => {
                for (name, value) in expected {
                    path.push(name.clone());
                    let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                    self.compare(path, &pointer, value, actual.get(name).unwrap_or(&Value::Null));
                    path.pop();
                }
                // What else an object has are defaults, but for one whose members have names of the template's.
                if self.schema.is_some_and(|schema| schema.is_map(path)) {
                    for (name, value) in actual.iter().filter(|(name, _)| !expected.contains_key(*name)) {
                        self.add(format!("{pointer}/{name}"), &Value::Null, value);
                    }
                }
            }
            (Value::Array(expected), Value::Array(actual)) => self.lists(path, pointer, expected, actual),
            (expected, actual) if is_same(expected, actual) => {}
            (expected, actual) => self.add(pointer.to_owned(), expected, actual),
        }
    }

    fn add(&mut self, path: String, expected: &Value, actual: &Value) {
        self.found.push(PropertyDifference { path, expected: expected.clone(), actual: actual.clone() });
    }

    /// Services keep few lists in their order: an item is compared with one that is the same, or else with the one that has its name.
    fn lists(&mut self, path: &mut Vec<String>, pointer: &str, expected: &[Value], actual: &[Value]) {
        let mut rest: Vec<(usize, &Value)> = actual.iter().enumerate().collect();
        let mut missing = Vec::new();
        for (place, item) in expected.iter().enumerate() {
            let mut is_it =
                |other: &Value| Comparison { schema: self.schema, found: Vec::new() }.finds_nothing(path, item, other);
            match rest.iter().position(|(_, other)| is_it(other)) {
                Some(found) => drop(rest.remove(found)),
                None => missing.push((place, item)),
            }
        }
        for (place, item) in missing {
            let pointer = format!("{pointer}/{place}");
            match rest.iter().position(|(_, other)| is_named_as(item, other)) {
                Some(found) => {
                    let (_, other) = rest.remove(found);
                    self.compare(path, &pointer, item, other);
                }
                None => self.add(pointer, item, &Value::Null),
            }
        }
        for (place, other) in rest {
            self.add(format!("{pointer}/{place}"), &Value::Null, other);
        }
    }

    fn finds_nothing(mut self, path: &mut Vec<String>, expected: &Value, actual: &Value) -> bool {
        self.compare(path, "", expected, actual);
        self.found.is_empty()
    }
}

/// The document in a text, where the other one is a document.
fn read(value: &Value, other: &Value) -> Value {
    match (value, other) {
        (Value::String(text), Value::Object(_) | Value::Array(_)) => serde_json::from_str(text).unwrap_or_else(|_| value.clone()),
        _ => value.clone(),
    }
}

/// Whether two values that are not both objects or lists are the same. Documents such as policies have no types for their scalars, and what
/// is empty is nothing to most services.
fn is_same(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::Null, Value::Null) => true,
        (Value::Null, other) | (other, Value::Null) => match other {
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Object(members) => members.values().all(|value| is_same(value, &Value::Null)),
            _ => false,
        },
        (Value::Array(_) | Value::Object(_), _) | (_, Value::Array(_) | Value::Object(_)) => false,
        (one, other) => plain(one) == plain(other),
    }
}

/// Whether two items of a list have the same name: a tag's key, the id of a target or a rule.
fn is_named_as(one: &Value, other: &Value) -> bool {
    let names = ["Key", "TagKey", "Id", "PolicyName", "Name", "DeviceName", "Sid", "DeviceIndex"];
    let name = names.into_iter().find_map(|name| Some((name, one.get(name)?)));
    name.is_some_and(|(name, value)| other.get(name) == Some(value))
}

#[cfg(test)]
mod tests {
    use nightproof_registry::resource_type;

    use super::*;

    fn found(kind: &str, expected: Value, actual: Value) -> Vec<String> {
        let schema = resource_type(kind);
        let expected = comparable(schema.as_ref(), &expected);
        let one = |difference: &PropertyDifference| {
            let found = difference.document();
            let part = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
            format!("{} {} {} {}", part("DifferenceType"), part("PropertyPath"), part("ExpectedValue"), part("ActualValue"))
        };
        differences(schema.as_ref(), &expected, &actual).iter().map(one).collect()
    }

    #[test]
    fn only_what_the_template_gives_is_compared() {
        let actual = json!({"DelaySeconds": 5, "VisibilityTimeout": 40, "RedrivePolicy": {"maxReceiveCount": 3, "deadLetterTargetArn": "a"}});
        let expected = json!({"DelaySeconds": 5, "RedrivePolicy": {"maxReceiveCount": 3, "deadLetterTargetArn": "a"}});
        assert_eq!(found("AWS::SQS::Queue", expected, actual.clone()), Vec::<String>::new());
        let expected = json!({"DelaySeconds": 7, "RedrivePolicy": {"maxReceiveCount": 4}, "KmsMasterKeyId": "k"});
        let differences =
            ["NOT_EQUAL /DelaySeconds 7 5", "NOT_EQUAL /RedrivePolicy/maxReceiveCount 4 3", "REMOVE /KmsMasterKeyId k null"];
        assert_eq!(found("AWS::SQS::Queue", expected, actual), differences);
    }

    #[test]
    fn lists_are_compared_by_their_items_and_not_by_their_order() {
        let tag = |key: &str, value: &str| json!({"Key": key, "Value": value});
        let expected = json!({"Tags": [tag("a", "1"), tag("b", "2"), tag("c", "3")]});
        let same = json!({"Tags": [tag("c", "3"), tag("a", "1"), tag("b", "2")]});
        assert_eq!(found("AWS::S3::Bucket", expected.clone(), same), Vec::<String>::new());
        let actual = json!({"Tags": [tag("d", "4"), tag("b", "0"), tag("a", "1")]});
        let differences = [
            "NOT_EQUAL /Tags/1/Value 2 0",
            "REMOVE /Tags/2 {\"Key\":\"c\",\"Value\":\"3\"} null",
            "ADD /Tags/0 null {\"Key\":\"d\",\"Value\":\"4\"}",
        ];
        assert_eq!(found("AWS::S3::Bucket", expected, actual), differences);
    }

    #[test]
    fn maps_whose_names_are_the_templates_have_no_other_members() {
        let expected = json!({"Environment": {"Variables": {"A": "1"}}, "Code": {"ZipFile": "x"}, "MemorySize": 128});
        let actual = json!({"Environment": {"Variables": {"A": "1", "B": "2"}}, "MemorySize": 128, "Timeout": 3});
        assert_eq!(found("AWS::Lambda::Function", expected, actual), ["ADD /Environment/Variables/B null 2"]);
    }

    #[test]
    fn documents_are_compared_as_such_however_they_are_spelled() {
        let expected =
            json!({"PolicyDocument": "{\"Statement\": [{\"Effect\": \"Allow\", \"Condition\": {\"Bool\": {\"a\": true}}}]}"});
        let actual = json!({"PolicyDocument": {"Statement": [{"Condition": {"Bool": {"a": "true"}}, "Effect": "Allow"}]}});
        assert_eq!(found("AWS::S3::BucketPolicy", expected, actual), Vec::<String>::new());
    }

    #[test]
    fn what_is_empty_is_nothing_and_what_is_behind_references_is_not_compared() {
        let expected = json!({"Tags": [], "DisplayName": "", "TopicName": "{{resolve:ssm:name}}"});
        assert_eq!(found("AWS::SNS::Topic", expected, json!({"TopicName": "x"})), Vec::<String>::new());
    }
}
