//! What is to be authorized.

use crate::context::Keys;

/// Kinds of principals, as policy evaluation tells them apart.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalKind {
    /// The root user of an account: needs no identity-based policy.
    Root,
    /// An IAM user.
    User,
    /// A session of a role, or of a user by `GetFederationToken`.
    Session {
        /// The role (or user) whose permissions the session has: `arn:aws:iam::111122223333:role/path/name`.
        role_arn: String,
    },
    /// An AWS service acting by itself: it has no identity-based policies.
    Service,
    /// An unsigned request.
    Anonymous,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// What kind of principal.
    pub kind: PrincipalKind,
    /// ARN as `sts:GetCallerIdentity` answers it; a service's name (`events.amazonaws.com`); `*` for an anonymous one.
    pub arn: String,
    /// 12-digit account id; of no meaning for services and anonymous requests.
    pub account: String,
}

/// One principal that wants to do one action on one resource. An operation on several resources is several requests.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Who asks.
    pub principal: &'a Principal,
    /// The action as policies name it: `s3:PutObject`.
    pub action: &'a str,
    /// ARN of the resource; `*` for an action that knows no resources.
    pub resource: &'a str,
    /// Account that owns the resource. Without it the owner of the resource's policy, the account in the ARN, or else the
    /// principal's own account.
    pub resource_account: Option<&'a str>,
    /// Condition keys.
    pub context: &'a dyn Keys,
}
