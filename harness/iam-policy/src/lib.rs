//! Authorization, decided in pure code: policy documents and a request's context in, a decision with its reasons out.
//!
//! A [`Policy`] is parsed once from its document and refused as AWS refuses it. [`authorize`] puts a [`Request`] before the [`Policies`]
//! that apply to it and returns a [`Decision`]: the outcome, the statements that decided, the statements that came nearest to
//! allowing, and what could not be evaluated. The caller gathers policies and condition keys; nothing here reads a clock, a file or
//! the environment.
//!
//! What is evaluated: identity-based policies, permissions boundaries, session policies, and resource-based policies (bucket, queue,
//! function, key and role trust policies), in one account and across accounts. [`pass_endpoint`] puts a request before the policy of a VPC
//! endpoint. Service and resource control policies, access control lists and KMS grants are not evaluated.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

mod action;
mod arn;
mod authorize;
mod bucket_policy;
mod condition;
mod context;
mod date;
mod decision;
mod document;
mod endpoint;
mod exempt;
mod fault;
mod ip_range;
mod layer;
mod nearest;
mod operator;
mod parse;
mod pattern;
mod policies;
mod policy;
mod policy_error;
mod principal;
mod public;
mod request;
mod resource;
mod statement;
mod vocabulary;

pub use action::action_covers;
pub use authorize::authorize;
pub use bucket_policy::check_bucket_policy;
pub use context::{CANONICAL_USER, Context, Keys};
pub use decision::{Decision, Effect, Layer, Miss, Near, StatementRef};
pub use document::Position;
pub use endpoint::pass_endpoint;
pub use policies::{Named, Policies, ResourcePolicy, ResourceRule};
pub use policy::{Policy, PolicyKind};
pub use policy_error::PolicyError;
pub use public::is_public;
pub use request::{Principal, PrincipalKind, Request};
pub use statement::{Statement, StatementEffect};
