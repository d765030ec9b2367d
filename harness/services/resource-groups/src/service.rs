//! The service's operations by name, and what other services ask of its records.

use async_trait::async_trait;
use nightproof_core::document::Members as _;
use nightproof_core::operations;
use nightproof_core::resource_group::GroupQuery;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::Value;

use crate::operations::groups::{CreateGroup, DeleteGroup, GetGroup, ListGroups, UpdateGroup};
use crate::operations::members::{ListGroupResources, SearchResources};
use crate::operations::queries::{GetGroupQuery, UpdateGroupQuery};
use crate::operations::tags::{GetTags, Tag, Untag};
use crate::records::{ResourceGroups, name};

// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsresourcegroups.html>
operations!("resource-groups", ResourceGroups:
    CreateGroup => create_group: ["= *", "resource-groups:Tag * ?Tags"],
    DeleteGroup => delete_group: ["= @group"],
    GetGroup => get_group: ["= @group"],
    GetGroupQuery => get_group_query: ["= @group"],
    GetTags => get_tags: ["= {Arn}"],
    ListGroupResources => list_group_resources.await: ["= @group"],
    ListGroups => list_groups: ["= *"],
    SearchResources => search_resources.await: ["= *"],
    Tag => tag: ["= {Arn}"],
    Untag => untag: ["= {Arn}"],
    UpdateGroup => update_group: ["= @group"],
    UpdateGroupQuery => update_group_query: ["= @group"],
);

#[async_trait]
impl Service for ResourceGroups {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.dispatch(call, operation, input).await.map(Reply::from)
    }

    async fn resources(&self, call: &Call, _kind: &str, input: &Value) -> Vec<String> {
        let given = input.text("Group").or_else(|| input.text("GroupName")).map(name);
        given.map(|name| call.arn("resource-groups", format!("group/{name}"))).into_iter().collect()
    }

    fn resource_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        self.with_group(account, arn, |group| group.tags.pairs()).unwrap_or_default()
    }

    fn resource_group(&self, account: &str, group: &str) -> Option<GroupQuery> {
        self.with_group(account, group, |group| group.query.clone()).ok()
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        self.with(call.account(), |groups| {
            groups.values().map(|group| Tagged { arn: group.arn.clone(), tags: group.tags.pairs() }).collect()
        })
    }
}
