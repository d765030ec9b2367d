//! What a service of the region is: operations from an input document to an output document.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, Full};
use jiff::Timestamp;
pub use nightproof_wire::AwsError;
pub use nightproof_wire::arn::{self, Arn};
use serde_json::Value;

use crate::authorization::ResourcePolicyText;
use crate::resource_group::GroupQuery;
use crate::vpc_origin::{EndpointUse, InstanceOrigin};
use crate::{Caller, InstanceIdentity, Region};

/// A streamed payload: S3 objects, and nothing else.
pub type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// A body without bytes.
pub fn empty_body() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// A body of bytes that are in memory already.
pub fn full_body(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// One authenticated, authorized call on its way to a service.
#[derive(Clone)]
pub struct Call {
    /// The region, for calls to other services, the clock and machines.
    pub region: Region,
    /// Who calls.
    pub caller: Caller,
    /// The request id that the answer carries and the journal records.
    pub request_id: String,
    /// Region time at which the call arrived.
    pub now: Timestamp,
    /// The caller's address, or the service principal when AWS itself calls.
    pub source_ip: String,
    /// The `User-Agent` header, or the service principal.
    pub user_agent: String,
    /// Whether the call came over TLS (`aws:SecureTransport`).
    pub tls: bool,
    /// Method, URI and headers of the request; `None` for calls from inside the region.
    pub http: Option<Arc<http::request::Parts>>,
}

impl Call {
    /// A call from inside the region at this moment, in the name of `by`: a service principal.
    pub fn internal(region: &Region, caller: Caller, by: &str) -> Self {
        Self {
            region: region.clone(),
            caller,
            request_id: uuid::Uuid::new_v4().to_string(),
            now: region.clock().now(),
            source_ip: by.to_owned(),
            user_agent: by.to_owned(),
            tls: true,
            http: None,
        }
    }

    /// The account that the caller acts in.
    pub fn account(&self) -> &str {
        &self.caller.account
    }

    /// The VPC endpoint that the request has passed on its way to `service`, if it came out of an instance and passed one.
    pub fn vpc_endpoint(&self, service: &str) -> Option<EndpointUse> {
        let origin = self.http.as_ref()?.extensions.get::<InstanceOrigin>()?;
        self.region.service("ec2")?.endpoint_of(origin, service)
    }

    /// The instance whose identity document came with the request, if one did.
    pub fn instance_identity(&self) -> Option<&str> {
        let head = self.http.as_ref()?;
        head.extensions.get::<InstanceIdentity>().map(|InstanceIdentity(id)| id.as_str())
    }

    /// The ARN of a service's resource in this region and the caller's account.
    pub fn arn(&self, service: &str, resource: impl Into<String>) -> String {
        Arn::new(service, self.region.name(), self.account(), resource).to_string()
    }
}

/// What an operation answers.
pub struct Reply {
    /// The output document, in the shape of the operation's output in the service model.
    pub output: Value,
    /// The streamed payload of the output, if its model has one. Its length stands in the document (`ContentLength`).
    pub body: Option<Body>,
}

impl From<Value> for Reply {
    fn from(output: Value) -> Self {
        Self { output, body: None }
    }
}

/// Done when what is to be said of a resource is ready.
pub type Prepared<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// What a browser says of a page that asks for a resource of another origin.
#[derive(Debug, Clone, Copy)]
pub struct CrossOrigin<'a> {
    /// Where the page is from: `https://example.com`.
    pub origin: &'a str,
    /// The method that it uses, or wants to use; `None` if a preflight does not tell.
    pub method: Option<&'a str>,
    /// The names of the headers that it wants to send.
    pub headers: Option<&'a str>,
    /// The object that it asks for, if it is one.
    pub key: Option<&'a str>,
    /// Whether it asks whether it may, before it does.
    pub preflight: bool,
}

/// A resource and its tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    /// The resource's ARN.
    pub arn: String,
    /// Keys and values; none, and the resource is of no account to who looks for tags.
    pub tags: Vec<(String, String)>,
}

/// An instance of EC2, as far as other services ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// `i-0123456789abcdef0`
    pub id: String,
    /// `running`
    pub state: String,
    /// Keys and values.
    pub tags: BTreeMap<String, String>,
}

impl Instance {
    /// Whether it satisfies the key `tag:K` (one of `values`) or `tag-key`.
    pub fn has(&self, key: &str, values: &[String]) -> bool {
        match key.strip_prefix("tag:") {
            Some(name) => self.tags.get(name).is_some_and(|value| values.contains(value)),
            None => values.iter().any(|name| self.tags.contains_key(name)),
        }
    }

    /// A node can be sent a command while its instance exists and runs.
    pub fn usable(&self) -> bool {
        matches!(self.state.as_str(), "pending" | "running")
    }
}

/// A service: a crate under `services/`, which keeps its own records by account.
#[async_trait]
pub trait Service: Send + Sync {
    /// Carries out `operation` (the model's name: `CreateBucket`). `input` has been validated against the service model;
    /// timestamps in documents are RFC 3339 strings, blobs base64 strings. An operation that is not written answers
    /// [`AwsError::not_implemented`].
    async fn call(&self, call: &Call, operation: &str, input: Value, body: Body) -> Result<Reply, AwsError>;

    /// The permissions that the service's operations require. A line is
    /// `Operations action resource [?Member | !Member | key=Member | key='text']…`; `#` begins a comment.
    /// - Operations are separated by commas; an action of `=` is the operation under the service's prefix; the action of an operation that
    ///   requires nothing is `-`.
    /// - A resource is `*`, a full ARN pattern (`arn:…`), the rest of an ARN of the service (`vpc/{VpcId}`), or `@kind`, which
    ///   [`Service::resources`] resolves. `{A.B}` stands for the value of a member, once for each element of a list; an absent member reads
    ///   as `*`, and a value that is itself an ARN is the whole resource.
    /// - The permission is required only if `?Member` is in the request, or `!Member` is not.
    /// - `key=Member` gives the request's value to a condition key, `key='text'` a fixed one.
    ///
    /// An operation without a line is not implemented.
    /// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html>
    fn permissions(&self) -> &'static str {
        ""
    }

    /// Whether resources of the service can have policies.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html>
    fn has_resource_policies(&self) -> bool {
        false
    }

    /// The ARNs that [`Service::permissions`] means by `@kind` in a call with this input, where a name, an alias or a tag stands for
    /// them. If empty, no permission is required: the operation itself reports what does not exist.
    async fn resources(&self, _call: &Call, _kind: &str, _input: &Value) -> Vec<String> {
        Vec::new()
    }

    /// Gets ready what is to be said of a resource before a call on it is decided: a service whose records are elsewhere fetches them.
    /// `None`: there is nothing to get ready.
    fn prepare<'a>(&'a self, _call: &'a Call, _arn: &'a str) -> Option<Prepared<'a>> {
        None
    }

    /// The policy of a resource of this service, as it is at this moment.
    fn resource_policy(&self, _account: &str, _arn: &str) -> Option<ResourcePolicyText> {
        None
    }

    /// The tags of a resource of this service, as they are at this moment.
    fn resource_tags(&self, _account: &str, _arn: &str) -> Vec<(String, String)> {
        Vec::new()
    }

    /// The resources of the caller's account that are found by their tags, as they are at this moment.
    async fn tagged(&self, _call: &Call) -> Vec<Tagged> {
        Vec::new()
    }

    /// The instances of an account, as they are at this moment: EC2's alone. Systems Manager looks at them without calling, as on AWS, where
    /// no trail shows it.
    fn instances(&self, _region: &Region, _account: &str) -> Vec<Instance> {
        Vec::new()
    }

    /// The query of a resource group of this name or ARN: that of Resource Groups alone. Systems Manager resolves targets by it without
    /// calling.
    fn resource_group(&self, _account: &str, _group: &str) -> Option<GroupQuery> {
        None
    }

    /// The VPC endpoint that calls of an instance to `service` pass: EC2's alone.
    fn endpoint_of(&self, _origin: &InstanceOrigin, _service: &str) -> Option<EndpointUse> {
        None
    }

    /// The instance that an identity document is of, and who it calls as, if the signature is the service's own: EC2's alone.
    async fn identify(&self, _region: &Region, _document: &str, _signature: &str) -> Option<(InstanceIdentity, Caller)> {
        None
    }

    /// Whether the service lets a call through that no policy allows, by what it knows of the caller itself.
    fn allows_by_itself(&self, _call: &Call, _operation: &str, _input: &Value) -> bool {
        false
    }

    /// The headers that let a page of another origin read the answer to its request of a bucket; `None` if it may not. A preflight of
    /// what it may not do is refused. <https://fetch.spec.whatwg.org/#http-cors-protocol>
    fn cross_origin(&self, _bucket: &str, _asked: &CrossOrigin<'_>) -> Result<Option<Vec<(&'static str, String)>>, AwsError> {
        Ok(None)
    }

    /// Returns what the service answers to a call that was denied: the denial, unless something else is refused first.
    fn denied(&self, _call: &Call, _input: &Value, denial: AwsError) -> AwsError {
        denial
    }

    /// Told of a call that the gateway refused, before it came to the service: what is known of `input` may be a part of it.
    fn refused(&self, _call: &Call, _operation: &str, _input: &Value, _error: &AwsError) {}

    /// Whether a request to this host and path is the service's to answer though it is no call of an API: a function's URL.
    fn serves(&self, _region: &Region, _host: &str, _path: &str) -> bool {
        false
    }

    /// Answers such a request. The call is by who signed it, and by nobody if it is not signed well.
    async fn serve(&self, _call: &Call, _body: Bytes) -> http::Response<Body> {
        http::Response::new(empty_body())
    }

    /// Called once when the region is up: the place to spawn background tasks (on `region.tasks()`).
    fn start(self: Arc<Self>, _region: &Region) {}
}
