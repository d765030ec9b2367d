//! Delivery of a command to its nodes: rate control, messages, and the two deadlines.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/send-commands-multiple.html>

use jiff::Timestamp;
use nightproof_core::Region;
use serde_json::{Value, json};

use crate::command::Command;
use crate::invocation::{Stage, State};
use crate::mailbox::Message;
use crate::records::{Records, Ssm};

/// `MessageId` of the message that delivers `command` to `instance`.
pub(crate) fn message_id(command: &str, instance: &str) -> String {
    format!("aws.ssm.{command}.{instance}")
}

fn payload(command: &Command) -> Value {
    json!({
        "Parameters": command.typed_parameters,
        "DocumentContent": command.document.content,
        "CommandId": command.id,
        "DocumentName": command.document_name,
        "OutputS3KeyPrefix": command.output_prefix,
        "OutputS3BucketName": command.output_bucket,
        "CloudWatchLogGroupName": command.cloud_watch_output.cloud_watch_log_group_name,
        "CloudWatchOutputEnabled": command.cloud_watch_output.cloud_watch_output_enabled.to_string(),
    })
}

/// Starts as many waiting invocations as `MaxConcurrency` allows; ends them once `MaxErrors` is passed. Returns whether
/// there is new mail.
pub(crate) fn advance(records: &mut Records, id: &str, now: Timestamp) -> bool {
    let Records { nodes, mail, commands, .. } = records;
    let Some(command) = commands.iter_mut().find(|command| command.id == id) else { return false };
    let errors = command.invocations.iter().filter(|invocation| invocation.state.counts_as_error()).count();
    let stop = command.cancelled || errors > command.tolerated_errors();
    let limit = command.concurrency();
    let waiting = State::Open(Stage::Waiting);
    let mut busy =
        command.invocations.iter().filter(|invocation| !invocation.state.terminal() && invocation.state != waiting).count();
    let payload = payload(command);
    let cancelled = command.cancelled;
    let mut mailed = false;
    for invocation in command.invocations.iter_mut().filter(|invocation| invocation.state == waiting) {
        if stop {
            invocation.become_state(if cancelled { State::Cancelled } else { State::Terminated });
            continue;
        }
        if busy >= limit {
            break;
        }
        busy += 1;
        let instance = invocation.instance_id.clone();
        let online = nodes.get(&instance).is_some_and(|node| node.online(now));
        invocation.become_state(State::Open(if online { Stage::Sent } else { Stage::Delayed }));
        mail.entry(instance.clone()).or_default().put(Message::new(
            message_id(id, &instance),
            "aws.ssm.sendCommand",
            &payload,
            now,
        ));
        mailed = true;
    }
    mailed
}

impl Ssm {
    /// [`advance`], and wakes the agents.
    pub(crate) fn dispatch_command(&self, account: &str, id: &str, now: Timestamp) {
        if self.with(account, |records| advance(records, id, now)) {
            self.mail.notify_waiters();
        }
    }

    /// Ends in region time what was not delivered (`TimeoutSeconds`) or never reported back (`ExpiresAfter`).
    pub(crate) fn watch_deadlines(&self, region: &Region, account: &str, id: &str, deadlines: [Timestamp; 2]) {
        let (ssm, region, clock, stopping) = (self.me.clone(), region.clone(), region.clock().clone(), region.stopping().clone());
        let (account, id) = (account.to_owned(), id.to_owned());
        region.clone().tasks().spawn(async move {
            for deadline in deadlines {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = clock.sleep_until(deadline) => {}
                }
                let Some(ssm) = ssm.upgrade() else { return };
                let ended = ssm.expire(&account, &id, clock.now());
                ssm.announce(&region, &account).await;
                if ended {
                    return;
                }
            }
        });
    }

    /// Applies the deadlines that `now` has passed. Returns whether the command is at its end.
    pub(crate) fn expire(&self, account: &str, id: &str, now: Timestamp) -> bool {
        self.with(account, |records| {
            let Records { mail, commands, .. } = records;
            let Some(command) = commands.iter_mut().find(|command| command.id == id) else { return true };
            let (delivery, all) = (command.delivery_deadline(), command.expires());
            for invocation in &mut command.invocations {
                let late = match invocation.state {
                    State::Open(Stage::Waiting | Stage::Sent | Stage::Delayed) => now >= delivery,
                    State::Open(Stage::InProgress | Stage::Cancelling) => now >= all,
                    _ => false,
                };
                if late {
                    let cancelling = invocation.state == State::Open(Stage::Cancelling);
                    // Only the agent knows of an execution time-out; one that never answers is told apart from it.
                    invocation.become_state(if cancelling { State::Cancelled } else { State::DeliveryTimedOut });
                    if let Some(mail) = mail.get_mut(&invocation.instance_id) {
                        mail.remove(&message_id(id, &invocation.instance_id));
                    }
                }
            }
            command.verdict().terminal()
        })
    }
}
