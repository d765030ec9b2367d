//! Authorization: from a call to what must be allowed, and from there to the policies that decide.
//!
//! A table per service (`tables/`) says which actions an operation needs on which resources, with which condition keys; services
//! add what a table cannot say (an alias that stands for a key, the instances that a tag finds). Each need is put before the evaluator of
//! `nightproof_iam` with the caller's policies and the resource's own. An operation without an entry is refused.

mod authorizer;
mod by_itself;
mod context;
mod denial;
mod known;
mod policy_document;
mod principal;
mod table;

pub(crate) use authorizer::Authorizer;
pub use policy_document::PolicyDocument;
pub use table::{Need, operations};

use nightproof_iam::ResourceRule;

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
