//! The records of an account.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use jiff::Timestamp;
use nightproof_core::AccountStore;
use nightproof_core::authorization::PolicyDocument;
use nightproof_core::identity::{PolicyText, PrincipalPolicies, RoleFacts};
use nightproof_core::service::AwsError;
use parking_lot::MutexGuard;
use serde_json::{Value, json};

use crate::arn::arn;
use crate::error::no_such_entity;
use crate::identity::{Identity, Kind};
use crate::tags::Tags;
use crate::{aws_managed, identity};

/// The service `iam`. One for the region; records are by account.
#[derive(Default)]
pub struct Iam {
    pub(crate) accounts: AccountStore<Records>,
    /// Counts the calls that may have changed a principal's policies.
    pub(crate) changes: AtomicU64,
}

impl Iam {
    /// A service without records.
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, HashMap<String, Records>> {
        self.accounts.lock()
    }
}

/// An account's records.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) roles: BTreeMap<String, Role>,
    pub(super) users: BTreeMap<String, User>,
    pub(super) groups: BTreeMap<String, Group>,
    /// The tasks that deleted service-linked roles.
    pub(super) deletions: BTreeSet<String>,
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
    /// Present if it has a password for the console.
    pub(super) login: Option<LoginProfile>,
}

/// That a user has a password.
#[derive(Debug)]
pub(super) struct LoginProfile {
    pub(super) created: Timestamp,
    /// Whether the user must choose another password when it next signs in.
    pub(super) reset_required: bool,
}

/// A group: its members have its policies.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) identity: Identity,
    /// Names of users.
    pub(super) members: BTreeSet<String>,
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

/// A provider.
#[derive(Debug)]
pub(super) struct OidcProvider {
    /// Without `https://`.
    pub(crate) url: String,
    pub(crate) clients: Vec<String>,
    pub(crate) thumbprints: Vec<String>,
    pub(crate) created: Timestamp,
    pub(super) tags: Tags,
}

impl Records {
    pub(super) fn role(&self, name: &str) -> Result<&Role, AwsError> {
        self.roles.get(name).ok_or_else(|| identity::not_found(Kind::Role, name))
    }

    pub(super) fn role_mut(&mut self, name: &str) -> Result<&mut Role, AwsError> {
        self.roles.get_mut(name).ok_or_else(|| identity::not_found(Kind::Role, name))
    }

    /// The role, user or group that a request names.
    pub(super) fn identity(&self, kind: Kind, name: &str) -> Result<&Identity, AwsError> {
        self.identity_named(kind, name).ok_or_else(|| identity::not_found(kind, name))
    }

    pub(super) fn identity_named(&self, kind: Kind, name: &str) -> Option<&Identity> {
        match kind {
            Kind::Role => self.roles.get(name).map(|role| &role.identity),
            Kind::User => self.users.get(name).map(|user| &user.identity),
            Kind::Group => self.groups.get(name).map(|group| &group.identity),
        }
    }

    pub(super) fn identity_mut(&mut self, kind: Kind, name: &str) -> Result<&mut Identity, AwsError> {
        match kind {
            Kind::Role => self.roles.get_mut(name).map(|role| &mut role.identity),
            Kind::User => self.users.get_mut(name).map(|user| &mut user.identity),
            Kind::Group => self.groups.get_mut(name).map(|group| &mut group.identity),
        }
        .ok_or_else(|| identity::not_found(kind, name))
    }

    /// Refuses to change a role that is AWS's to change.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html>
    pub(super) fn refuse_protected(&self, kind: Kind, name: &str) -> Result<(), AwsError> {
        if kind != Kind::Role || !self.roles.get(name).is_some_and(Role::is_service_linked) {
            return Ok(());
        }
        let message =
            format!("Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS");
        Err(AwsError::new("UnmodifiableEntity", 400, message))
    }

    /// The customer managed policy that a request names and wants to change.
    pub(super) fn policy_mut(&mut self, arn: &str) -> Result<&mut ManagedPolicy, AwsError> {
        if aws_managed::find(arn).is_some() {
            return Err(AwsError::new("AccessDenied", 403, format!("The policy {arn} is managed by AWS and cannot be changed.")));
        }
        self.policies.get_mut(arn).ok_or_else(|| policy_not_found(arn))
    }

    pub(super) fn profile(&self, name: &str) -> Result<&InstanceProfile, AwsError> {
        self.profiles.get(name).ok_or_else(|| profile_not_found(name))
    }

    pub(super) fn profile_mut(&mut self, name: &str) -> Result<&mut InstanceProfile, AwsError> {
        self.profiles.get_mut(name).ok_or_else(|| profile_not_found(name))
    }

    /// The document of a managed policy's default version, AWS's or the customer's.
    pub(super) fn managed_document(&self, arn: &str) -> Option<PolicyDocument> {
        if let Some(document) = aws_managed::document(arn) {
            return Some(document);
        }
        let policy = self.policies.get(arn)?;
        policy.versions.iter().find(|version| version.number == policy.default_version).map(|version| version.document.clone())
    }

    pub(super) fn oidc_provider(&self, arn: &str) -> Result<&OidcProvider, AwsError> {
        self.oidc_providers.get(arn).ok_or_else(|| oidc_provider_not_found(arn))
    }

    pub(super) fn oidc_provider_mut(&mut self, arn: &str) -> Result<&mut OidcProvider, AwsError> {
        self.oidc_providers.get_mut(arn).ok_or_else(|| oidc_provider_not_found(arn))
    }

    pub(super) fn identities(&self) -> impl Iterator<Item = (Kind, &Identity)> {
        let roles = self.roles.values().map(|role| (Kind::Role, &role.identity));
        let users = self.users.values().map(|user| (Kind::User, &user.identity));
        roles.chain(users).chain(self.groups.values().map(|group| (Kind::Group, &group.identity)))
    }

    /// The groups that a user is in.
    pub(super) fn groups_of(&self, user: &str) -> impl Iterator<Item = &Group> {
        self.groups.values().filter(move |group| group.members.contains(user))
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

    pub(super) fn principal_policies(&self, kind: Kind, name: &str) -> PrincipalPolicies {
        let Some(identity) = self.identity_named(kind, name) else { return PrincipalPolicies::default() };
        let managed = |arn: &String| self.managed_document(arn).map(|document| PolicyText { source: arn.clone(), document });
        let of_groups = self.groups_of(name).filter(|_| kind == Kind::User).map(|group| &group.identity);
        let mut found = PrincipalPolicies { identity: Vec::new(), boundary: identity.boundary.as_ref().and_then(managed) };
        for holder in std::iter::once(identity).chain(of_groups) {
            let inline = holder.inline.iter();
            let inline = inline.map(|(name, document)| PolicyText { source: name.clone(), document: document.clone() });
            found.identity.extend(inline.chain(holder.attached.iter().filter_map(managed)));
        }
        found
    }

    /// The output of `GetAccountSummary`.
    pub(super) fn summary(&self) -> Value {
        json!({ "SummaryMap": {
            "Users": self.users.len(), "UsersQuota": 5000,
            "Groups": self.groups.len(), "GroupsQuota": 300,
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

pub(crate) fn oidc_provider_not_found(arn: &str) -> AwsError {
    no_such_entity(format!("OpenIDConnect Provider not found for arn {arn}"))
}

/// The ARN that a provider of this URL has.
pub(crate) fn oidc_provider_arn(account: &str, url: &str) -> String {
    let address = url.trim_start_matches("https://").trim_end_matches('/');
    arn(account, format!("oidc-provider/{address}"))
}
