//! The resource types of CloudFormation that this service has.
#![expect(clippy::indexing_slicing, reason = "members of JSON objects that were just made are assigned by name")]

mod access_key;
mod entity;
mod group;
mod inline_policy;
mod instance_profile;
mod managed_policy;
mod membership;
mod oidc_provider;
mod role;
mod user;

use nightproof_resource::ResourceProvider;

/// All of them.
pub fn resource_types() -> &'static [&'static dyn ResourceProvider] {
    &[
        &role::Role,
        &user::User,
        &group::Group,
        &membership::UserToGroupAddition,
        &access_key::AccessKey,
        &instance_profile::InstanceProfile,
        &inline_policy::Policy,
        &inline_policy::EntityPolicy(entity::Entity::Role),
        &inline_policy::EntityPolicy(entity::Entity::User),
        &inline_policy::EntityPolicy(entity::Entity::Group),
        &managed_policy::ManagedPolicy,
        &oidc_provider::OidcProvider,
    ]
}
