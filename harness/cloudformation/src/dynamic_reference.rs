//! Values of dynamic references, fetched as the deploying principal when a resource is made or changed. The stack's records keep the
//! references, so that no secret is in them and a new value behind the same reference is no change of the template.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use nightproof_template::DynamicReference;
use serde_json::{Value, json};

use crate::texts;
use crate::worker::Worker;

/// Where `ssm-secure` may stand.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm-secure-strings.html>
const SECURE: [(&str, &[&str]); 11] = [
    ("AWS::DirectoryService::MicrosoftAD", &["Password"]),
    ("AWS::DirectoryService::SimpleAD", &["Password"]),
    ("AWS::ElastiCache::ReplicationGroup", &["AuthToken"]),
    ("AWS::IAM::User", &["LoginProfile", "Password"]),
    ("AWS::KinesisFirehose::DeliveryStream", &["RedshiftDestinationConfiguration", "Password"]),
    ("AWS::OpsWorks::App", &["AppSource", "Password"]),
    ("AWS::OpsWorks::Stack", &["CustomCookbooksSource", "Password"]),
    ("AWS::OpsWorks::Stack", &["RdsDbInstances", "DbPassword"]),
    ("AWS::RDS::DBCluster", &["MasterUserPassword"]),
    ("AWS::RDS::DBInstance", &["MasterUserPassword"]),
    ("AWS::Redshift::Cluster", &["MasterUserPassword"]),
];

/// Whether a text has a dynamic reference.
pub(crate) fn is_in(text: &str) -> bool {
    !DynamicReference::all(text).is_empty()
}

/// Refuses, in a property's text, references that are not formed as such, and secure ones where CloudFormation does not take them.
pub(crate) fn check(kind: &str, path: &[&str], text: &str) -> Result<(), String> {
    for (_, reference) in DynamicReference::all(text) {
        let is_secure = matches!(reference?, DynamicReference::Parameter { secure: true, .. });
        if is_secure && !SECURE.contains(&(kind, path)) {
            return Err(format!("SSM Secure reference is not supported in: [{kind}/Properties/{}]", path.join("/")));
        }
    }
    Ok(())
}

/// Properties with the values behind their references.
///
/// # Errors
/// Why a value cannot be had, as the status reason of the resource.
pub(crate) async fn resolve(worker: &Worker, properties: &Value) -> Result<Value, String> {
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    for (text, reference) in references(properties) {
        if let Entry::Vacant(unknown) = values.entry(text) {
            unknown.insert(fetch(worker, &reference?).await?);
        }
    }
    Ok(if values.is_empty() { properties.clone() } else { replaced(properties, &values) })
}

/// The properties that a resource was made with, with the values that `new` has for those that the template says in the same words: what
/// it has behind its references is taken as current.
pub(crate) fn known(old: &Value, new: &Value, resolved: &Value) -> Value {
    let (Some(members), Some(now)) = (old.as_object(), new.as_object()) else { return old.clone() };
    let of = |(name, value): (&String, &Value)| {
        let same = now.get(name) == Some(value);
        (name.clone(), resolved.get(name).filter(|_| same).unwrap_or(value).clone())
    };
    Value::Object(members.iter().map(of).collect())
}

fn references(value: &Value) -> Vec<(String, Result<DynamicReference, String>)> {
    match value {
        Value::String(text) => {
            let all = DynamicReference::all(text).into_iter();
            all.filter_map(|(place, reference)| Some((text.get(place)?.to_owned(), reference))).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Object(members) => members.values().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn replaced(value: &Value, values: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => {
            let mut filled = String::new();
            let mut from = 0;
            for (place, _) in DynamicReference::all(text) {
                filled.push_str(text.get(from..place.start).unwrap_or_default());
                from = place.end;
                filled.push_str(text.get(place).and_then(|name| values.get(name)).map_or("", String::as_str));
            }
            filled.push_str(text.get(from..).unwrap_or_default());
            filled.into()
        }
        Value::Array(items) => items.iter().map(|item| replaced(item, values)).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, inner)| (name.clone(), replaced(inner, values))).collect())
        }
        other => other.clone(),
    }
}

async fn fetch(worker: &Worker, reference: &DynamicReference) -> Result<String, String> {
    match reference {
        DynamicReference::Parameter { secure, name, version } => parameter(worker, *secure, name, *version).await,
        DynamicReference::Secret { id, key, stage, version } => {
            let mut input = json!({ "SecretId": id });
            for (member, value) in [("VersionStage", stage), ("VersionId", version)] {
                if let Some(value) = value {
                    input[member] = value.as_str().into();
                }
            }
            let answer = call(worker, "secretsmanager", "GetSecretValue", input).await.map_err(|error| error.message)?;
            let text = answer.text("SecretString").ok_or("Secrets Manager reference does not have a SecretString")?;
            match key {
                Some(key) => member(text, key),
                None => Ok(text.to_owned()),
            }
        }
    }
}

/// The value of a key of the JSON document in a secret.
fn member(text: &str, key: &str) -> Result<String, String> {
    let document: Value = serde_json::from_str(text).map_err(|_| "Could not parse SecretString JSON")?;
    let value = document.get(key).and_then(texts::text);
    value.ok_or_else(|| "Could not find a value associated with JSONKey in SecretString".to_owned())
}

async fn parameter(worker: &Worker, secure: bool, name: &str, version: Option<u64>) -> Result<String, String> {
    let selector = version.map_or_else(|| name.to_owned(), |version| format!("{name}:{version}"));
    let input = json!({ "Names": [selector], "WithDecryption": secure });
    let answer = call(worker, "ssm", "GetParameters", input).await.map_err(|error| error.message)?;
    let Some(found) = answer.list("Parameters").first() else {
        let service = if secure { "ssm-secure" } else { "ssm" };
        let version = version.map(|version| version.to_string()).unwrap_or_default();
        return Err(format!("Parameters: [{service}:{name}:{version}:{}] cannot be found.", worker.caller.account));
    };
    if (found.text("Type") == Some("SecureString")) != secure {
        return Err(format!("Parameters [{name}] referenced by template have types not supported by CloudFormation."));
    }
    Ok(found.required("Value").to_owned())
}

async fn call(worker: &Worker, service: &str, operation: &str, input: Value) -> Result<Value, AwsError> {
    worker.region.call(&worker.caller, service, operation, input).await
}
