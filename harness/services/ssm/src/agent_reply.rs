//! An agent's reaction to a message: acknowledged, failed, or a reply with the state of the document and its plugins.
//! Replies come more than once and in any order; a terminal state is never left.

use jiff::Timestamp;
use serde_json::Value;

use crate::delivery::{advance, message_id};
use crate::invocation::{Plugin, Stage, State};
use crate::records::{Records, Ssm};

/// `aws.ssm.<command>.<instance>` taken apart. The command's id has no dots.
pub(crate) fn parts_of(message: &str) -> Option<(&str, &str)> {
    message.strip_prefix("aws.ssm.")?.split_once('.')
}

fn begin(state: State) -> Option<State> {
    match state {
        State::Open(Stage::Waiting | Stage::Sent | Stage::Delayed) => Some(State::Open(Stage::InProgress)),
        _ => None,
    }
}

impl Ssm {
    /// The agent has the message and will not be given it again.
    pub(crate) fn acknowledge(&self, account: &str, message: &str) {
        self.with(account, |records| {
            let Some((command, instance)) = parts_of(message) else { return };
            if let Some(mail) = records.mail.get_mut(instance) {
                mail.remove(message);
            }
            if let Some(invocation) = records.command(command).and_then(|command| command.invocation(instance))
                && let Some(state) = begin(invocation.state)
            {
                invocation.become_state(state);
            }
        });
    }

    /// The agent cannot do anything with the message.
    pub(crate) fn fail_message(&self, account: &str, message: &str, why: &str, now: Timestamp) {
        let mailed = self.with(account, |records| {
            let Some((id, instance)) = parts_of(message) else { return false };
            if let Some(mail) = records.mail.get_mut(instance) {
                mail.remove(message);
            }
            if let Some(invocation) = records.command(id).and_then(|command| command.invocation(instance)) {
                why.clone_into(&mut invocation.trace);
                invocation.become_state(State::Failed);
            }
            advance(records, id, now)
        });
        if mailed {
            self.mail.notify_waiters();
        }
    }

    /// One reply. Returns false if it is not JSON.
    pub(crate) fn reply(&self, account: &str, message: &str, payload: &str, now: Timestamp) -> bool {
        let Ok(payload) = serde_json::from_str::<Value>(payload) else { return false };
        let mailed = self.with(account, |records| {
            let Some((id, instance)) = parts_of(message) else { return false };
            apply(records, id, instance, &payload);
            advance(records, id, now)
        });
        if mailed {
            self.mail.notify_waiters();
        }
        true
    }
}

fn apply(records: &mut Records, id: &str, instance: &str, payload: &Value) {
    let Records { mail, commands, .. } = records;
    let Some(invocation) = commands.iter_mut().find(|command| command.id == id).and_then(|command| command.invocation(instance))
    else {
        return;
    };
    // What the service itself ended stays as it is; the agent's last word on a plugin may come after that on the whole.
    if matches!(invocation.state, State::DeliveryTimedOut | State::Undeliverable | State::Terminated) {
        return;
    }
    if let Some(plugins) = payload.get("runtimeStatus").and_then(Value::as_object) {
        for (name, report) in plugins {
            match invocation.plugins.iter_mut().find(|plugin| plugin.id == *name) {
                Some(plugin) => plugin.report(report),
                None => {
                    let action = report.get("name").and_then(Value::as_str).unwrap_or(name);
                    let mut plugin = Plugin::new(name, action);
                    plugin.report(report);
                    invocation.plugins.push(plugin);
                }
            }
        }
    }
    if let Some(trace) = payload.get("documentTraceOutput").and_then(Value::as_str).filter(|trace| !trace.is_empty()) {
        trace.clone_into(&mut invocation.trace);
    }
    let word = payload.get("documentStatus").and_then(Value::as_str).unwrap_or_default();
    match State::from_agent(word) {
        Some(state) => {
            invocation.become_state(state);
            // A document that cannot run is reported and never acknowledged: its end is an acknowledgement.
            if let Some(mail) = mail.get_mut(instance) {
                mail.remove(&message_id(id, instance));
            }
        }
        None => {
            if let Some(state) = begin(invocation.state) {
                invocation.become_state(state);
            }
        }
    }
}
