//! The service's operations by name, and what other services ask of its records.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use nightproof_core::document::whole_seconds;
use nightproof_core::operations;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::Value;

use crate::Iam;
use crate::identity::Kind;
use crate::operations::access_key::{self, CreateAccessKey, DeleteAccessKey, ListAccessKeys, UpdateAccessKey};
use crate::operations::account::{self, GetAccountSummary, ListAccountAliases};
use crate::operations::group::{
    self, CreateGroup, DeleteGroup, GetGroup, ListGroups, ListGroupsForUser, Membership as AddUserToGroup,
    Membership as RemoveUserFromGroup, UpdateGroup,
};
use crate::operations::inline_policy::{
    self, DeletePolicy as DeleteRolePolicy, DeletePolicy as DeleteUserPolicy, DeletePolicy as DeleteGroupPolicy,
    GetPolicy as GetRolePolicy, GetPolicy as GetUserPolicy, GetPolicy as GetGroupPolicy, ListPolicies as ListRolePolicies,
    ListPolicies as ListUserPolicies, ListPolicies as ListGroupPolicies, PutPolicy as PutRolePolicy, PutPolicy as PutUserPolicy,
    PutPolicy as PutGroupPolicy,
};
use crate::operations::instance_profile::{
    self, AddRoleToInstanceProfile, CreateInstanceProfile, DeleteInstanceProfile, GetInstanceProfile, ListInstanceProfiles,
    ListInstanceProfilesForRole, RemoveRoleFromInstanceProfile,
};
use crate::operations::login_profile::{self, CreateLoginProfile, DeleteLoginProfile, GetLoginProfile, UpdateLoginProfile};
use crate::operations::managed_policy::{
    self, AttachPolicy as AttachRolePolicy, AttachPolicy as AttachUserPolicy, AttachPolicy as AttachGroupPolicy, CreatePolicy,
    CreatePolicyVersion, DeletePolicy, DeletePolicyVersion, DetachPolicy as DetachRolePolicy, DetachPolicy as DetachUserPolicy,
    DetachPolicy as DetachGroupPolicy, GetPolicy, GetPolicyVersion, ListAttachedPolicies as ListAttachedRolePolicies,
    ListAttachedPolicies as ListAttachedUserPolicies, ListAttachedPolicies as ListAttachedGroupPolicies, ListEntitiesForPolicy,
    ListPolicies, ListPolicyVersions, SetDefaultPolicyVersion,
};
use crate::operations::oidc_provider::{
    self, AddClientIDToOpenIDConnectProvider, CreateOpenIDConnectProvider, DeleteOpenIDConnectProvider, GetOpenIDConnectProvider,
    ListOpenIDConnectProviders, RemoveClientIDFromOpenIDConnectProvider, UpdateOpenIDConnectProviderThumbprint,
};
use crate::operations::permissions_boundary::{
    self, DeleteBoundary as DeleteRolePermissionsBoundary, DeleteBoundary as DeleteUserPermissionsBoundary,
    PutBoundary as PutRolePermissionsBoundary, PutBoundary as PutUserPermissionsBoundary,
};
use crate::operations::role::{
    self, CreateRole, DeleteRole, GetRole, ListRoles, UpdateAssumeRolePolicy, UpdateRole, UpdateRoleDescription,
};
use crate::operations::service_linked_role::{
    self, CreateServiceLinkedRole, DeleteServiceLinkedRole, GetServiceLinkedRoleDeletionStatus,
};
use crate::operations::simulate::{
    self, GetContextKeysForCustomPolicy, GetContextKeysForPrincipalPolicy, Simulation as SimulateCustomPolicy,
    Simulation as SimulatePrincipalPolicy,
};
use crate::operations::tags::{
    self, ListTags as ListRoleTags, ListTags as ListUserTags, ListTags as ListPolicyTags, ListTags as ListInstanceProfileTags,
    ListTags as ListOpenIDConnectProviderTags, TagOne as TagRole, TagOne as TagUser, TagOne as TagPolicy,
    TagOne as TagInstanceProfile, TagOne as TagOpenIDConnectProvider, Taggable, UntagOne as UntagRole, UntagOne as UntagUser,
    UntagOne as UntagPolicy, UntagOne as UntagInstanceProfile, UntagOne as UntagOpenIDConnectProvider,
};
use crate::operations::user::{self, CreateUser, DeleteUser, GetUser, ListUsers, UpdateUser};
use crate::records::Records;

// Names are resolved to ARNs with their paths.
operations!("iam", Iam:
    CreateRole => change(role::create): ["= @new-role iam:PermissionsBoundary=PermissionsBoundary", "iam:TagRole @new-role ?Tags"],
    GetRole => read(role::get): ["= @role"],
    ListRoles => read(role::list): ["= role/"],
    DeleteRole => change(role::delete): ["= @role"],
    UpdateRole => change(role::update): ["= @role"],
    UpdateRoleDescription => change(role::update_description): ["= @role"],
    UpdateAssumeRolePolicy => change(role::update_trust): ["= @role"],

    CreateServiceLinkedRole => change(service_linked_role::create): ["= @service-linked-role iam:AWSServiceName=AWSServiceName"],
    DeleteServiceLinkedRole => change(service_linked_role::delete): ["= @role"],
    GetServiceLinkedRoleDeletionStatus => read(service_linked_role::deletion_status): ["= @deleted-role"],

    CreateGroup => change(group::create): ["= @new-group"],
    GetGroup => read(group::get): ["= @group"],
    ListGroups => read(group::list): ["= group/"],
    ListGroupsForUser => read(group::list_for_user): ["= @user"],
    UpdateGroup => change(group::update): ["= @group"],
    DeleteGroup => change(group::delete): ["= @group"],
    AddUserToGroup => change(group::add): ["= @group"],
    RemoveUserFromGroup => change(group::remove): ["= @group"],

    CreateUser => change(user::create): ["= @new-user iam:PermissionsBoundary=PermissionsBoundary", "iam:TagUser @new-user ?Tags"],
    GetUser => read(user::get): ["= @user"],
    ListUsers => read(user::list): ["= user/"],
    UpdateUser => change(user::update): ["= @user"],
    DeleteUser => change(user::delete): ["= @user"],
    CreateAccessKey => change(access_key::create): ["= @user"],
    ListAccessKeys => read(access_key::list): ["= @user"],
    UpdateAccessKey => change(access_key::update): ["= @user"],
    DeleteAccessKey => change(access_key::delete): ["= @user"],
    CreateLoginProfile => change(login_profile::create): ["= @user"],
    GetLoginProfile => read(login_profile::get): ["= @user"],
    UpdateLoginProfile => change(login_profile::update): ["= @user"],
    DeleteLoginProfile => change(login_profile::delete): ["= @user"],

    PutRolePolicy => change_of(Kind::Role, inline_policy::put): ["= @role"],
    GetRolePolicy => read_of(Kind::Role, inline_policy::get): ["= @role"],
    DeleteRolePolicy => change_of(Kind::Role, inline_policy::delete): ["= @role"],
    ListRolePolicies => read_of(Kind::Role, inline_policy::list): ["= @role"],
    PutUserPolicy => change_of(Kind::User, inline_policy::put): ["= @user"],
    GetUserPolicy => read_of(Kind::User, inline_policy::get): ["= @user"],
    DeleteUserPolicy => change_of(Kind::User, inline_policy::delete): ["= @user"],
    ListUserPolicies => read_of(Kind::User, inline_policy::list): ["= @user"],

    PutGroupPolicy => change_of(Kind::Group, inline_policy::put): ["= @group"],
    GetGroupPolicy => read_of(Kind::Group, inline_policy::get): ["= @group"],
    DeleteGroupPolicy => change_of(Kind::Group, inline_policy::delete): ["= @group"],
    ListGroupPolicies => read_of(Kind::Group, inline_policy::list): ["= @group"],

    AttachRolePolicy => change_of(Kind::Role, managed_policy::attach): ["= @role iam:PolicyARN=PolicyArn"],
    DetachRolePolicy => change_of(Kind::Role, managed_policy::detach): ["= @role iam:PolicyARN=PolicyArn"],
    ListAttachedRolePolicies => read_of(Kind::Role, managed_policy::list_attached): ["= @role"],
    AttachUserPolicy => change_of(Kind::User, managed_policy::attach): ["= @user iam:PolicyARN=PolicyArn"],
    DetachUserPolicy => change_of(Kind::User, managed_policy::detach): ["= @user iam:PolicyARN=PolicyArn"],
    ListAttachedUserPolicies => read_of(Kind::User, managed_policy::list_attached): ["= @user"],

    AttachGroupPolicy => change_of(Kind::Group, managed_policy::attach): ["= @group iam:PolicyARN=PolicyArn"],
    DetachGroupPolicy => change_of(Kind::Group, managed_policy::detach): ["= @group iam:PolicyARN=PolicyArn"],
    ListAttachedGroupPolicies => read_of(Kind::Group, managed_policy::list_attached): ["= @group"],

    PutRolePermissionsBoundary => change_of(Kind::Role, permissions_boundary::put_boundary): ["= @role iam:PermissionsBoundary=PermissionsBoundary"],
    DeleteRolePermissionsBoundary => change_of(Kind::Role, permissions_boundary::delete_boundary): ["= @role"],
    PutUserPermissionsBoundary => change_of(Kind::User, permissions_boundary::put_boundary): ["= @user iam:PermissionsBoundary=PermissionsBoundary"],
    DeleteUserPermissionsBoundary => change_of(Kind::User, permissions_boundary::delete_boundary): ["= @user"],

    TagRole => change_of(Taggable::Role, tags::tag): ["= @role"],
    UntagRole => change_of(Taggable::Role, tags::untag): ["= @role"],
    ListRoleTags => read_of(Taggable::Role, tags::list): ["= @role"],
    TagUser => change_of(Taggable::User, tags::tag): ["= @user"],
    UntagUser => change_of(Taggable::User, tags::untag): ["= @user"],
    ListUserTags => read_of(Taggable::User, tags::list): ["= @user"],
    TagPolicy => change_of(Taggable::Policy, tags::tag): ["= {PolicyArn}"],
    UntagPolicy => change_of(Taggable::Policy, tags::untag): ["= {PolicyArn}"],
    ListPolicyTags => read_of(Taggable::Policy, tags::list): ["= {PolicyArn}"],
    TagInstanceProfile => change_of(Taggable::InstanceProfile, tags::tag): ["= @profile"],
    UntagInstanceProfile => change_of(Taggable::InstanceProfile, tags::untag): ["= @profile"],
    ListInstanceProfileTags => read_of(Taggable::InstanceProfile, tags::list): ["= @profile"],

    CreateOpenIDConnectProvider => change(oidc_provider::create): ["= @new-oidc-provider", "iam:TagOpenIDConnectProvider @new-oidc-provider ?Tags"],
    GetOpenIDConnectProvider => read(oidc_provider::get): ["= {OpenIDConnectProviderArn}"],
    ListOpenIDConnectProviders => read(oidc_provider::list): ["= *"],
    DeleteOpenIDConnectProvider => change(oidc_provider::delete): ["= {OpenIDConnectProviderArn}"],
    AddClientIDToOpenIDConnectProvider => change(oidc_provider::add_client): ["= {OpenIDConnectProviderArn}"],
    RemoveClientIDFromOpenIDConnectProvider => change(oidc_provider::remove_client): ["= {OpenIDConnectProviderArn}"],
    UpdateOpenIDConnectProviderThumbprint => change(oidc_provider::update_thumbprints): ["= {OpenIDConnectProviderArn}"],
    TagOpenIDConnectProvider => change_of(Taggable::OidcProvider, tags::tag): ["= {OpenIDConnectProviderArn}"],
    UntagOpenIDConnectProvider => change_of(Taggable::OidcProvider, tags::untag): ["= {OpenIDConnectProviderArn}"],
    ListOpenIDConnectProviderTags => read_of(Taggable::OidcProvider, tags::list): ["= {OpenIDConnectProviderArn}"],

    CreatePolicy => change(managed_policy::create): ["= @new-policy", "iam:TagPolicy @new-policy ?Tags"],
    GetPolicy => read(managed_policy::get): ["= {PolicyArn}"],
    ListPolicies => read(managed_policy::list): ["= *"],
    DeletePolicy => change(managed_policy::delete): ["= {PolicyArn}"],
    CreatePolicyVersion => change(managed_policy::create_version): ["= {PolicyArn}"],
    GetPolicyVersion => read(managed_policy::get_version): ["= {PolicyArn}"],
    ListPolicyVersions => read(managed_policy::list_versions): ["= {PolicyArn}"],
    SetDefaultPolicyVersion => change(managed_policy::set_default_version): ["= {PolicyArn}"],
    DeletePolicyVersion => change(managed_policy::delete_version): ["= {PolicyArn}"],
    ListEntitiesForPolicy => read(managed_policy::list_entities): ["= {PolicyArn}"],

    CreateInstanceProfile => change(instance_profile::create): ["= @new-profile", "iam:TagInstanceProfile @new-profile ?Tags"],
    GetInstanceProfile => read(instance_profile::get): ["= @profile"],
    DeleteInstanceProfile => change(instance_profile::delete): ["= @profile"],
    ListInstanceProfiles => read(instance_profile::list): ["= instance-profile/"],
    ListInstanceProfilesForRole => read(instance_profile::list_for_role): ["= @role"],
    AddRoleToInstanceProfile => change(instance_profile::add_role): ["= @profile", "iam:PassRole @role iam:PassedToService='ec2.amazonaws.com'"],
    RemoveRoleFromInstanceProfile => change(instance_profile::remove_role): ["= @profile"],

    SimulatePrincipalPolicy => read(simulate::principal): ["= {PolicySourceArn}"],
    SimulateCustomPolicy => read(simulate::custom): ["= *"],
    GetContextKeysForPrincipalPolicy => read(simulate::context_keys_of_principal): ["= {PolicySourceArn}"],
    GetContextKeysForCustomPolicy => read(simulate::context_keys_of_custom): ["= *"],

    ListAccountAliases => read(account::list_aliases): ["= *"],
    GetAccountSummary => read(account::summary): ["= *"],
);

impl Iam {
    /// An operation that changes records.
    fn change<I>(
        &self,
        call: &Call,
        input: I,
        operation: fn(&mut Records, &Call, I) -> Result<Value, AwsError>,
    ) -> Result<Value, AwsError> {
        self.changed(call, |records| operation(records, call, input))
    }

    /// An operation that there is for several kinds of records.
    fn change_of<I, K>(
        &self,
        call: &Call,
        input: I,
        kind: K,
        operation: fn(&mut Records, K, I) -> Result<Value, AwsError>,
    ) -> Result<Value, AwsError> {
        self.changed(call, |records| operation(records, kind, input))
    }

    fn changed<T>(&self, call: &Call, act: impl FnOnce(&mut Records) -> T) -> T {
        let mut accounts = self.lock();
        // A reader that saw the old count waits for the records, and sees the new count the next time.
        self.changes.fetch_add(1, Ordering::Release);
        act(accounts.entry(call.account().to_owned()).or_default())
    }

    fn read<I>(
        &self,
        call: &Call,
        input: I,
        operation: fn(&Records, &Call, I) -> Result<Value, AwsError>,
    ) -> Result<Value, AwsError> {
        operation(self.lock().entry(call.account().to_owned()).or_default(), call, input)
    }

    fn read_of<I, K>(
        &self,
        call: &Call,
        input: I,
        kind: K,
        operation: fn(&Records, K, I) -> Result<Value, AwsError>,
    ) -> Result<Value, AwsError> {
        operation(self.lock().entry(call.account().to_owned()).or_default(), kind, input)
    }
}

#[async_trait]
impl Service for Iam {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        let call = &Call { now: whole_seconds(call.now), ..call.clone() };
        self.dispatch(call, operation, input).await.map(Reply::from)
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
