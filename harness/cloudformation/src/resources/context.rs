//! What making a resource needs: the region, the deploying principal, and the stack that it belongs to.

use std::time::Duration;

use nightproof_core::credentials::random_string;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use super::super::stack::MadeResource;
use super::super::worker::Worker;
use super::difference::same;

/// How long a resource may take to settle; a machine boots in well under a second.
const SETTLE: Duration = Duration::from_secs(120);
/// How long what was just made may be unknown elsewhere. CloudFormation waits for minutes; a role that never can be assumed is to fail
/// sooner in a rehearsal.
const PROPAGATION: Duration = Duration::from_secs(5);

pub(in super::super) struct Context {
    worker: Worker,
    logical: String,
    /// The properties that the resource is made with.
    pub(super) properties: Value,
    /// Whether it is changed rather than made.
    pub(super) is_update: bool,
}

impl Context {
    pub(in super::super) fn new(worker: Worker, logical: &str) -> Self {
        Self { worker, logical: logical.to_owned(), properties: Value::Null, is_update: false }
    }

    /// Records that the resource exists under this physical id, so that it is deleted even if it never becomes whole.
    pub(super) fn exists(&self, physical: &str) {
        let made = MadeResource { physical: physical.to_owned(), properties: self.properties.clone(), ..MadeResource::default() };
        let now = self.worker.now();
        self.worker.with(|stack| {
            let status = stack.resource(&self.logical).map(|resource| {
                resource.made = Some(made);
                resource.status
            });
            if let Some(status) = status {
                stack.resource_becomes(&self.logical, status, Some("Resource creation Initiated".to_owned()), now);
            }
        });
    }

    /// A call as the deploying principal. Absent members are left out of the document, and scalars take the types of the service's model.
    pub(super) async fn call(&self, service: &str, operation: &str, mut input: Value) -> Result<Value, AwsError> {
        if let Some(members) = input.as_object_mut() {
            members.retain(|_, value| !value.is_null());
        }
        if let Some(model) = nightproof_wire::service(service)
            && let Some(operation) = model.operation(operation)
        {
            input = model.coerced(operation, input);
        }
        self.worker.region.call(&self.worker.caller, service, operation, input).await
    }

    /// As [`Context::call`], its error in the words of a resource's status reason.
    pub(super) async fn make(&self, service: &str, operation: &str, input: Value) -> Result<Value, String> {
        self.call(service, operation, input).await.map_err(|error| reason(service, &error))
    }

    /// As [`Context::make`], again and again for a while as long as the answer is `unknown_yet`: what another service has just made may be
    /// known to this one a little later.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>
    pub(super) async fn make_once_known(
        &self,
        service: &str,
        operation: &str,
        input: Value,
        unknown_yet: impl Fn(&AwsError) -> bool,
    ) -> Result<Value, String> {
        let begun = tokio::time::Instant::now();
        loop {
            match self.call(service, operation, input.clone()).await {
                Err(error) if unknown_yet(&error) && begun.elapsed() < PROPAGATION && !self.worker.cancel.is_cancelled() => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                answer => return answer.map_err(|error| reason(service, &error)),
            }
        }
    }

    /// As [`Context::make`], but an error with the code `tolerated` is none.
    pub(super) async fn make_or(&self, service: &str, operation: &str, input: Value, tolerated: &str) -> Result<(), String> {
        match self.call(service, operation, input).await {
            Ok(_) => Ok(()),
            Err(error) if error.code == tolerated => Ok(()),
            Err(error) => Err(reason(service, &error)),
        }
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
        loop {
            let answer = self.make(service, operation, input.clone()).await?;
            if settled(&answer)? {
                return Ok(answer);
            }
            if self.worker.cancel.is_cancelled() {
                return Err("Resource creation cancelled".to_owned());
            }
            if started.elapsed() > SETTLE {
                return Err(format!("{operation} did not settle in {} s; last seen: {answer}", SETTLE.as_secs()));
            }
            // A twentieth of the time that has passed: little is lost by looking late.
            tokio::time::sleep((started.elapsed() / 20).clamp(Duration::from_millis(1), Duration::from_millis(50))).await;
        }
    }

    pub(super) fn account(&self) -> &str {
        &self.worker.caller.account
    }

    pub(super) fn region(&self) -> &str {
        self.worker.region.name()
    }

    /// `stack-logical-RANDOM`, at most `longest` characters.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html>
    pub(super) fn name(&self, longest: usize) -> String {
        let random = random_string(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 12);
        let room = longest.saturating_sub(random.len() + 2);
        let half = room / 2;
        let logical: String =
            self.logical.chars().take(room.saturating_sub(self.worker.name.len().min(half)).max(half)).collect();
        let stack: String = self.worker.name.chars().take(room.saturating_sub(logical.len())).collect();
        format!("{stack}-{logical}-{random}")
    }

    /// The name that a property gives, or one made up.
    pub(super) fn name_or(&self, properties: &Value, property: &str, longest: usize) -> String {
        match properties.get(property) {
            Some(Value::String(name)) => name.clone(),
            // A template may spell a name as a number.
            Some(name @ (Value::Number(_) | Value::Bool(_))) => name.to_string(),
            _ => self.name(longest),
        }
    }
}

/// The tags of a resource for a create call of EC2.
pub(super) fn tag_specification(kind: &str, properties: &Value) -> Value {
    match properties.get("Tags") {
        Some(tags) => json!([{"ResourceType": kind, "Tags": tags}]),
        None => Value::Null,
    }
}

/// A status reason, as CloudFormation words what a service answered.
fn reason(service: &str, error: &AwsError) -> String {
    format!("{} (Service: {service}, Status Code: {}, Code: {})", error.message, error.status, error.code)
}

fn is_gone(error: &AwsError) -> bool {
    let code = &error.code;
    ["NotFound", "NoSuch", "NonExistent", "DoesNotExist"].iter().any(|part| code.contains(part)) || code == "InvalidDocument"
}

/// What was made: its physical id and attributes.
pub(super) fn made<const N: usize>(physical: impl Into<String>, attributes: [(&str, Value); N]) -> MadeResource {
    MadeResource {
        physical: physical.into(),
        attributes: attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        properties: Value::Null,
    }
}

/// The values of a property before and after, null where there is none; `None` if they are the same.
pub(super) fn changed<'a>(old: &'a Value, new: &'a Value, name: &str) -> Option<(&'a Value, &'a Value)> {
    let of = |properties: &'a Value| properties.get(name).unwrap_or(&Value::Null);
    (!same(of(old), of(new))).then(|| (of(old), of(new)))
}

/// Texts in a list; none if it is something else.
pub(super) fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A text at a pointer; empty if there is none.
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
