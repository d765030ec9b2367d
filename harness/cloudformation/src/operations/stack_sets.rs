//! Stack sets, of which a region has none: `CreateStackSet` is not implemented. What is asked of one that does not exist is answered as AWS does.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/what-is-cfnstacksets.html>

use std::collections::BTreeMap;

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cloudformation::CloudFormation;

/// The input of operations on a stack set.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OneStackSet {
    stack_set_name: String,
    #[serde(flatten)]
    #[expect(dead_code, reason = "there is no stack set that it could be done to")]
    more: BTreeMap<String, Value>,
}

/// `CreateStackInstances`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackInstances.html>
pub(crate) type CreateStackInstances = OneStackSet;
/// `DeleteStackInstances`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStackInstances.html>
pub(crate) type DeleteStackInstances = OneStackSet;
/// `DeleteStackSet`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStackSet.html>
pub(crate) type DeleteStackSet = OneStackSet;
/// `DescribeStackSet`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackSet.html>
pub(crate) type DescribeStackSet = OneStackSet;
/// `ListStackInstances`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackInstances.html>
pub(crate) type ListStackInstances = OneStackSet;

/// `ListStackSets`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackSets.html>
#[derive(Debug, Deserialize)]
pub(crate) struct ListStackSets {
    #[serde(flatten)]
    #[expect(dead_code, reason = "there is no stack set that it could select")]
    more: BTreeMap<String, Value>,
}

impl CloudFormation {
    /// What is done to a stack set, and what is asked of it.
    pub(crate) fn no_stack_set(&self, _call: &Call, input: OneStackSet) -> Result<Value, AwsError> {
        Err(AwsError::new("StackSetNotFoundException", 404, format!("StackSet {} not found", input.stack_set_name)))
    }

    /// Deleting a stack set that does not exist is no error.
    pub(crate) fn delete_stack_set(&self, _call: &Call, _input: DeleteStackSet) -> Result<Value, AwsError> {
        Ok(json!({}))
    }

    pub(crate) fn list_stack_sets(&self, _call: &Call, _input: ListStackSets) -> Result<Value, AwsError> {
        Ok(json!({ "Summaries": [] }))
    }
}
