//! Tags of tables.

use nightproof_core::page;
use nightproof_core::request_tags::{self, Tag, TagResource, UntagResource};
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::validation;
use crate::records::DynamoDb;
use crate::table::Table;
use crate::table_name::TableName;

/// Tags that a table may have, and those of a page.
const MOST: usize = 50;
const PAGE: usize = 10;

/// `ListTagsOfResource`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTagsOfResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListTagsOfResource {
    resource_arn: String,
    next_token: Option<String>,
}

/// The tags in a request.
///
/// # Errors
/// `ValidationException`
pub(crate) fn checked_tags(call: &Call, tags: Vec<Tag>) -> Result<Vec<(String, String)>, AwsError> {
    let given = request_tags::check(call, tags, || validation("Tag keys that begin with aws: are reserved for system use."))?;
    check_count(given.len())?;
    Ok(given)
}

fn check_count(count: usize) -> Result<(), AwsError> {
    if count > MOST { Err(validation("Too many tags added to the resource")) } else { Ok(()) }
}

impl DynamoDb {
    fn tagged_table<T>(
        &self,
        call: &Call,
        arn: &str,
        act: impl FnOnce(&mut Table) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        let table = TableName::read(call, arn);
        self.with(call, &table.account, |records| match records.table(&table) {
            Ok(found) => act(found),
            Err(_) => {
                let message = format!("Requested resource not found: ResourcArn: {arn} not found");
                Err(AwsError::new("ResourceNotFoundException", 400, message))
            }
        })
    }

    pub(crate) fn tag_resource(&self, call: &Call, input: TagResource) -> Result<Value, AwsError> {
        let given = checked_tags(call, input.tags)?;
        self.tagged_table(call, &input.resource_arn, |table| {
            let mut tags = table.tags.clone();
            tags.extend(given);
            check_count(tags.len())?;
            table.tags = tags;
            Ok(json!({}))
        })
    }

    pub(crate) fn untag_resource(&self, call: &Call, input: UntagResource) -> Result<Value, AwsError> {
        self.tagged_table(call, &input.resource_arn, |table| {
            table.tags.remove(&input.tag_keys);
            Ok(json!({}))
        })
    }

    pub(crate) fn list_tags_of_resource(&self, call: &Call, input: ListTagsOfResource) -> Result<Value, AwsError> {
        self.tagged_table(call, &input.resource_arn, |table| {
            let invalid = || validation("Invalid NextToken");
            page::page("Tags", table.tags.list(), input.next_token.as_deref(), PAGE, invalid)
        })
    }
}
