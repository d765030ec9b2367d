//! `aws:createTags`: tags of instances, and of what Systems Manager has.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-createtag.html>

use nightproof_core::document::Members as _;
use serde_json::{Value, json};

use crate::automation::run::Automation;
use crate::automation::scope::texts_of;
use crate::automation::step_run::{ActionFailure, Done};

pub(super) async fn create(automation: &Automation, inputs: &Value) -> Result<Done, ActionFailure> {
    let ids = inputs.get("ResourceIds").map(texts_of).unwrap_or_default();
    let tags = inputs.get("Tags").cloned().unwrap_or_else(|| json!([]));
    match inputs.text("ResourceType").unwrap_or("EC2") {
        "EC2" => {
            automation.call("ec2", "CreateTags", json!({ "Resources": ids, "Tags": tags })).await?;
        }
        kind @ ("ManagedInstance" | "MaintenanceWindow" | "Parameter") => {
            for id in ids {
                let input = json!({ "ResourceType": kind, "ResourceId": id, "Tags": tags });
                automation.call("ssm", "AddTagsToResource", input).await?;
            }
        }
        other => return Err(ActionFailure::new(format!("{other} is no type of resources."))),
    }
    Ok(Done::default())
}
