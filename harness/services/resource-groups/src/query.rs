//! Queries of groups, as callers write them. <https://docs.aws.amazon.com/ARG/latest/APIReference/API_ResourceQuery.html>

use nightproof_core::resource_group::{GroupMembers, GroupQuery};
use nightproof_core::service::{AwsError, arn};
use serde::{Deserialize, Serialize};

use crate::error::bad_request;

/// The type of a query, and the query as a JSON text.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ResourceQuery {
    r#type: String,
    query: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TagQuery {
    #[serde(default)]
    resource_type_filters: Vec<String>,
    #[serde(default)]
    tag_filters: Vec<TagFilter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TagFilter {
    key: String,
    #[serde(default)]
    values: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct StackQuery {
    #[serde(default)]
    resource_type_filters: Vec<String>,
    stack_identifier: String,
}

impl ResourceQuery {
    /// The query in the form that it is evaluated in.
    ///
    /// # Errors
    /// `BadRequestException` for a text that is none of the type.
    pub(crate) fn parsed(&self) -> Result<GroupQuery, AwsError> {
        let invalid = |error: serde_json::Error| bad_request(format!("Query not valid: {error}"));
        let (types, members) = if self.r#type == "TAG_FILTERS_1_0" {
            let query: TagQuery = serde_json::from_str(&self.query).map_err(invalid)?;
            if query.tag_filters.is_empty() {
                return Err(bad_request("Query not valid: TagFilters must have at least one filter"));
            }
            let filters = query.tag_filters.into_iter().map(|filter| (filter.key, filter.values)).collect();
            (query.resource_type_filters, GroupMembers::Tags(filters))
        } else {
            let query: StackQuery = serde_json::from_str(&self.query).map_err(invalid)?;
            let stack = &query.stack_identifier;
            if arn::service_of(stack) != "cloudformation" || !arn::resource_of(stack).starts_with("stack/") {
                return Err(bad_request("Query not valid: StackIdentifier must be the ARN of a stack"));
            }
            (query.resource_type_filters, GroupMembers::Stack(query.stack_identifier))
        };
        if types.is_empty() {
            return Err(bad_request("Query not valid: ResourceTypeFilters must have at least one type"));
        }
        Ok(GroupQuery { types, members })
    }
}
