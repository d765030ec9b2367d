//! What services and the authorization of calls say to each other.

use async_trait::async_trait;
use nightproof_iam_policy::ResourceRule;
use nightproof_wire::AwsError;
use serde_json::Value;

pub use crate::policy_document::PolicyDocument;
use crate::service::Call;

/// Decides what callers may do.
#[async_trait]
pub trait Authorize: Send + Sync {
    /// Whether the call may go on to its service.
    ///
    /// # Errors
    /// The denial, in the service's own words; an operation that no table knows is not implemented.
    async fn authorize(&self, call: &Call, service: &str, operation: &str, input: &Value) -> Result<(), AwsError>;

    /// Whether the caller may do one more thing in the course of a call: delete this key, read this source.
    ///
    /// # Errors
    /// The denial.
    fn check(&self, call: &Call, service: &str, need: Need) -> Result<(), AwsError>;

    /// What an encoded authorization failure message says.
    fn decoded(&self, message: &str) -> Option<String>;
}

/// One thing that must be allowed for a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// `s3:PutObject`
    pub action: String,
    /// ARN of the resource, or `*`.
    pub resource: String,
    /// Condition keys of this action, beside the global ones.
    pub keys: Vec<(&'static str, Vec<String>)>,
}

/// The policy of a resource, as its service keeps it.
#[derive(Debug, Clone)]
pub struct ResourcePolicyText {
    /// What messages and reports call it: `policy of bucket b`.
    pub name: String,
    /// The JSON document; none if the resource has no policy and only its owner is to be known.
    pub document: Option<PolicyDocument>,
    /// How it works together with the policies of principals.
    pub rule: ResourceRule,
    /// Account that owns the resource.
    pub owner: String,
    /// Whether, being public, it lets in nobody but principals of the owner's account and AWS services: S3's RestrictPublicBuckets.
    pub restricts_public: bool,
}
