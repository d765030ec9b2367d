//! What IAM keeps of an account.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightproof_core::authorization::PolicyDocument;
use nightproof_core::document::Members as _;
use nightproof_core::identity::{PolicyText, PrincipalPolicies, RoleFacts};
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use super::error::{no_such_entity, validation};
use super::identity::{Identity, Kind};
use super::oidc_provider::OidcProvider;
use super::tags::Tags;
use super::{aws_managed, identity};

/// An account's records.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) roles: BTreeMap<String, Role>,
    pub(super) users: BTreeMap<String, User>,
    /// Customer managed policies, by ARN.
    pub(super) policies: BTreeMap<String, ManagedPolicy>,
    pub(super) profiles: BTreeMap<String, InstanceProfile>,
    /// By ARN.
    pub(super) oidc_providers: BTreeMap<String, OidcProvider>,
}

#[derive(Debug)]
pub(super) struct Role {
    pub(super) identity: Identity,
    pub(super) trust: PolicyDocument,
    pub(super) description: Option<String>,
    pub(super) max_session: i64,
}

#[derive(Debug)]
pub(super) struct User {
    pub(super) identity: Identity,
    pub(super) keys: Vec<AccessKey>,
}

/// A key of a user; its secret is kept elsewhere.
#[derive(Debug)]
pub(super) struct AccessKey {
    pub(super) id: String,
    pub(super) created: Timestamp,
    pub(super) active: bool,
}

#[derive(Debug)]
pub(super) struct ManagedPolicy {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) path: String,
    pub(super) id: String,
    pub(super) description: Option<String>,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) versions: Vec<PolicyVersion>,
    pub(super) default_version: u32,
    pub(super) last_version: u32,
    pub(super) tags: Tags,
}

#[derive(Debug)]
pub(super) struct PolicyVersion {
    pub(super) number: u32,
    pub(super) document: PolicyDocument,
    pub(super) created: Timestamp,
}

#[derive(Debug)]
pub(super) struct InstanceProfile {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) path: String,
    pub(super) id: String,
    pub(super) created: Timestamp,
    pub(super) role: Option<String>,
    pub(super) tags: Tags,
}

impl Records {
    pub(super) fn role(&self, name: &str) -> Result<&Role, AwsError> {
        self.roles.get(name).ok_or_else(|| identity::not_found(Kind::Role, name))
    }

    pub(super) fn role_mut(&mut self, name: &str) -> Result<&mut Role, AwsError> {
        self.roles.get_mut(name).ok_or_else(|| identity::not_found(Kind::Role, name))
    }

    /// The role or user that a request names.
    pub(super) fn identity(&self, kind: Kind, input: &Value) -> Result<&Identity, AwsError> {
        let name = input.required(kind.member());
        self.identity_named(kind, name).ok_or_else(|| identity::not_found(kind, name))
    }

    pub(super) fn identity_named(&self, kind: Kind, name: &str) -> Option<&Identity> {
        match kind {
            Kind::Role => self.roles.get(name).map(|role| &role.identity),
            Kind::User => self.users.get(name).map(|user| &user.identity),
        }
    }

    pub(super) fn identity_mut(&mut self, kind: Kind, input: &Value) -> Result<&mut Identity, AwsError> {
        let name = input.required(kind.member());
        match kind {
            Kind::Role => self.roles.get_mut(name).map(|role| &mut role.identity),
            Kind::User => self.users.get_mut(name).map(|user| &mut user.identity),
        }
        .ok_or_else(|| identity::not_found(kind, name))
    }

    /// The customer managed policy that a request names and wants to change.
    pub(super) fn policy_mut(&mut self, input: &Value) -> Result<&mut ManagedPolicy, AwsError> {
        let arn = input.required("PolicyArn");
        if aws_managed::find(arn).is_some() {
            return Err(AwsError::new("AccessDenied", 403, format!("The policy {arn} is managed by AWS and cannot be changed.")));
        }
        self.policies.get_mut(arn).ok_or_else(|| policy_not_found(arn))
    }

    pub(super) fn profile(&self, input: &Value) -> Result<&InstanceProfile, AwsError> {
        let name = input.required("InstanceProfileName");
        self.profiles.get(name).ok_or_else(|| profile_not_found(name))
    }

    pub(super) fn profile_mut(&mut self, input: &Value) -> Result<&mut InstanceProfile, AwsError> {
        let name = input.required("InstanceProfileName");
        self.profiles.get_mut(name).ok_or_else(|| profile_not_found(name))
    }

    /// The document of a managed policy's default version, AWS's or the customer's.
    pub(super) fn managed_document(&self, arn: &str) -> Option<PolicyDocument> {
        if let Some(document) = aws_managed::shared(arn) {
            return Some(document);
        }
        let policy = self.policies.get(arn)?;
        policy.versions.iter().find(|version| version.number == policy.default_version).map(|version| version.document.clone())
    }

    pub(super) fn identities(&self) -> impl Iterator<Item = (Kind, &Identity)> {
        let roles = self.roles.values().map(|role| (Kind::Role, &role.identity));
        roles.chain(self.users.values().map(|user| (Kind::User, &user.identity)))
    }

    pub(super) fn role_facts(&self, account: &str, name: &str) -> Option<RoleFacts> {
        let role = self.roles.get(name)?;
        Some(RoleFacts {
            arn: role.identity.arn(Kind::Role, account),
            name: role.identity.name.clone(),
            id: role.identity.id.clone(),
            trust_policy: role.trust.clone(),
            max_session_duration: role.max_session,
        })
    }

    pub(super) fn policies_of(&self, kind: Kind, name: &str) -> PrincipalPolicies {
        let Some(identity) = self.identity_named(kind, name) else { return PrincipalPolicies::default() };
        let managed = |arn: &String| self.managed_document(arn).map(|document| PolicyText { source: arn.clone(), document });
        let inline =
            identity.inline.iter().map(|(name, document)| PolicyText { source: name.clone(), document: document.clone() });
        PrincipalPolicies {
            identity: inline.chain(identity.attached.iter().filter_map(managed)).collect(),
            boundary: identity.boundary.as_ref().and_then(managed),
        }
    }

    /// The answer of `GetAccountSummary`, for what this service keeps.
    pub(super) fn summary(&self) -> Value {
        json!({ "SummaryMap": {
            "Users": self.users.len(), "UsersQuota": 5000,
            "Groups": 0, "GroupsQuota": 300,
            "Roles": self.roles.len(), "RolesQuota": 1000,
            "Policies": self.policies.len(), "PoliciesQuota": 1500,
            "InstanceProfiles": self.profiles.len(), "InstanceProfilesQuota": 1000,
            "PolicySizeQuota": 6144, "RolePolicySizeQuota": 10240, "UserPolicySizeQuota": 2048,
            "AssumeRolePolicySizeQuota": 2048, "VersionsPerPolicyQuota": 5, "AccessKeysPerUserQuota": 2,
            "AttachedPoliciesPerRoleQuota": 10, "AttachedPoliciesPerUserQuota": 10,
            "MFADevices": 0, "AccountMFAEnabled": 0, "AccountAccessKeysPresent": 0,
        }})
    }
}

pub(super) fn policy_not_found(arn: &str) -> AwsError {
    no_such_entity(format!("Policy {arn} was not found."))
}

pub(super) fn profile_not_found(name: &str) -> AwsError {
    no_such_entity(format!("Instance Profile {name} cannot be found."))
}

/// A path begins and ends with a slash. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
pub(super) fn path(input: &Value) -> Result<String, AwsError> {
    let path = input.text("Path").unwrap_or("/");
    let graphic = path.bytes().all(|byte| byte.is_ascii_graphic());
    if graphic && path.len() <= 512 && path.starts_with('/') && path.ends_with('/') && !path.contains("//") {
        return Ok(path.to_owned());
    }
    Err(validation(
        "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.",
    ))
}

/// Names of roles, users, policies and profiles are letters, digits and `+=,.@_-`.
pub(super) fn checked_name<'a>(input: &'a Value, member: &str, longest: usize) -> Result<&'a str, AwsError> {
    let name = input.required(member);
    let shown = member
        .chars()
        .next()
        .map(|first| first.to_ascii_lowercase())
        .into_iter()
        .chain(member.chars().skip(1))
        .collect::<String>();
    if name.is_empty() || name.chars().count() > longest {
        return Err(validation(format!(
            "1 validation error detected: Value at '{shown}' failed to satisfy constraint: Member must have length less than or equal to {longest}"
        )));
    }
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte)) {
        return Ok(name);
    }
    Err(validation(format!(
        "The specified value for {shown} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
    )))
}

/// An id of IAM's form: `AROA` and 17 characters.
pub(super) fn unique_id(prefix: &str) -> String {
    format!("{prefix}{}", nightproof_core::credentials::random_string(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17))
}
