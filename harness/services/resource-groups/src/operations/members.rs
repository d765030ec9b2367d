//! The members of a group, and what a query without a group finds.

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use super::OneGroup;
use super::groups::Filter;
use crate::members::find;
use crate::page::{page, page_of_both};
use crate::query::ResourceQuery;
use crate::records::ResourceGroups;

/// `ListGroupResources`. <https://docs.aws.amazon.com/ARG/latest/APIReference/API_ListGroupResources.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListGroupResources {
    group_name: Option<String>,
    group: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// `SearchResources`. <https://docs.aws.amazon.com/ARG/latest/APIReference/API_SearchResources.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SearchResources {
    resource_query: ResourceQuery,
    max_results: Option<usize>,
    next_token: Option<String>,
}

impl ResourceGroups {
    pub(crate) async fn list_group_resources(&self, call: &Call, input: ListGroupResources) -> Result<Value, AwsError> {
        let group = OneGroup::given(input.group, input.group_name)?;
        let query = self.with_group(call.account(), &group, |group| group.query.clone())?;
        let mut found = find(call, &query).await?;
        // The one filter that there is: `resource-type`.
        let is_wanted = |one: &Value| {
            input.filters.iter().all(|filter| filter.values.iter().any(|kind| kind == one.required("ResourceType")))
        };
        found.resources.retain(is_wanted);
        let items = found.resources.iter().map(|one| json!({ "Identifier": one })).collect();
        let lists = [("ResourceIdentifiers", found.resources), ("Resources", items)];
        Ok(with_errors(page_of_both(lists, input.next_token.as_deref(), input.max_results)?, found.errors))
    }

    pub(crate) async fn search_resources(&self, call: &Call, input: SearchResources) -> Result<Value, AwsError> {
        let found = find(call, &input.resource_query.parsed()?).await?;
        let listed = page("ResourceIdentifiers", found.resources, input.next_token.as_deref(), input.max_results)?;
        Ok(with_errors(listed, found.errors))
    }
}

fn with_errors(mut listed: Value, errors: Vec<Value>) -> Value {
    if let Some(members) = listed.as_object_mut() {
        members.insert("QueryErrors".to_owned(), errors.into());
    }
    listed
}
