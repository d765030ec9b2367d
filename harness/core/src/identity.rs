//! What the authorization of calls, and services that hand out sessions, ask of IAM and STS.

use jiff::Timestamp;

use crate::Caller;
use crate::authorization::PolicyDocument;

/// A policy and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyText {
    /// The name of an inline policy, the ARN of a managed one.
    pub source: String,
    /// The JSON document as it was given.
    pub document: PolicyDocument,
}

/// All that IAM grants a principal by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PrincipalPolicies {
    /// Inline and attached policies.
    pub identity: Vec<PolicyText>,
    /// The permissions boundary, if one is set.
    pub boundary: Option<PolicyText>,
}

/// A role as others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleFacts {
    /// `arn:aws:iam::account:role/path/name`
    pub arn: String,
    /// The name, in the case in which it was created.
    pub name: String,
    /// `AROA…`
    pub id: String,
    /// The trust policy's JSON document.
    pub trust_policy: PolicyDocument,
    /// Seconds, 3600 to 43200.
    pub max_session_duration: i64,
}

/// Principals and the policies that they have.
pub trait Identities: Send + Sync {
    /// As long as this stays the same, policies and tags of principals do too.
    fn changes(&self) -> u64;

    /// A role by its name. `None`: no such role.
    fn role(&self, account: &str, name: &str) -> Option<RoleFacts>;

    /// The identity policies and the permissions boundary that hold for a principal; empty for those that have none.
    fn policies(&self, caller: &Caller) -> PrincipalPolicies;

    /// The document of a managed policy, AWS's or the account's.
    fn managed_policy(&self, account: &str, arn: &str) -> Option<PolicyDocument>;

    /// The tags of the user or role that a caller is.
    fn principal_tags(&self, caller: &Caller) -> Vec<(String, String)>;
}

/// What a session was made of: its permissions are the role's, cut down by these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The role, if the session is one of a role.
    pub role_arn: Option<String>,
    /// The inline session policy, a JSON document.
    pub policy: Option<PolicyDocument>,
    /// ARNs of managed session policies.
    pub policy_arns: Vec<String>,
    /// Session tags, key and value.
    pub tags: Vec<(String, String)>,
    /// `sts:SourceIdentity`
    pub source_identity: Option<String>,
    /// Who asked for the session.
    pub issued_to: Caller,
    /// Region time of the request.
    pub issued: Timestamp,
    /// Region time at which it ends.
    pub expires: Timestamp,
}

/// Sessions that were handed out.
pub trait Sessions: Send + Sync {
    /// The session behind an `ASIA…` key.
    fn session(&self, access_key_id: &str) -> Option<Session>;
}
