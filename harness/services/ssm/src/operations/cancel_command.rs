//! CancelCommand: invocations that no agent has taken end at once, running ones are asked to end.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::delivery::message_id;
use crate::invocation::{Stage, State};
use crate::mailbox::Message;
use crate::records::{Records, Ssm};

/// `CancelCommand`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CancelCommand.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CancelCommand {
    command_id: String,
    #[serde(default)]
    instance_ids: Vec<String>,
}

impl Ssm {
    pub(crate) async fn cancel_command(&self, call: &Call, input: CancelCommand) -> Result<Value, AwsError> {
        self.with(call.account(), |records| {
            let Records { mail, commands, .. } = records;
            let command = commands
                .iter_mut()
                .find(|command| command.id == input.command_id)
                .ok_or_else(|| AwsError::new("InvalidCommandId", 400, format!("Command {} does not exist.", input.command_id)))?;
            if let Some(stranger) = input.instance_ids.iter().find(|id| command.invocation(id).is_none()) {
                return Err(AwsError::new(
                    "InvalidInstanceId",
                    400,
                    format!("Instance {stranger} is not among the targets of command {}.", command.id),
                ));
            }
            if command.verdict().terminal() {
                return Ok(());
            }
            command.cancelled = true;
            for invocation in &mut command.invocations {
                let addressed = input.instance_ids.is_empty() || input.instance_ids.contains(&invocation.instance_id);
                if !addressed || invocation.state.terminal() || invocation.state == State::Open(Stage::Cancelling) {
                    continue;
                }
                let sent = message_id(&input.command_id, &invocation.instance_id);
                let mailbox = mail.entry(invocation.instance_id.clone()).or_default();
                if invocation.state == State::Open(Stage::Waiting) || mailbox.untouched(&sent) {
                    mailbox.remove(&sent);
                    invocation.become_state(State::Cancelled);
                    continue;
                }
                invocation.become_state(State::Open(Stage::Cancelling));
                mailbox.put(Message::new(
                    message_id(&uuid::Uuid::new_v4().to_string(), &invocation.instance_id),
                    "aws.ssm.cancelCommand",
                    &json!({"CancelMessageId": sent}),
                    call.now,
                ));
            }
            Ok(())
        })?;
        self.mail.notify_waiters();
        self.announce(&call.region, call.account()).await;
        Ok(json!({}))
    }
}
