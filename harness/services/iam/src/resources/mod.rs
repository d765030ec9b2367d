//! The resource types of CloudFormation that this service has.
#![expect(clippy::indexing_slicing, reason = "members of JSON objects that were just made are assigned by name")]

mod access_key;
mod entity;
mod inline_policy;
mod instance_profile;
mod managed_policy;
mod oidc_provider;
mod role;
mod user;

use nightproof_resource::ResourceProvider;

/// All of them.
pub fn resource_types() -> &'static [&'static dyn ResourceProvider] {
    &[
        &role::Role,
        &user::User,
        &access_key::AccessKey,
        &instance_profile::InstanceProfile,
        &inline_policy::Policy,
        &inline_policy::RolePolicy,
        &managed_policy::ManagedPolicy,
        &oidc_provider::OidcProvider,
    ]
}
