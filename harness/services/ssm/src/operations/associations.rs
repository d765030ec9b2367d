//! Associations of documents with nodes. There are none; agents ask for theirs all the same.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-associations.html>

use std::collections::BTreeMap;

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::agent::for_agents_only;
use crate::records::Ssm;

/// `ListAssociations`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListAssociations.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListAssociations {
    #[expect(dead_code, reason = "no filter finds any among none")]
    association_filter_list: Option<Vec<Value>>,
    #[expect(dead_code, reason = "a list of none has one page")]
    max_results: Option<i64>,
    #[expect(dead_code, reason = "a list of none has one page")]
    next_token: Option<String>,
}

/// `DescribeInstanceAssociationsStatus`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceAssociationsStatus.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeInstanceAssociationsStatus {
    #[expect(dead_code, reason = "no instance has associations")]
    instance_id: String,
    #[expect(dead_code, reason = "a list of none has one page")]
    max_results: Option<i64>,
    #[expect(dead_code, reason = "a list of none has one page")]
    next_token: Option<String>,
}

/// `ListInstanceAssociations`, which only the agent calls.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListInstanceAssociations {
    instance_id: Option<String>,
    #[serde(flatten)]
    #[expect(dead_code, reason = "a list of none has one page, and the agent may say more than is known of its calls")]
    more: BTreeMap<String, Value>,
}

/// `UpdateInstanceAssociationStatus`, which only the agent calls.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateInstanceAssociationStatus {
    instance_id: Option<String>,
    #[serde(flatten)]
    #[expect(
        dead_code,
        reason = "there is no association to keep a status of, and the agent may say more than is known of its calls"
    )]
    more: BTreeMap<String, Value>,
}

impl Ssm {
    pub(crate) fn list_associations(&self, _call: &Call, _input: ListAssociations) -> Result<Value, AwsError> {
        Ok(json!({"Associations": []}))
    }

    pub(crate) fn describe_instance_associations_status(
        &self,
        _call: &Call,
        _input: DescribeInstanceAssociationsStatus,
    ) -> Result<Value, AwsError> {
        Ok(json!({"InstanceAssociationStatusInfos": []}))
    }

    pub(crate) fn list_instance_associations(&self, call: &Call, input: ListInstanceAssociations) -> Result<Value, AwsError> {
        for_agents_only(call, "ListInstanceAssociations", input.instance_id.as_deref())?;
        Ok(json!({"Associations": []}))
    }

    pub(crate) fn update_instance_association_status(
        &self,
        call: &Call,
        input: UpdateInstanceAssociationStatus,
    ) -> Result<Value, AwsError> {
        for_agents_only(call, "UpdateInstanceAssociationStatus", input.instance_id.as_deref())?;
        Ok(json!({}))
    }
}
