//! The members of a group, found by the caller's own rights.

use nightproof_core::Caller;
use nightproof_core::document::Members as _;
use nightproof_core::resource_group::{GroupMembers, GroupQuery};
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::resource_type::resource_type;

/// What a query finds.
pub(crate) struct Found {
    /// The shape `ResourceIdentifier`, by ARN.
    pub(crate) resources: Vec<Value>,
    /// Why nothing can be found.
    pub(crate) errors: Vec<Value>,
}

/// The resources that a query finds at this moment. They are searched for as the caller, who needs the permissions for it.
/// <https://docs.aws.amazon.com/ARG/latest/APIReference/API_ListGroupResources.html>
pub(crate) async fn find(call: &Call, query: &GroupQuery) -> Result<Found, AwsError> {
    let caller = call.caller.clone().via("resource-groups.amazonaws.com");
    let filters: Vec<Value> = match &query.members {
        GroupMembers::Tags(filters) => filters.iter().map(|(key, values)| json!({ "Key": key, "Values": values })).collect(),
        GroupMembers::Stack(id) => match without_resources(call, &caller, id).await? {
            Some(error) => return Ok(Found { resources: Vec::new(), errors: vec![error] }),
            None => Vec::new(),
        },
    };
    let (mut resources, mut token) = (Vec::new(), String::new());
    loop {
        let search = json!({ "ResourcesPerPage": 100, "TagFilters": filters, "PaginationToken": token });
        let page = call.region.call(&caller, "tagging", "GetResources", search).await?;
        for one in page.list("ResourceTagMappingList") {
            let arn = one.required("ResourceARN");
            let tags = one.list("Tags");
            let tag = |key: &str| tags.iter().find(|tag| tag.required("Key") == key).map(|tag| tag.required("Value"));
            if let Some(kind) = resource_type(arn).filter(|kind| query.includes(kind, tag)) {
                resources.push(json!({ "ResourceArn": arn, "ResourceType": kind }));
            }
        }
        match page.text("PaginationToken") {
            None | Some("") => return Ok(Found { resources, errors: Vec::new() }),
            Some(next) => token = next.to_owned(),
        }
    }
}

/// Why a stack has no resources, if it is gone.
async fn without_resources(call: &Call, caller: &Caller, stack: &str) -> Result<Option<Value>, AwsError> {
    let found = match call.region.call(caller, "cloudformation", "DescribeStacks", json!({ "StackName": stack })).await {
        Err(error) if error.code == "ValidationError" => Value::Null,
        found => found?,
    };
    let code = match found.pointer("/Stacks/0/StackStatus").and_then(Value::as_str).unwrap_or_default() {
        "" => "CLOUDFORMATION_STACK_NOT_EXISTING",
        "DELETE_COMPLETE" => "CLOUDFORMATION_STACK_INACTIVE",
        _ => return Ok(None),
    };
    let message = format!("The CloudFormation stack {stack} has no resources.");
    Ok(Some(json!({ "ErrorCode": code, "Message": message })))
}
