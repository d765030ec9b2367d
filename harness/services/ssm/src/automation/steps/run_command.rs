//! `aws:runCommand`: a command, up to its end.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-runcommand.html>

use serde_json::{Map, Value, json};

use crate::automation::run::Automation;
use crate::automation::scope::texts_of;
use crate::automation::step_run::{ActionFailure, Done};

pub(super) async fn run(automation: &Automation, index: usize, inputs: &Value) -> Result<Done, ActionFailure> {
    let mut input = inputs.as_object().cloned().unwrap_or_default();
    if let Some(ids) = input.get_mut("InstanceIds") {
        *ids = json!(texts_of(ids));
    }
    if let Some(Value::Object(parameters)) = input.get_mut("Parameters") {
        for value in parameters.values_mut() {
            *value = json!(texts_of(value));
        }
    }
    let sent = automation.call("ssm", "SendCommand", input.into()).await?;
    let command = sent.pointer("/Command/CommandId").and_then(Value::as_str).unwrap_or_default().to_owned();
    // Whoever stops the automation cancels it.
    automation.note(index, |step| {
        step.outputs.insert("CommandId".to_owned(), vec![command.clone()]);
    });
    automation.ssm.command_ended(&automation.region, &automation.account, &command).await;
    let listed = automation.call("ssm", "ListCommands", json!({ "CommandId": command })).await?;
    let status = listed.pointer("/Commands/0/Status").and_then(Value::as_str).unwrap_or_default();
    let (code, output) = said(automation, &command);
    let reason = format!(
        "Step fails when it is Poll action status for completion. Command {command} returns unexpected invocation result: \
         {{Status=[{status}], ResponseCode=[{code}], Output=[{output}], CommandId=[{command}]}}."
    );
    let outputs: Map<String, Value> =
        [("CommandId", command.as_str()), ("Status", status), ("ResponseCode", &code), ("Output", &output)]
            .map(|(name, value)| (name.to_owned(), value.into()))
            .into_iter()
            .collect();
    let outputs = outputs.into_iter().collect();
    match status {
        "Success" => Ok(Done { outputs, response_code: code, next: None }),
        _ => Err(ActionFailure { reason, outputs }),
    }
}

/// The code and the output of a command, where it ran on one instance.
fn said(automation: &Automation, command: &str) -> (String, String) {
    automation.ssm.with(&automation.account, |records| {
        let invocations = records.command(command).map(|command| command.invocations.as_slice()).unwrap_or_default();
        let [one] = invocations else { return (String::new(), String::new()) };
        let code = one.plugins.last().map(|plugin| plugin.code.to_string()).unwrap_or_default();
        (code, one.plugins.iter().map(|plugin| plugin.output.as_str()).collect::<Vec<_>>().join("\n"))
    })
}
