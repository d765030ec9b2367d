//! Tags of documents, parameters, managed nodes and maintenance windows.

use nightproof_core::request_tags::Tag;
use nightproof_core::service::{AwsError, Call};
use nightproof_core::tags::Tags;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::association;
use crate::aws_documents;
use crate::maintenance_windows::window::TAGGED_AS;
use crate::records::Ssm;

/// `AddTagsToResource`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_AddTagsToResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AddTagsToResource {
    resource_type: String,
    resource_id: String,
    tags: Vec<Tag>,
}

/// `RemoveTagsFromResource`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_RemoveTagsFromResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RemoveTagsFromResource {
    resource_type: String,
    resource_id: String,
    tag_keys: Vec<String>,
}

/// `ListTagsForResource`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListTagsForResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListTagsForResource {
    resource_type: String,
    resource_id: String,
}

impl Ssm {
    /// The tags of a resource.
    pub(crate) fn tags(&self, account: &str, kind: &str, id: &str) -> Tags {
        self.with(account, |records| records.tags.get(&(kind.to_owned(), id.to_owned())).cloned().unwrap_or_default())
    }

    fn check_resource(&self, call: &Call, kind: &str, id: &str) -> Result<(), AwsError> {
        let exists = self.with(call.account(), |records| match kind {
            "Parameter" => Some(records.parameters.contains_key(id)),
            "Document" => Some(records.documents.contains_key(id) || aws_documents::content(id).is_some()),
            "ManagedInstance" => Some(records.nodes.contains_key(id)),
            association::TAGGED_AS => Some(records.associations.contains_key(id)),
            TAGGED_AS => Some(records.windows.contains_key(id)),
            _ => None,
        });
        match exists {
            Some(true) => Ok(()),
            Some(false) => Err(AwsError::new(
                "InvalidResourceId",
                400,
                "The resource ID is not valid. Verify that you entered the correct ID and try again.",
            )),
            None => Err(AwsError::not_implemented("ssm", &format!("tags of the resource type {kind}"))),
        }
    }

    pub(crate) fn add_tags_to_resource(&self, call: &Call, input: AddTagsToResource) -> Result<Value, AwsError> {
        self.check_resource(call, &input.resource_type, &input.resource_id)?;
        self.with(call.account(), |records| {
            records
                .tags
                .entry((input.resource_type, input.resource_id))
                .or_default()
                .extend(input.tags.into_iter().map(Tag::pair));
        });
        Ok(json!({}))
    }

    pub(crate) fn remove_tags_from_resource(&self, call: &Call, input: RemoveTagsFromResource) -> Result<Value, AwsError> {
        self.check_resource(call, &input.resource_type, &input.resource_id)?;
        self.with(call.account(), |records| {
            if let Some(tags) = records.tags.get_mut(&(input.resource_type, input.resource_id)) {
                tags.remove(&input.tag_keys);
            }
        });
        Ok(json!({}))
    }

    pub(crate) fn list_tags_for_resource(&self, call: &Call, input: ListTagsForResource) -> Result<Value, AwsError> {
        self.check_resource(call, &input.resource_type, &input.resource_id)?;
        let tags = self.tags(call.account(), &input.resource_type, &input.resource_id);
        Ok(json!({"TagList": tags.list()}))
    }
}
