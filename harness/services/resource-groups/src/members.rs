//! The members of a group, found by the caller's own rights.

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
    let mut search = json!({ "ResourcesPerPage": 100 });
    match &query.members {
        GroupMembers::Tags(filters) => {
            let filters = filters.iter().map(|(key, values)| json!({ "Key": key, "Values": values }));
            set(&mut search, "TagFilters", filters.collect());
        }
        GroupMembers::Stack(id) => {
            let stack = call.region.call(&caller, "cloudformation", "DescribeStacks", json!({ "StackName": id })).await;
            let status = match &stack {
                Ok(found) => found.pointer("/Stacks/0/StackStatus").and_then(Value::as_str).unwrap_or_default(),
                Err(error) if error.code == "ValidationError" => "",
                Err(_) => return Err(stack.err().unwrap_or_else(|| AwsError::internal("no error"))),
            };
            let code = match status {
                "" => Some("CLOUDFORMATION_STACK_NOT_EXISTING"),
                "DELETE_COMPLETE" => Some("CLOUDFORMATION_STACK_INACTIVE"),
                _ => None,
            };
            if let Some(code) = code {
                let message = format!("The CloudFormation stack {id} has no resources.");
                return Ok(Found { resources: Vec::new(), errors: vec![json!({ "ErrorCode": code, "Message": message })] });
            }
        }
    }
    let mut resources = Vec::new();
    loop {
        let page = call.region.call(&caller, "tagging", "GetResources", search.clone()).await?;
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
            Some(next) => set(&mut search, "PaginationToken", next.into()),
        }
    }
}

fn set(input: &mut Value, member: &str, value: Value) {
    if let Some(members) = input.as_object_mut() {
        members.insert(member.to_owned(), value);
    }
}
