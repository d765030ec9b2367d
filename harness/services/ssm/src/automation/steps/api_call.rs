//! `aws:executeAwsApi`: any operation of any service.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-executeawsapi.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::automation::run::Automation;
use crate::automation::runbook::{RunbookStep, StepOutput};
use crate::automation::scope::{text_of, texts_of};
use crate::automation::step_run::{ActionFailure, Done};

/// Calls the operation that the inputs name, with the inputs that are not `own`; returns its answer.
pub(super) async fn call(automation: &Automation, inputs: &Value, own: &[&str]) -> Result<Value, ActionFailure> {
    let text = |name: &str| inputs.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let (Some(service), Some(api)) = (text("Service"), text("Api")) else {
        return Err(ActionFailure::new("Service and Api are required."));
    };
    // Services have the names that they have in AWS's SDK for Python.
    let service = match service.to_ascii_lowercase().as_str() {
        "cloudwatch" => "monitoring".to_owned(),
        "resourcegroupstaggingapi" => "tagging".to_owned(),
        "service-quotas" => "servicequotas".to_owned(),
        name => name.to_owned(),
    };
    let mut operation = api.to_owned();
    if let Some(first) = operation.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let given = inputs.as_object().into_iter().flatten();
    let given = given.filter(|(name, _)| !matches!(name.as_str(), "Service" | "Api") && !own.contains(&name.as_str()));
    let mut input: Map<String, Value> = given.map(|(name, value)| (name.clone(), value.clone())).collect();
    if (service.as_str(), operation.as_str()) == ("lambda", "Invoke")
        && let Some(payload) = input.get_mut("Payload")
    {
        *payload = STANDARD.encode(text_of(payload)).into();
    }
    Ok(automation.call(&service, &operation, input.into()).await?)
}

pub(super) async fn execute(automation: &Automation, step: &RunbookStep, inputs: &Value) -> Result<Done, ActionFailure> {
    let answer = call(automation, inputs, &[]).await?;
    let kept = step.outputs.iter().filter_map(|output| Some((output.name.clone(), kept(output, &answer)?)));
    Ok(Done { outputs: kept.collect(), ..Done::default() })
}

/// What an output keeps of an answer, in its type.
fn kept(output: &StepOutput, answer: &Value) -> Option<Value> {
    let selected = output.selector.select(answer)?;
    Some(match output.kind.as_deref() {
        Some("StringList") => json!(texts_of(&selected)),
        Some("Integer") => text_of(&selected).parse::<i64>().ok()?.into(),
        Some("Boolean") => text_of(&selected).to_ascii_lowercase().parse::<bool>().ok()?.into(),
        Some("StringMap" | "MapList") => selected,
        // A String.
        _ => text_of(&selected).into(),
    })
}
