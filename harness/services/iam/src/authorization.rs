//! The resources that calls of IAM name, and their tags. ARNs contain paths, which requests leave out.

use nightproof_core::document::Members as _;
use nightproof_core::service::{Call, Tagged};
use serde_json::Value;

use crate::arn::arn;
use crate::identity::Kind;
use crate::records::Iam;
use crate::service_linked_roles::PATH;

impl Iam {
    /// Roles, users, policies and profiles by name.
    pub(super) fn named_resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        let account = call.account();
        let new = |word: &str, member: &str| {
            let path = input.text("Path").unwrap_or("/");
            input.text(member).map(|name| arn(account, format!("{word}{path}{name}")))
        };
        let accounts = self.lock();
        let records = accounts.get(account);
        let known = |kind: Kind| {
            let name = input.text(kind.member())?;
            let identity = records.and_then(|records| records.identity_named(kind, name));
            Some(identity.map_or_else(|| arn(account, format!("{}/{name}", kind.word())), |found| found.arn(kind, account)))
        };
        let profile = || {
            let name = input.text("InstanceProfileName")?;
            let found = records.and_then(|records| records.profiles.get(name)).map(|profile| profile.arn.clone());
            Some(found.unwrap_or_else(|| arn(account, format!("instance-profile/{name}"))))
        };
        // A user who names nobody means itself.
        let itself = || match &call.caller.principal {
            nightproof_core::Principal::User { name, .. } => {
                records.and_then(|records| records.identity_named(Kind::User, name)).map(|found| found.arn(Kind::User, account))
            }
            _ => Some(arn(account, "user/*")),
        };
        let found = match kind {
            "new-role" => new("role", "RoleName"),
            "new-user" => new("user", "UserName"),
            "service-linked-role" => input.text("AWSServiceName").map(|service| arn(account, format!("role{PATH}{service}/*"))),
            "deleted-role" => input.text("DeletionTaskId").map(|task| {
                let role = task.strip_prefix("task").and_then(|rest| rest.rsplit_once('/')).map_or("/*", |(role, _)| role);
                arn(account, format!("role{role}"))
            }),
            "new-group" => new("group", "GroupName"),
            "new-policy" => new("policy", "PolicyName"),
            "new-oidc-provider" => input.text("Url").map(|url| super::records::oidc_provider_arn(account, url)),
            "new-profile" => new("instance-profile", "InstanceProfileName"),
            "role" => known(Kind::Role),
            "user" => known(Kind::User).or_else(itself),
            "group" => known(Kind::Group),
            "profile" => profile(),
            _ => None,
        };
        found.into_iter().collect()
    }

    /// Policies, profiles and providers.
    pub(super) fn tagged_resources(&self, account: &str) -> Vec<Tagged> {
        let accounts = self.lock();
        let Some(records) = accounts.get(account) else { return Vec::new() };
        let policies = records.policies.values().map(|policy| (&policy.arn, &policy.tags));
        let profiles = records.profiles.values().map(|profile| (&profile.arn, &profile.tags));
        let providers = records.oidc_providers.iter().map(|(arn, provider)| (arn, &provider.tags));
        let all = policies.chain(profiles).chain(providers);
        all.map(|(arn, tags)| Tagged { arn: arn.clone(), tags: tags.pairs() }).collect()
    }

    /// The tags of a role, user, policy, profile or provider.
    pub(super) fn tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        let accounts = self.lock();
        let Some(records) = accounts.get(account) else { return Vec::new() };
        let Some((kind, name)) = nightproof_core::service::arn::resource_of(arn).split_once('/') else { return Vec::new() };
        let name = name.rsplit('/').next().unwrap_or(name);
        let tags = match kind {
            "role" => records.identity_named(Kind::Role, name).map(|role| &role.tags),
            "user" => records.identity_named(Kind::User, name).map(|user| &user.tags),
            "policy" => records.policies.get(arn).map(|policy| &policy.tags),
            "oidc-provider" => records.oidc_providers.get(arn).map(|provider| &provider.tags),
            "instance-profile" => records.profiles.get(name).map(|profile| &profile.tags),
            _ => None,
        };
        tags.map(super::tags::Tags::pairs).unwrap_or_default()
    }
}
