//! What making a resource needs: the region, the deploying principal, and the stack that it belongs to.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::super::stack::MadeResource;
use crate::credentials::random_string;
use crate::service::AwsError;
use crate::{Caller, Region};

/// How long a resource may take to settle; a machine boots in well under a second.
const SETTLE: Duration = Duration::from_secs(120);

pub(in super::super) struct Context {
    region: Region,
    caller: Caller,
    stack_id: String,
    stack_name: String,
    logical: String,
    tags: Vec<(String, String)>,
}

impl Context {
    pub(in super::super) fn new(
        region: &Region,
        caller: &Caller,
        stack_id: &str,
        stack_name: &str,
        logical: &str,
        tags: Vec<(String, String)>,
    ) -> Self {
        Self {
            region: region.clone(),
            caller: caller.clone(),
            stack_id: stack_id.to_owned(),
            stack_name: stack_name.to_owned(),
            logical: logical.to_owned(),
            tags,
        }
    }

    /// A call as the deploying principal. Absent members are left out of the document.
    pub(super) async fn call(&self, service: &str, operation: &str, mut input: Value) -> Result<Value, AwsError> {
        if let Some(members) = input.as_object_mut() {
            members.retain(|_, value| !value.is_null());
        }
        self.region.call(&self.caller, service, operation, input).await
    }

    /// As [`Context::call`], its error in the words of a resource's status reason.
    pub(super) async fn make(&self, service: &str, operation: &str, input: Value) -> Result<Value, String> {
        self.call(service, operation, input).await.map_err(|error| reason(service, &error))
    }

    /// As [`Context::make`], but what does not exist any more is no error.
    pub(super) async fn unmake(&self, service: &str, operation: &str, input: Value) -> Result<(), String> {
        match self.call(service, operation, input).await {
            Ok(_) => Ok(()),
            Err(error) if is_gone(&error) => Ok(()),
            Err(error) => Err(reason(service, &error)),
        }
    }

    /// Calls until `settled` says so of an answer; bounded, with the last answer in the error.
    pub(super) async fn until(
        &self,
        service: &str,
        operation: &str,
        input: Value,
        settled: impl Fn(&Value) -> Result<bool, String>,
    ) -> Result<Value, String> {
        let started = tokio::time::Instant::now();
        let mut nap = Duration::from_millis(2);
        loop {
            let answer = self.make(service, operation, input.clone()).await?;
            if settled(&answer)? {
                return Ok(answer);
            }
            if started.elapsed() > SETTLE {
                return Err(format!("{operation} did not settle in {} s; last seen: {answer}", SETTLE.as_secs()));
            }
            tokio::time::sleep(nap).await;
            nap = (nap * 2).min(Duration::from_millis(50));
        }
    }

    pub(super) fn account(&self) -> &str {
        &self.caller.account
    }

    pub(super) fn region(&self) -> &str {
        self.region.name()
    }

    /// `stack-logical-RANDOM`, at most `longest` characters.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html>
    pub(super) fn name(&self, longest: usize) -> String {
        let random = random_string(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 12);
        let room = longest.saturating_sub(random.len() + 2);
        let half = room / 2;
        let logical: String = self.logical.chars().take(room.saturating_sub(self.stack_name.len().min(half)).max(half)).collect();
        let stack: String = self.stack_name.chars().take(room.saturating_sub(logical.len())).collect();
        format!("{stack}-{logical}-{random}")
    }

    /// The name that a property gives, or one made up.
    pub(super) fn name_or(&self, properties: &Value, property: &str, longest: usize) -> String {
        properties.get(property).and_then(Value::as_str).map_or_else(|| self.name(longest), str::to_owned)
    }

    /// The stack's tags and the resource's own, `Key` and `Value`; the resource's win.
    pub(super) fn tags(&self, properties: &Value) -> Vec<Value> {
        let own = properties.get("Tags").and_then(Value::as_array).cloned().unwrap_or_default();
        let given = |key: &str| own.iter().any(|tag| tag.get("Key").and_then(Value::as_str) == Some(key));
        let inherited = self.tags.iter().filter(|(key, _)| !given(key)).map(|(key, value)| json!({"Key": key, "Value": value}));
        let mut tags: Vec<Value> = inherited.collect();
        tags.extend(own);
        tags
    }

    /// As a map, for services that want one; `None` if there are none.
    pub(super) fn tag_map(&self, properties: &Value) -> Option<Value> {
        let mut map = Map::new();
        for tag in self.tags(properties) {
            if let Some(key) = tag.get("Key").and_then(Value::as_str) {
                map.insert(key.to_owned(), tag.get("Value").cloned().unwrap_or_default());
            }
        }
        (!map.is_empty()).then_some(Value::Object(map))
    }

    /// For EC2, with CloudFormation's own tags.
    pub(super) fn tag_specification(&self, kind: &str, properties: &Value) -> Value {
        let mut tags = self.tags(properties);
        for (key, value) in [("stack-name", &self.stack_name), ("stack-id", &self.stack_id), ("logical-id", &self.logical)] {
            tags.push(json!({"Key": format!("aws:cloudformation:{key}"), "Value": value}));
        }
        json!([{"ResourceType": kind, "Tags": tags}])
    }
}

/// A status reason, as CloudFormation words what a service answered.
fn reason(service: &str, error: &AwsError) -> String {
    format!("{} (Service: {service}, Status Code: {}, Code: {})", error.message, error.status, error.code)
}

fn is_gone(error: &AwsError) -> bool {
    let code = &error.code;
    ["NotFound", "NoSuch", "NonExistent", "DoesNotExist"].iter().any(|part| code.contains(part))
}

/// What was made: its physical id and attributes.
pub(super) fn made<const N: usize>(physical: impl Into<String>, attributes: [(&str, Value); N]) -> MadeResource {
    MadeResource {
        physical: physical.into(),
        attributes: attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        properties: Value::Null,
    }
}

/// A text member of a document; empty if there is none.
pub(super) fn text(document: &Value, pointer: &str) -> String {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A copy of the named members.
pub(super) fn pick(properties: &Value, names: &[&str]) -> Value {
    let members = names.iter().filter_map(|name| Some(((*name).to_owned(), properties.get(*name)?.clone())));
    Value::Object(members.collect())
}

/// A copy in which texts at members with these names are numbers or truth values: a template may spell either as text.
pub(super) fn typed(value: &Value, integers: &[&str], booleans: &[&str]) -> Value {
    match value {
        Value::Object(members) => {
            let convert = |name: &String, member: &Value| match member {
                Value::String(text) if integers.contains(&name.as_str()) => {
                    text.parse::<i64>().map_or_else(|_| member.clone(), Value::from)
                }
                Value::String(text) if booleans.contains(&name.as_str()) => {
                    text.parse::<bool>().map_or_else(|_| member.clone(), Value::from)
                }
                other => typed(other, integers, booleans),
            };
            Value::Object(members.iter().map(|(name, member)| (name.clone(), convert(name, member))).collect())
        }
        Value::Array(items) => items.iter().map(|item| typed(item, integers, booleans)).collect(),
        other => other.clone(),
    }
}

/// A document as the text that a policy is sent as.
pub(super) fn policy(document: &Value) -> Value {
    match document {
        Value::String(text) => text.as_str().into(),
        other => other.to_string().into(),
    }
}
