//! Inventory and compliance, which an agent reports unasked: accepted, and not kept.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::agent::for_agents_only;
use crate::records::Ssm;

/// `PutInventory`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutInventory.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutInventory {
    instance_id: String,
    #[expect(dead_code, reason = "the region has no operation that shows an inventory")]
    items: Vec<Value>,
}

/// `PutComplianceItems`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutComplianceItems.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutComplianceItems {
    resource_id: String,
    #[expect(dead_code, reason = "the region has no operation that shows compliance")]
    resource_type: String,
    #[expect(dead_code, reason = "the region has no operation that shows compliance")]
    compliance_type: String,
    #[expect(dead_code, reason = "the region has no operation that shows compliance")]
    execution_summary: Value,
    #[expect(dead_code, reason = "the region has no operation that shows compliance")]
    items: Vec<Value>,
    #[expect(dead_code, reason = "the region has no operation that shows compliance")]
    item_content_hash: Option<String>,
    #[expect(dead_code, reason = "the region has no operation that shows compliance")]
    upload_type: Option<String>,
}

impl Ssm {
    pub(crate) fn put_inventory(&self, call: &Call, input: PutInventory) -> Result<Value, AwsError> {
        for_agents_only(call, "PutInventory", Some(&input.instance_id))?;
        Ok(json!({}))
    }

    pub(crate) fn put_compliance_items(&self, call: &Call, input: PutComplianceItems) -> Result<Value, AwsError> {
        for_agents_only(call, "PutComplianceItems", Some(&input.resource_id))?;
        Ok(json!({}))
    }
}
