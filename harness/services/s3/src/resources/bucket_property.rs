//! Properties of a bucket in the forms of S3's API, which has other names for some.

use serde_json::{Map, Value, json};

/// The canned list of a property: `LogDeliveryWrite` is `log-delivery-write`.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl>
pub(super) fn canned(list: &str) -> String {
    let mut found = String::new();
    for letter in list.chars() {
        if letter.is_ascii_uppercase() && !found.is_empty() {
            found.push('-');
        }
        found.push(letter.to_ascii_lowercase());
    }
    found
}

/// The members of an object under other names; those without another one keep theirs.
pub(super) fn renamed(object: &Value, names: &[(&str, &str)]) -> Value {
    let name =
        |name: &String| names.iter().find(|(from, _)| from == name).map_or_else(|| name.clone(), |(_, to)| (*to).to_owned());
    let members: Map<String, Value> =
        object.as_object().into_iter().flatten().map(|(from, value)| (name(from), value.clone())).collect();
    Value::Object(members)
}

pub(super) fn items<'a>(object: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    object.get(name).and_then(Value::as_array).into_iter().flatten()
}

pub(super) fn cors(given: &Value) -> Value {
    let names = [("ExposedHeaders", "ExposeHeaders"), ("Id", "ID"), ("MaxAge", "MaxAgeSeconds")];
    let rules: Vec<Value> = items(given, "CorsRules").map(|rule| renamed(rule, &names)).collect();
    json!({ "CORSRules": rules })
}

/// An absent configuration takes all notifications away.
pub(super) fn notification(given: &Value) -> Value {
    let mut found = json!({});
    for (property, member, destination, arn) in [
        ("LambdaConfigurations", "LambdaFunctionConfigurations", "Function", "LambdaFunctionArn"),
        ("QueueConfigurations", "QueueConfigurations", "Queue", "QueueArn"),
        ("TopicConfigurations", "TopicConfigurations", "Topic", "TopicArn"),
    ] {
        let configurations: Vec<Value> = items(given, property)
            .map(|one| {
                let mut found = json!({"Events": [one.get("Event")]});
                found[arn] = one.get(destination).cloned().unwrap_or_default();
                if let Some(rules) = one.pointer("/Filter/S3Key/Rules") {
                    found["Filter"] = json!({"Key": {"FilterRules": rules}});
                }
                found
            })
            .collect();
        if !configurations.is_empty() {
            found[member] = configurations.into();
        }
    }
    if given.pointer("/EventBridgeConfiguration").is_some_and(|bridge| bridge.get("EventBridgeEnabled") != Some(&json!(false))) {
        found["EventBridgeConfiguration"] = json!({});
    }
    found
}

pub(super) fn replication(given: &Value) -> Value {
    renamed_replication(given, &[("Id", "ID"), ("TagFilter", "Tag"), ("TagFilters", "Tags")])
}

/// A replication configuration whose rules and filters have their members under other names.
pub(super) fn renamed_replication(configuration: &Value, names: &[(&str, &str)]) -> Value {
    let rules: Vec<Value> = items(configuration, "Rules")
        .map(|rule| {
            let mut rule = renamed(rule, names);
            if let Some(filter) = rule.get_mut("Filter") {
                *filter = renamed(filter, names);
                if let Some(and) = filter.get_mut("And") {
                    *and = renamed(and, names);
                }
            }
            rule
        })
        .collect();
    json!({ "Role": configuration.get("Role"), "Rules": rules })
}

/// A rule of a lifecycle.
pub(super) fn lifecycle_rule(rule: &Value) -> Value {
    let mut found = json!({"Filter": filter(rule)});
    let transition = |one: &Value, days: &str| renamed(one, &[("TransitionInDays", days), ("TransitionDate", "Date")]);
    for (name, value) in rule.as_object().into_iter().flatten() {
        match name.as_str() {
            "Prefix" | "TagFilters" | "ObjectSizeGreaterThan" | "ObjectSizeLessThan" => {}
            "Id" => found["ID"] = value.clone(),
            "ExpirationInDays" => found["Expiration"] = json!({"Days": value}),
            "ExpirationDate" => found["Expiration"] = json!({"Date": value}),
            "ExpiredObjectDeleteMarker" => found["Expiration"] = json!({"ExpiredObjectDeleteMarker": value}),
            "NoncurrentVersionExpirationInDays" => found["NoncurrentVersionExpiration"] = json!({"NoncurrentDays": value}),
            "NoncurrentVersionTransitions" => {
                found[name] = items(rule, name).map(|one| transition(one, "NoncurrentDays")).collect();
            }
            "Transition" => found["Transitions"] = json!([transition(value, "Days")]),
            "Transitions" => found[name] = items(rule, name).map(|one| transition(one, "Days")).collect(),
            // These have the API's form.
            other => found[other] = value.clone(),
        }
    }
    found
}

/// What a rule is about: all of it has to hold.
fn filter(rule: &Value) -> Value {
    let mut all = Map::new();
    for name in ["Prefix", "ObjectSizeGreaterThan", "ObjectSizeLessThan"] {
        all.extend(rule.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    let tags: Vec<Value> = items(rule, "TagFilters").cloned().collect();
    match (all.len(), tags.as_slice()) {
        (0, []) => json!({"Prefix": ""}),
        (0, [tag]) => json!({"Tag": tag}),
        (1, []) => Value::Object(all),
        (_, []) => json!({"And": all}),
        (_, tags) => {
            all.insert("Tags".to_owned(), tags.into());
            json!({"And": all})
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canned_lists_have_the_names_of_the_api() {
        let found = ["Private", "LogDeliveryWrite", "BucketOwnerFullControl", "AwsExecRead"].map(canned);
        assert_eq!(found, ["private", "log-delivery-write", "bucket-owner-full-control", "aws-exec-read"]);
    }

    #[test]
    fn notifications_and_cors_have_the_form_of_the_api() {
        let given = json!({
            "EventBridgeConfiguration": {"EventBridgeEnabled": true},
            "LambdaConfigurations": [{"Event": "s3:ObjectCreated:*", "Function": "f", "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "a"}]}}}],
        });
        let expected = json!({
            "LambdaFunctionConfigurations": [{"Events": ["s3:ObjectCreated:*"], "LambdaFunctionArn": "f", "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "a"}]}}}],
            "EventBridgeConfiguration": {},
        });
        assert_eq!((notification(&given), notification(&Value::Null)), (expected, json!({})));
        let given = json!({"CorsRules": [{"Id": "i", "AllowedMethods": ["GET"], "MaxAge": 5, "ExposedHeaders": ["a"]}]});
        assert_eq!(
            cors(&given),
            json!({"CORSRules": [{"ID": "i", "AllowedMethods": ["GET"], "MaxAgeSeconds": 5, "ExposeHeaders": ["a"]}]})
        );
    }

    #[test]
    fn rules_of_lifecycles_have_the_form_of_the_api() {
        let rule = |given| lifecycle_rule(&given);
        assert_eq!(
            rule(json!({"Id": "a", "Status": "Enabled", "ExpirationInDays": 3})),
            json!({"Filter": {"Prefix": ""}, "ID": "a", "Status": "Enabled", "Expiration": {"Days": 3}})
        );
        assert_eq!(
            rule(json!({"Prefix": "p/", "Transition": {"StorageClass": "GLACIER", "TransitionInDays": 7}})),
            json!({"Filter": {"Prefix": "p/"}, "Transitions": [{"StorageClass": "GLACIER", "Days": 7}]})
        );
        let tag = json!({"Key": "k", "Value": "v"});
        assert_eq!(
            rule(
                json!({"TagFilters": [tag], "NoncurrentVersionTransitions": [{"StorageClass": "GLACIER", "TransitionInDays": 7}]})
            ),
            json!({"Filter": {"Tag": tag}, "NoncurrentVersionTransitions": [{"StorageClass": "GLACIER", "NoncurrentDays": 7}]})
        );
        assert_eq!(
            rule(json!({"Prefix": "p", "ObjectSizeGreaterThan": 5, "TagFilters": [tag]}))["Filter"],
            json!({"And": {"Prefix": "p", "ObjectSizeGreaterThan": 5, "Tags": [tag]}})
        );
    }
}
