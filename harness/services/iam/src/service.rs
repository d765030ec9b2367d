//! The service's operations by name, and what other services ask of its records.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use nightproof_core::document::whole_seconds;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::Iam;
use crate::identity::Kind;
use crate::operations::{
    access_key, group, inline_policy, instance_profile, managed_policy, oidc_provider, permissions_boundary, role,
    service_linked_role, simulate, tags, user,
};

/// The input of an operation that has a struct for it.
fn read<T: DeserializeOwned>(operation: &str, input: Value) -> Result<T, AwsError> {
    nightproof_core::operation::read("iam", operation, input)
}

#[async_trait]
impl Service for Iam {
    fn permissions(&self) -> &'static str {
        include_str!("permissions.txt")
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        let call = &Call { now: whole_seconds(call.now), ..call.clone() };
        let mut accounts = self.lock();
        // A reader that saw the old count waits for the records, and sees the new count the next time.
        if !["Get", "List", "Simulate"].iter().any(|only_reads| operation.starts_with(only_reads)) {
            self.changes.fetch_add(1, Ordering::Release);
        }
        let records = accounts.entry(call.account().to_owned()).or_default();
        service_linked_role::refuse_change(records, operation, &input)?;
        let output = match operation {
            "CreateRole" => role::create(records, call, &input),
            "GetRole" => role::get(records, call, &input),
            "ListRoles" => role::list(records, call, &input),
            "DeleteRole" => role::delete(records, &input),
            "UpdateRole" => role::update(records, &input),
            "UpdateRoleDescription" => role::update_description(records, call, &input),
            "UpdateAssumeRolePolicy" => role::update_trust(records, &input),

            "CreateServiceLinkedRole" => service_linked_role::create(records, call, read(operation, input)?),
            "DeleteServiceLinkedRole" => service_linked_role::delete(records, read(operation, input)?),
            "GetServiceLinkedRoleDeletionStatus" => service_linked_role::deletion_status(records, read(operation, input)?),

            "CreateGroup" => group::create(records, call, &input),
            "GetGroup" => group::get(records, call, &input),
            "ListGroups" => group::list(records, call, &input),
            "ListGroupsForUser" => group::list_for_user(records, call, &input),
            "UpdateGroup" => group::update(records, read(operation, input)?),
            "DeleteGroup" => group::delete(records, &input),
            "AddUserToGroup" => group::add(records, read(operation, input)?),
            "RemoveUserFromGroup" => group::remove(records, read(operation, input)?),

            "CreateUser" => user::create(records, call, &input),
            "GetUser" => user::get(records, call, &input),
            "ListUsers" => user::list(records, call, &input),
            "UpdateUser" => user::update(records, read(operation, input)?),
            "DeleteUser" => user::delete(records, &input),
            "CreateAccessKey" => access_key::create(records, call, &input),
            "ListAccessKeys" => access_key::list(records, call, &input),
            "UpdateAccessKey" => access_key::update(records, call, &input),
            "DeleteAccessKey" => access_key::delete(records, call, &input),

            "PutRolePolicy" => inline_policy::put(records, Kind::Role, &input),
            "GetRolePolicy" => inline_policy::get(records, Kind::Role, &input),
            "DeleteRolePolicy" => inline_policy::delete(records, Kind::Role, &input),
            "ListRolePolicies" => inline_policy::list(records, Kind::Role, &input),
            "PutUserPolicy" => inline_policy::put(records, Kind::User, &input),
            "GetUserPolicy" => inline_policy::get(records, Kind::User, &input),
            "DeleteUserPolicy" => inline_policy::delete(records, Kind::User, &input),
            "ListUserPolicies" => inline_policy::list(records, Kind::User, &input),

            "PutGroupPolicy" => inline_policy::put(records, Kind::Group, &input),
            "GetGroupPolicy" => inline_policy::get(records, Kind::Group, &input),
            "DeleteGroupPolicy" => inline_policy::delete(records, Kind::Group, &input),
            "ListGroupPolicies" => inline_policy::list(records, Kind::Group, &input),

            "AttachRolePolicy" => managed_policy::attach(records, Kind::Role, &input),
            "DetachRolePolicy" => managed_policy::detach(records, Kind::Role, &input),
            "ListAttachedRolePolicies" => managed_policy::list_attached(records, Kind::Role, &input),
            "AttachUserPolicy" => managed_policy::attach(records, Kind::User, &input),
            "DetachUserPolicy" => managed_policy::detach(records, Kind::User, &input),
            "ListAttachedUserPolicies" => managed_policy::list_attached(records, Kind::User, &input),

            "AttachGroupPolicy" => managed_policy::attach(records, Kind::Group, &input),
            "DetachGroupPolicy" => managed_policy::detach(records, Kind::Group, &input),
            "ListAttachedGroupPolicies" => managed_policy::list_attached(records, Kind::Group, &input),

            "PutRolePermissionsBoundary" => permissions_boundary::put_boundary(records, Kind::Role, &input),
            "DeleteRolePermissionsBoundary" => permissions_boundary::delete_boundary(records, Kind::Role, &input),
            "PutUserPermissionsBoundary" => permissions_boundary::put_boundary(records, Kind::User, &input),
            "DeleteUserPermissionsBoundary" => permissions_boundary::delete_boundary(records, Kind::User, &input),

            "TagRole" => tags::tag(&mut records.identity_mut(Kind::Role, &input)?.tags, &input),
            "UntagRole" => tags::untag(&mut records.identity_mut(Kind::Role, &input)?.tags, &input),
            "ListRoleTags" => tags::list(&records.identity(Kind::Role, &input)?.tags, &input),
            "TagUser" => tags::tag(&mut records.identity_mut(Kind::User, &input)?.tags, &input),
            "UntagUser" => tags::untag(&mut records.identity_mut(Kind::User, &input)?.tags, &input),
            "ListUserTags" => tags::list(&records.identity(Kind::User, &input)?.tags, &input),
            "TagPolicy" => tags::tag(&mut records.policy_mut(&input)?.tags, &input),
            "UntagPolicy" => tags::untag(&mut records.policy_mut(&input)?.tags, &input),
            "ListPolicyTags" => managed_policy::list_tags(records, &input),
            "TagInstanceProfile" => tags::tag(&mut records.profile_mut(&input)?.tags, &input),
            "UntagInstanceProfile" => tags::untag(&mut records.profile_mut(&input)?.tags, &input),
            "ListInstanceProfileTags" => tags::list(&records.profile(&input)?.tags, &input),

            "CreateOpenIDConnectProvider" => oidc_provider::create(records, call, &input),
            "GetOpenIDConnectProvider" => oidc_provider::get(records, &input),
            "ListOpenIDConnectProviders" => Ok(oidc_provider::list(records)),
            "DeleteOpenIDConnectProvider" => Ok(oidc_provider::delete(records, &input)),
            "AddClientIDToOpenIDConnectProvider" => oidc_provider::add_client(records, &input),
            "RemoveClientIDFromOpenIDConnectProvider" => oidc_provider::remove_client(records, &input),
            "UpdateOpenIDConnectProviderThumbprint" => oidc_provider::update_thumbprints(records, &input),
            "TagOpenIDConnectProvider" => tags::tag(&mut records.oidc_provider_mut(&input)?.tags, &input),
            "UntagOpenIDConnectProvider" => tags::untag(&mut records.oidc_provider_mut(&input)?.tags, &input),
            "ListOpenIDConnectProviderTags" => tags::list(&records.oidc_provider(&input)?.tags, &input),

            "CreatePolicy" => managed_policy::create(records, call, &input),
            "GetPolicy" => managed_policy::get(records, &input),
            "ListPolicies" => managed_policy::list(records, &input),
            "DeletePolicy" => managed_policy::delete(records, &input),
            "CreatePolicyVersion" => managed_policy::create_version(records, call, &input),
            "GetPolicyVersion" => managed_policy::get_version(records, &input),
            "ListPolicyVersions" => managed_policy::list_versions(records, &input),
            "SetDefaultPolicyVersion" => managed_policy::set_default_version(records, call, &input),
            "DeletePolicyVersion" => managed_policy::delete_version(records, &input),
            "ListEntitiesForPolicy" => managed_policy::list_entities(records, &input),

            "CreateInstanceProfile" => instance_profile::create(records, call, &input),
            "GetInstanceProfile" => instance_profile::get(records, call, &input),
            "DeleteInstanceProfile" => instance_profile::delete(records, &input),
            "ListInstanceProfiles" => instance_profile::list(records, call, &input),
            "ListInstanceProfilesForRole" => instance_profile::list_for_role(records, call, &input),
            "AddRoleToInstanceProfile" => instance_profile::add_role(records, &input),
            "RemoveRoleFromInstanceProfile" => instance_profile::remove_role(records, &input),

            "SimulatePrincipalPolicy" => simulate::principal(records, call, &input),
            "SimulateCustomPolicy" => simulate::custom(call, &input),
            "GetContextKeysForPrincipalPolicy" => simulate::context_keys_of_principal(records, call, &input),
            "GetContextKeysForCustomPolicy" => simulate::context_keys_of_custom(&input),

            "ListAccountAliases" => Ok(json!({ "AccountAliases": [], "IsTruncated": false })),
            "GetAccountSummary" => Ok(records.summary()),
            _ => Err(AwsError::not_implemented("iam", operation)),
        }?;
        Ok(output.into())
    }

    async fn resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        self.named_resources(call, kind, input)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        self.tagged_resources(call.account())
    }

    fn resource_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        self.tags(account, arn)
    }
}
