//! The query of a group.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use super::OneGroup;
use crate::group::Group;
use crate::query::ResourceQuery;
use crate::records::ResourceGroups;

/// `GetGroupQuery`. <https://docs.aws.amazon.com/ARG/latest/APIReference/API_GetGroupQuery.html>
pub(crate) type GetGroupQuery = OneGroup;

/// `UpdateGroupQuery`. <https://docs.aws.amazon.com/ARG/latest/APIReference/API_UpdateGroupQuery.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateGroupQuery {
    group_name: Option<String>,
    group: Option<String>,
    resource_query: ResourceQuery,
}

impl ResourceGroups {
    pub(crate) fn get_group_query(&self, call: &Call, input: GetGroupQuery) -> Result<Value, AwsError> {
        self.with_group(call.account(), &input.name()?, |group| described(group))
    }

    pub(crate) fn update_group_query(&self, call: &Call, input: UpdateGroupQuery) -> Result<Value, AwsError> {
        let query = input.resource_query.parsed()?;
        self.with_group(call.account(), &OneGroup::given(input.group, input.group_name)?, |group| {
            (group.query, group.resource_query) = (query, input.resource_query);
            described(group)
        })
    }
}

fn described(group: &Group) -> Value {
    json!({ "GroupQuery": { "GroupName": group.name, "ResourceQuery": group.resource_query } })
}
