//! `aws:changeInstanceState`: starts, stops or terminates instances, and waits until they are so.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-changestate.html>

use jiff::SignedDuration;
use nightproof_core::document::Members as _;
use serde_json::{Value, json};

use crate::automation::run::Automation;
use crate::automation::scope::{text_of, texts_of};
use crate::automation::step_run::{ActionFailure, Done};

/// From one look to the next.
const PAUSE: SignedDuration = SignedDuration::from_secs(2);

pub(super) async fn change(automation: &Automation, inputs: &Value) -> Result<Done, ActionFailure> {
    let ids = inputs.get("InstanceIds").map(texts_of).unwrap_or_default();
    let desired = inputs.text("DesiredState").unwrap_or_default();
    let flag = |name: &str| inputs.get(name).is_some_and(|value| text_of(value).eq_ignore_ascii_case("true"));
    let (operation, input) = match desired {
        "running" => ("StartInstances", json!({ "InstanceIds": ids })),
        "stopped" if flag("Force") => ("StopInstances", json!({ "InstanceIds": ids, "Force": true })),
        "stopped" => ("StopInstances", json!({ "InstanceIds": ids })),
        "terminated" => ("TerminateInstances", json!({ "InstanceIds": ids })),
        other => return Err(ActionFailure::new(format!("DesiredState is running, stopped or terminated, and not {other}."))),
    };
    if !flag("CheckStateOnly") {
        automation.call("ec2", operation, input).await?;
    }
    let clock = automation.region.clock();
    loop {
        let input = json!({ "InstanceIds": ids, "IncludeAllInstances": true });
        let answer = automation.call("ec2", "DescribeInstanceStatus", input).await?;
        let states: Vec<&str> = answer
            .list("InstanceStatuses")
            .iter()
            .map(|status| status.pointer("/InstanceState/Name").and_then(Value::as_str).unwrap_or_default())
            .collect();
        if states.len() == ids.len() && states.iter().all(|state| *state == desired) {
            return Ok(Done::with([("InstanceStates", json!(states))]));
        }
        clock.sleep_until(clock.now() + PAUSE).await;
    }
}
