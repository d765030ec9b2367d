//! `aws:assertAwsResourceProperty` and `aws:waitForAwsResourceProperty`: that something is as it should be.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-waitForAwsResourceProperty.html>

use jiff::SignedDuration;
use serde_json::Value;

use super::api_call;
use crate::automation::run::Automation;
use crate::automation::scope::texts_of;
use crate::automation::selector::Selector;
use crate::automation::step_run::{ActionFailure, Done};

/// From one look to the next.
const PAUSE: SignedDuration = SignedDuration::from_secs(2);

/// Inputs that are not the operation's.
const OWN: [&str; 2] = ["PropertySelector", "DesiredValues"];

/// Looks once: an error says what was there instead.
async fn look(automation: &Automation, inputs: &Value) -> Result<Result<(), String>, ActionFailure> {
    let selector = inputs.get("PropertySelector").and_then(Value::as_str).unwrap_or_default();
    let path = Selector::try_from(selector.to_owned()).map_err(ActionFailure::new)?;
    let desired = inputs.get("DesiredValues").map(texts_of).unwrap_or_default();
    let answer = api_call::call(automation, inputs, &OWN).await?;
    let seen = path.select(&answer).map(|found| texts_of(&found)).unwrap_or_default();
    if !seen.is_empty() && seen.iter().all(|value| desired.contains(value)) {
        return Ok(Ok(()));
    }
    let (desired, seen) = (desired.join(", "), seen.join(", "));
    Ok(Err(format!("Verified properties at {selector} do not match the desired values [{desired}]: [{seen}]")))
}

pub(super) async fn assert(automation: &Automation, inputs: &Value) -> Result<Done, ActionFailure> {
    look(automation, inputs).await?.map(|()| Done::default()).map_err(ActionFailure::new)
}

/// Looks until it is so; the step has a time-out.
pub(super) async fn wait(automation: &Automation, inputs: &Value) -> Result<Done, ActionFailure> {
    let clock = automation.region.clock();
    while look(automation, inputs).await?.is_err() {
        clock.sleep_until(clock.now() + PAUSE).await;
    }
    Ok(Done::default())
}
