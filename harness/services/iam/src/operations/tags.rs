//! Tagging of roles, users, policies, instance profiles and OpenID Connect providers.

use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::aws_managed;
use crate::identity::Kind;
use crate::page::page;
use crate::records::{Records, policy_not_found};
use crate::tags::{Tag, Tags};

/// What has tags.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Taggable {
    Role,
    User,
    Policy,
    InstanceProfile,
    OidcProvider,
}

/// `TagRole`, and the same of all else that has tags. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TagOne {
    #[serde(
        alias = "RoleName",
        alias = "UserName",
        alias = "PolicyArn",
        alias = "InstanceProfileName",
        alias = "OpenIDConnectProviderArn"
    )]
    name: String,
    tags: Vec<Tag>,
}

/// `UntagRole`, and the same of all else that has tags. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagRole.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UntagOne {
    #[serde(
        alias = "RoleName",
        alias = "UserName",
        alias = "PolicyArn",
        alias = "InstanceProfileName",
        alias = "OpenIDConnectProviderArn"
    )]
    name: String,
    tag_keys: Vec<String>,
}

/// `ListRoleTags`, and the same of all else that has tags. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoleTags.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListTags {
    #[serde(
        alias = "RoleName",
        alias = "UserName",
        alias = "PolicyArn",
        alias = "InstanceProfileName",
        alias = "OpenIDConnectProviderArn"
    )]
    name: String,
    max_items: Option<usize>,
    marker: Option<String>,
}

fn of<'r>(records: &'r mut Records, kind: Taggable, name: &str) -> Result<&'r mut Tags, AwsError> {
    match kind {
        Taggable::Role => records.identity_mut(Kind::Role, name).map(|role| &mut role.tags),
        Taggable::User => records.identity_mut(Kind::User, name).map(|user| &mut user.tags),
        Taggable::Policy => records.policy_mut(name).map(|policy| &mut policy.tags),
        Taggable::InstanceProfile => records.profile_mut(name).map(|profile| &mut profile.tags),
        Taggable::OidcProvider => records.oidc_provider_mut(name).map(|provider| &mut provider.tags),
    }
}

pub(crate) fn tag(records: &mut Records, kind: Taggable, input: TagOne) -> Result<Value, AwsError> {
    let tags = of(records, kind, &input.name)?;
    let mut changed = tags.clone();
    changed.set(&input.tags)?;
    *tags = changed;
    Ok(json!({}))
}

pub(crate) fn untag(records: &mut Records, kind: Taggable, input: UntagOne) -> Result<Value, AwsError> {
    of(records, kind, &input.name)?.remove(&input.tag_keys);
    Ok(json!({}))
}

pub(crate) fn list(records: &Records, kind: Taggable, input: ListTags) -> Result<Value, AwsError> {
    let name = input.name.as_str();
    let tags = match kind {
        Taggable::Role => records.identity(Kind::Role, name)?.tags.describe(),
        Taggable::User => records.identity(Kind::User, name)?.tags.describe(),
        Taggable::Policy if aws_managed::find(name).is_some() => Vec::new(),
        Taggable::Policy => records.policies.get(name).ok_or_else(|| policy_not_found(name))?.tags.describe(),
        Taggable::InstanceProfile => records.profile(name)?.tags.describe(),
        Taggable::OidcProvider => records.oidc_provider(name)?.tags.describe(),
    };
    page("Tags", tags, input.max_items, input.marker.as_deref())
}
