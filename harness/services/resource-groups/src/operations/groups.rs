//! Groups: making, describing, changing, listing and deleting them.

use nightproof_core::resource_group::has_type;
use nightproof_core::service::{AwsError, Call};
use nightproof_core::tags::Tags;
use serde::Deserialize;
use serde_json::{Value, json};

use super::OneGroup;
use super::tags::check;
use crate::error::{bad_request, no_group};
use crate::group::{Details, Group};
use crate::page::page_of_both;
use crate::query::ResourceQuery;
use crate::records::{ResourceGroups, name};

/// `CreateGroup`. <https://docs.aws.amazon.com/ARG/latest/APIReference/API_CreateGroup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateGroup {
    name: String,
    description: Option<String>,
    resource_query: Option<ResourceQuery>,
    #[serde(default)]
    tags: Tags,
    criticality: Option<i64>,
    owner: Option<String>,
    display_name: Option<String>,
}

/// `GetGroup`. <https://docs.aws.amazon.com/ARG/latest/APIReference/API_GetGroup.html>
pub(crate) type GetGroup = OneGroup;

/// `DeleteGroup`. <https://docs.aws.amazon.com/ARG/latest/APIReference/API_DeleteGroup.html>
pub(crate) type DeleteGroup = OneGroup;

/// `UpdateGroup`. <https://docs.aws.amazon.com/ARG/latest/APIReference/API_UpdateGroup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateGroup {
    group_name: Option<String>,
    group: Option<String>,
    description: Option<String>,
    criticality: Option<i64>,
    owner: Option<String>,
    display_name: Option<String>,
}

/// `ListGroups`. <https://docs.aws.amazon.com/ARG/latest/APIReference/API_ListGroups.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListGroups {
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// A property of groups or resources, and the values that it may have.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Filter {
    pub(crate) name: String,
    pub(crate) values: Vec<String>,
}

impl Filter {
    /// Whether a group satisfies it.
    fn finds(&self, group: &Group) -> Result<bool, AwsError> {
        let has = |value: Option<&str>| value.is_some_and(|value| self.values.iter().any(|one| one == value));
        Ok(match self.name.as_str() {
            "resource-type" => self.values.iter().any(|kind| has_type(&group.query.types, kind)),
            "owner" => has(group.details.owner.as_deref()),
            "display-name" => has(group.details.display_name.as_deref()),
            "criticality" => has(group.details.criticality.map(|number| number.to_string()).as_deref()),
            other => return Err(AwsError::not_implemented("resource-groups", &format!("the filter {other} of ListGroups"))),
        })
    }
}

impl ResourceGroups {
    pub(crate) fn create_group(&self, call: &Call, input: CreateGroup) -> Result<Value, AwsError> {
        let Some(resource_query) = input.resource_query else {
            return Err(AwsError::not_implemented("resource-groups", "a group without a ResourceQuery"));
        };
        if input.name.to_ascii_lowercase().starts_with("aws") {
            return Err(bad_request("The name of a group cannot begin with AWS or aws."));
        }
        check(call, input.tags.iter().map(|(key, _)| key))?;
        let query = resource_query.parsed()?;
        let details = Details {
            description: input.description,
            criticality: input.criticality,
            owner: input.owner,
            display_name: input.display_name,
        };
        let arn = call.arn("resource-groups", format!("group/{}", input.name));
        let group = Group { arn, name: input.name, details, resource_query, query, tags: input.tags };
        self.with(call.account(), |groups| {
            if groups.contains_key(&group.name) {
                return Err(bad_request("A group with this name already exists"));
            }
            let made = json!({ "Group": group.describe(), "ResourceQuery": group.resource_query, "Tags": group.tags });
            groups.insert(group.name.clone(), group);
            Ok(made)
        })
    }

    pub(crate) fn get_group(&self, call: &Call, input: GetGroup) -> Result<Value, AwsError> {
        self.with_group(call.account(), &input.name()?, |group| json!({ "Group": group.describe() }))
    }

    pub(crate) fn update_group(&self, call: &Call, input: UpdateGroup) -> Result<Value, AwsError> {
        let given = Details {
            description: input.description,
            criticality: input.criticality,
            owner: input.owner,
            display_name: input.display_name,
        };
        self.with_group(call.account(), &OneGroup::given(input.group, input.group_name)?, |group| {
            group.details.overlay(given);
            json!({ "Group": group.describe() })
        })
    }

    pub(crate) fn delete_group(&self, call: &Call, input: DeleteGroup) -> Result<Value, AwsError> {
        let group = input.name()?;
        let deleted = self.with(call.account(), |groups| groups.remove(name(&group)));
        deleted.map(|group| json!({ "Group": group.describe() })).ok_or_else(|| no_group(&group))
    }

    pub(crate) fn list_groups(&self, call: &Call, input: ListGroups) -> Result<Value, AwsError> {
        let (mut identifiers, mut described) = (Vec::new(), Vec::new());
        self.with(call.account(), |groups| {
            for group in groups.values() {
                let finds: Result<Vec<bool>, _> = input.filters.iter().map(|filter| filter.finds(group)).collect();
                if finds?.into_iter().all(|found| found) {
                    identifiers.push(group.identify());
                    described.push(group.describe());
                }
            }
            Ok::<_, AwsError>(())
        })?;
        page_of_both([("GroupIdentifiers", identifiers), ("Groups", described)], input.next_token.as_deref(), input.max_results)
    }
}
