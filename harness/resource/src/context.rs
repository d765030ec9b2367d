//! What the functions of a resource type call with: the region, the deploying principal, and the resource's place in its stack.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt as _;
use nightproof_core::credentials::random_string;
use nightproof_core::service::{AwsError, empty_body};
use nightproof_core::{Caller, Region};
use nightproof_wire::arn::Arn;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{Reading, Result, Unread};

/// How long a resource may take to settle; a machine boots in well under a second.
const SETTLE: Duration = Duration::from_secs(120);
/// How long what was just made may be unknown elsewhere. CloudFormation waits for minutes; a role that never can be assumed is to fail
/// sooner in a rehearsal.
const PROPAGATION: Duration = Duration::from_secs(5);

/// The stack's record of one resource.
pub trait ResourceRecord: std::any::Any + Send + Sync {
    /// The resource exists under this physical id, and is deleted with the stack even if it never becomes whole.
    fn exists(&self, physical: &str);

    /// Tells in the stack's events what is done about the resource, whose status stays what it is.
    fn report(&self, _reason: &str) {}

    /// The signals that the resource was sent since it began to be what it is to be.
    fn signals(&self) -> Vec<ResourceSignal> {
        Vec::new()
    }
}

/// A signal to a resource. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_SignalResource.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceSignal {
    /// Whose signal it is: the id of an instance.
    pub unique_id: String,
    /// Whether it tells of a success.
    pub is_success: bool,
}

/// The stack that a resource belongs to, and the principal who deploys it.
#[derive(Clone)]
pub struct Deployment {
    /// Where calls go.
    pub region: Region,
    /// The deploying principal, by CloudFormation.
    pub caller: Caller,
    /// The stack's name.
    pub stack: String,
    /// The resource's name in the template.
    pub logical_id: String,
    /// Ends what goes on.
    pub cancel: CancellationToken,
    /// The stack's record of the resource.
    pub record: Arc<dyn ResourceRecord>,
    /// The resource's attribute `UpdatePolicy`, if it has one.
    pub update_policy: Option<Value>,
}

/// What creating, changing or deleting one resource needs.
pub struct Context {
    deployment: Deployment,
    is_update: bool,
}

impl Context {
    /// For one function of a provider; `is_update` is true for its `update`.
    pub fn new(deployment: Deployment, is_update: bool) -> Self {
        Self { deployment, is_update }
    }

    /// The same for what a resource is in another region; without a name, in this one.
    ///
    /// # Errors
    /// The region is not served.
    pub fn in_region(&self, name: &str) -> Result<Self> {
        let missing = || format!("the region {name}, which was not started, is not implemented by this local region");
        let name = if name.is_empty() { self.region() } else { name };
        let region = self.deployment.region.sibling(name).ok_or_else(missing)?;
        Ok(Self { deployment: Deployment { region, ..self.deployment.clone() }, is_update: self.is_update })
    }

    /// Whether the resource is changed, and so may have been changed in part before.
    pub fn is_update(&self) -> bool {
        self.is_update
    }

    /// The stack's record of the resource.
    pub fn record(&self) -> &dyn ResourceRecord {
        self.deployment.record.as_ref()
    }

    /// The signals that the resource was sent.
    pub fn signals(&self) -> Vec<ResourceSignal> {
        self.deployment.record.signals()
    }

    /// The resource's attribute `UpdatePolicy`.
    pub fn update_policy(&self) -> Option<&Value> {
        self.deployment.update_policy.as_ref()
    }

    /// Whether nobody waits for the resource any more.
    pub fn is_cancelled(&self) -> bool {
        self.deployment.cancel.is_cancelled()
    }

    /// The region.
    pub fn handle(&self) -> &Region {
        &self.deployment.region
    }

    /// The deploying principal.
    pub fn caller(&self) -> &Caller {
        &self.deployment.caller
    }

    /// Records that the resource exists under this physical id, so that it is deleted even if it never becomes whole.
    pub fn exists(&self, physical: &str) {
        self.deployment.record.exists(physical);
    }

    /// A call as the deploying principal. Absent (null) members are left out of the document, and scalars take the types of the service's
    /// model.
    ///
    /// # Errors
    /// The service's.
    pub async fn call(&self, service: &str, operation: &str, mut input: Value) -> std::result::Result<Value, AwsError> {
        if let Some(members) = input.as_object_mut() {
            members.retain(|_, value| !value.is_null());
        }
        if let Some(model) = nightproof_wire::service(service)
            && let Some(operation) = model.operation(operation)
        {
            input = model.coerced(operation, input);
        }
        self.deployment.region.call(&self.deployment.caller, service, operation, input).await
    }

    /// The bytes of an object, read as the deploying principal.
    ///
    /// # Errors
    /// Those of S3, in the words of a resource's status reason.
    pub async fn object(&self, bucket: &str, key: &str, version: Option<&str>) -> Result<Vec<u8>> {
        let mut input = json!({ "Bucket": bucket, "Key": key });
        if let (Some(version), Some(members)) = (version, input.as_object_mut()) {
            members.insert("VersionId".to_owned(), version.into());
        }
        let Deployment { region, caller, .. } = &self.deployment;
        let reply = region.call_with_body(caller, "s3", "GetObject", input, empty_body()).await;
        let body = reply.map_err(|error| reason("s3", &error))?.body.unwrap_or_else(empty_body);
        body.collect().await.map(|body| body.to_bytes().to_vec()).map_err(|error| error.to_string())
    }

    /// As [`Context::call`].
    ///
    /// # Errors
    /// The service's, in the words of a resource's status reason.
    pub async fn make(&self, service: &str, operation: &str, input: Value) -> Result<Value> {
        self.call(service, operation, input).await.map_err(|error| reason(service, &error))
    }

    /// As [`Context::make`], repeated for some seconds while the error is `unknown_yet`: what another service has just made may be known to
    /// this one a little later.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>
    ///
    /// # Errors
    /// The service's, in the words of a resource's status reason.
    pub async fn make_once_known(
        &self,
        service: &str,
        operation: &str,
        input: Value,
        unknown_yet: impl Fn(&AwsError) -> bool,
    ) -> Result<Value> {
        let made = nightproof_poll::try_until(PROPAGATION, || async {
            match self.call(service, operation, input.clone()).await {
                Err(error) if unknown_yet(&error) && !self.deployment.cancel.is_cancelled() => Ok(Err(error)),
                answer => answer.map(Ok),
            }
        });
        made.await.flatten().map_err(|error| reason(service, &error))
    }

    /// As [`Context::make`], except that an error with the code `tolerated` is a success.
    ///
    /// # Errors
    /// The service's, in the words of a resource's status reason.
    pub async fn make_or(&self, service: &str, operation: &str, input: Value, tolerated: &str) -> Result<()> {
        match self.call(service, operation, input).await {
            Ok(_) => Ok(()),
            Err(error) if error.code == tolerated => Ok(()),
            Err(error) => Err(reason(service, &error)),
        }
    }

    /// As [`Context::make`], except that deleting something that does not exist any more succeeds.
    ///
    /// # Errors
    /// The service's, in the words of a resource's status reason.
    pub async fn unmake(&self, service: &str, operation: &str, input: Value) -> Result<()> {
        match self.call(service, operation, input).await {
            Ok(_) => Ok(()),
            Err(error) if is_gone(&error) => Ok(()),
            Err(error) => Err(reason(service, &error)),
        }
    }

    /// What a call answers at a JSON pointer. A resource of which nothing is there is gone.
    ///
    /// # Errors
    /// The resource is gone, or the service refused.
    pub async fn read(&self, service: &str, operation: &str, input: Value, pointer: &str) -> Reading {
        match self.read_part(service, operation, input, pointer).await? {
            Value::Null => Err(Unread::Gone),
            found => Ok(found),
        }
    }

    /// As [`Context::read`], for a part that the resource need not have: null if it has none.
    ///
    /// # Errors
    /// The service refused.
    pub async fn read_part(&self, service: &str, operation: &str, input: Value, pointer: &str) -> Reading {
        match self.call(service, operation, input).await {
            Ok(answer) => Ok(answer.pointer(pointer).cloned().unwrap_or_default()),
            Err(error) if is_gone(&error) => Ok(Value::Null),
            Err(error) => Err(Unread::Failed(reason(service, &error))),
        }
    }

    /// Repeats a call until `settled` is true of its answer, and returns that.
    ///
    /// # Errors
    /// The service's or that of `settled`; or that it took longer than 120 s, with the last answer.
    pub async fn until(
        &self,
        service: &str,
        operation: &str,
        input: Value,
        settled: impl Fn(&Value) -> Result<bool>,
    ) -> Result<Value> {
        let answered = nightproof_poll::try_until(SETTLE, || async {
            let answer = self.make(service, operation, input.clone()).await?;
            match settled(&answer)? {
                true => Ok(Ok(answer)),
                false if self.deployment.cancel.is_cancelled() => Err("Resource creation cancelled".to_owned()),
                false => Ok(Err(answer)),
            }
        });
        let late = |last| format!("{operation} did not settle in {} s; last seen: {last}", SETTLE.as_secs());
        answered.await?.map_err(late)
    }

    /// The account that the stack is in.
    pub fn account(&self) -> &str {
        &self.deployment.caller.account
    }

    /// The ARN of a service's resource in the stack's region and account.
    pub fn arn(&self, service: &str, resource: impl Into<String>) -> String {
        Arn::new(service, self.region(), self.account(), resource).to_string()
    }

    /// The resource's name in the template.
    pub fn logical_id(&self) -> &str {
        &self.deployment.logical_id
    }

    /// The region's name.
    pub fn region(&self) -> &str {
        self.deployment.region.name()
    }

    /// `stack-logical-RANDOM`, at most `longest` characters.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html>
    pub fn name(&self, longest: usize) -> String {
        let Deployment { stack, logical_id, .. } = &self.deployment;
        let random = random_string(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 12);
        let room = longest.saturating_sub(random.len() + 2);
        let half = room / 2;
        let logical: String = logical_id.chars().take(room.saturating_sub(stack.len().min(half)).max(half)).collect();
        let stack: String = stack.chars().take(room.saturating_sub(logical.len())).collect();
        format!("{stack}-{logical}-{random}")
    }

    /// `CFN-logical-RANDOM`: a name as some types' own handlers make it.
    pub fn name_of_type(&self) -> String {
        let random = random_string(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 12);
        format!("CFN-{}-{random}", self.deployment.logical_id)
    }

    /// The name that a property gives, or one as [`Context::name`] makes it.
    pub fn name_or(&self, properties: &Value, property: &str, longest: usize) -> String {
        match properties.get(property).and_then(Value::as_str) {
            Some(name) => name.to_owned(),
            None => self.name(longest),
        }
    }
}

/// A status reason, as CloudFormation words what a service answered.
pub fn reason(service: &str, error: &AwsError) -> String {
    format!("{} (Service: {service}, Status Code: {}, Code: {})", error.message, error.status, error.code)
}

fn is_gone(error: &AwsError) -> bool {
    let code = &error.code;
    ["NotFound", "NoSuch", "NonExistent", "DoesNotExist"].iter().any(|part| code.contains(part)) || code == "InvalidDocument"
}
