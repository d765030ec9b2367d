//! What S3's API answers of a bucket, in the form of its properties: the other way round than `bucket_property`.

use serde_json::{Map, Value, json};

use super::bucket_property::{items, renamed, renamed_replication};

pub(super) fn encryption(rules: &Value) -> Value {
    let names = [("ApplyServerSideEncryptionByDefault", "ServerSideEncryptionByDefault")];
    let rules: Vec<Value> = rules.as_array().into_iter().flatten().map(|rule| renamed(rule, &names)).collect();
    json!({"ServerSideEncryptionConfiguration": rules})
}

pub(super) fn cors(rules: &Value) -> Value {
    let names = [("ExposeHeaders", "ExposedHeaders"), ("ID", "Id"), ("MaxAgeSeconds", "MaxAge")];
    let rules: Vec<Value> = rules.as_array().into_iter().flatten().map(|rule| renamed(rule, &names)).collect();
    json!({"CorsRules": rules})
}

/// The members of an enabled log. A prefix that is empty is none.
pub(super) fn logging(enabled: &Value) -> Value {
    renamed(enabled, &[("TargetBucket", "DestinationBucketName"), ("TargetPrefix", "LogFilePrefix")])
}

/// A configuration for each event, as a template has it.
pub(super) fn notification(found: &Value) -> Value {
    let mut given = json!({});
    for (property, member, destination, arn) in [
        ("LambdaConfigurations", "LambdaFunctionConfigurations", "Function", "LambdaFunctionArn"),
        ("QueueConfigurations", "QueueConfigurations", "Queue", "QueueArn"),
        ("TopicConfigurations", "TopicConfigurations", "Topic", "TopicArn"),
    ] {
        let configurations: Vec<Value> = items(found, member)
            .flat_map(|one| {
                items(one, "Events").map(move |event| {
                    let mut given = json!({"Event": event});
                    given[destination] = one.get(arn).cloned().unwrap_or_default();
                    if let Some(rules) = one.pointer("/Filter/Key/FilterRules") {
                        given["Filter"] = json!({"S3Key": {"Rules": rules}});
                    }
                    given
                })
            })
            .collect();
        if !configurations.is_empty() {
            given[property] = configurations.into();
        }
    }
    given["EventBridgeConfiguration"] = match found.get("EventBridgeConfiguration") {
        Some(_) => json!({"EventBridgeEnabled": true}),
        None => Value::Null,
    };
    given
}

pub(super) fn replication(found: &Value) -> Value {
    renamed_replication(found, &[("ID", "Id"), ("Tag", "TagFilter"), ("Tags", "TagFilters")])
}

pub(super) fn lifecycle(rules: &Value) -> Value {
    json!({"Rules": rules.as_array().into_iter().flatten().map(rule).collect::<Vec<_>>()})
}

fn rule(found: &Value) -> Value {
    let mut given = Map::new();
    let transition = |one: &Value| {
        renamed(one, &[("Days", "TransitionInDays"), ("NoncurrentDays", "TransitionInDays"), ("Date", "TransitionDate")])
    };
    for (name, value) in found.as_object().into_iter().flatten() {
        match name.as_str() {
            "Filter" => {
                let both = value.get("And").unwrap_or(value);
                for (name, value) in both.as_object().into_iter().flatten() {
                    match name.as_str() {
                        "Tag" => given.insert("TagFilters".to_owned(), json!([value])),
                        "Tags" => given.insert("TagFilters".to_owned(), value.clone()),
                        _ => given.insert(name.clone(), value.clone()),
                    };
                }
            }
            "Expiration" => {
                let names = [("Days", "ExpirationInDays"), ("Date", "ExpirationDate")];
                given.extend(renamed(value, &names).as_object().cloned().unwrap_or_default());
            }
            "ID" => drop(given.insert("Id".to_owned(), value.clone())),
            "Transitions" | "NoncurrentVersionTransitions" => {
                drop(given.insert(name.clone(), items(found, name).map(transition).collect()));
            }
            _ => drop(given.insert(name.clone(), value.clone())),
        }
    }
    given.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::bucket_property;

    #[test]
    fn what_was_put_is_read_as_it_was_given() {
        let rule = |given: Value| lifecycle(&json!([bucket_property::lifecycle_rule(&given)]))["Rules"][0].clone();
        let tag = json!({"Key": "k", "Value": "v"});
        for given in [
            json!({"Id": "a", "Status": "Enabled", "ExpirationInDays": 3, "Prefix": "p/"}),
            json!({"TagFilters": [tag], "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 7}]}),
            json!({"Prefix": "p", "ObjectSizeGreaterThan": 5, "TagFilters": [tag, tag]}),
            json!({"Prefix": "p", "NoncurrentVersionTransitions": [{"StorageClass": "GLACIER", "TransitionInDays": 7}]}),
        ] {
            assert_eq!(rule(given.clone()), given);
        }
        let given = json!({"CorsRules": [{"Id": "i", "AllowedMethods": ["GET"], "MaxAge": 5, "ExposedHeaders": ["a"]}]});
        assert_eq!(cors(&bucket_property::cors(&given)["CORSRules"]), given);
        let given = json!({
            "EventBridgeConfiguration": {"EventBridgeEnabled": true},
            "QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": "q", "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "a"}]}}}],
        });
        assert_eq!(notification(&bucket_property::notification(&given)), given);
        let destination = json!({"Bucket": "arn:aws:s3:::copies"});
        let given = json!({"Role": "arn:aws:iam::111122223333:role/copies", "Rules": [
            {"Id": "a", "Status": "Enabled", "Prefix": "p/", "Destination": destination},
            {"Id": "b", "Status": "Enabled", "Priority": 1, "Destination": destination, "DeleteMarkerReplication": {"Status": "Disabled"},
             "Filter": {"TagFilter": tag}},
            {"Id": "c", "Status": "Disabled", "Priority": 2, "Destination": destination, "DeleteMarkerReplication": {"Status": "Disabled"},
             "Filter": {"And": {"Prefix": "p/", "TagFilters": [tag, tag]}}},
        ]});
        let put = bucket_property::replication(&given);
        assert_eq!((&put["Rules"][1]["Filter"]["Tag"], &put["Rules"][2]["Filter"]["And"]["Tags"]), (&tag, &json!([tag, tag])));
        assert_eq!(replication(&put), given);
    }
}
