//! The policies that apply to a request.

use crate::policy::Policy;

/// A policy and what to call it.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// A managed policy's ARN, or words: `inline policy upload-backup of role web`.
    pub name: &'a str,
}

/// How a resource's policy and the principal's policies work together inside one account.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceRule {
    /// Either may allow: bucket, queue, topic, function, secret.
    Union,
    /// The resource's policy must itself allow, or leave it to the policies of the account by naming the account: KMS key, role
    /// to be assumed.
    Required,
}

/// The policy of the resource.
#[derive(Debug, Clone, Copy)]
pub struct ResourcePolicy<'a> {
    /// The policy.
    pub policy: Named<'a>,
    /// How it works together with other policies.
    pub rule: ResourceRule,
    /// Account that owns the resource.
    pub owner: &'a str,
}

/// All policies that apply to a request.
#[derive(Debug, Clone, Default)]
pub struct Policies<'a> {
    /// Inline and managed policies of the user, of its groups, or of the session's role.
    pub identity: Vec<Named<'a>>,
    /// The permissions boundary of the user or role.
    pub boundary: Option<Named<'a>>,
    /// The policies passed when the session was made; absent if none were passed.
    pub session: Option<Vec<Named<'a>>>,
    /// The policy of the resource, if it has one.
    pub resource: Option<ResourcePolicy<'a>>,
}
