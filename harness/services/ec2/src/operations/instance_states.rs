//! Start, stop, reboot and terminate.

use std::sync::Arc;

use jiff::Timestamp;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::ec2::Ec2;
use crate::error::{dry_run, error, unsupported};
use crate::records::{Instance, Records, State};

/// `StartInstances`, `StopInstances`, `RebootInstances` and `TerminateInstances`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StopInstances.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ChangeStates {
    instance_ids: Vec<String>,
    #[serde(default)]
    hibernate: bool,
    #[expect(dead_code, reason = "a machine that does not shut down in time is ended in any case")]
    force: Option<bool>,
    #[serde(default)]
    dry_run: bool,
}

/// What an operation does with its instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateChange {
    Start,
    Stop,
    Reboot,
    Terminate,
}

/// Changes the records. Returns `(id, state before)` of those whose machine must follow.
pub(crate) fn change(
    records: &mut Records,
    asked: StateChange,
    ids: &[String],
    now: Timestamp,
) -> Result<Vec<(String, State)>, AwsError> {
    for id in ids {
        let instance = records.instance(id)?;
        let wrong = |wanted: &str| {
            error("IncorrectInstanceState", format!("The instance '{id}' is not in a state from which it can be {wanted}."))
        };
        match asked {
            StateChange::Start if matches!(instance.state, State::Stopping | State::ShuttingDown | State::Terminated) => {
                return Err(wrong("started"));
            }
            StateChange::Stop if matches!(instance.state, State::ShuttingDown | State::Terminated | State::Pending) => {
                return Err(wrong("stopped"));
            }
            StateChange::Reboot
                if matches!(instance.state, State::Stopping | State::Stopped | State::ShuttingDown | State::Terminated) =>
            {
                return Err(wrong("rebooted"));
            }
            StateChange::Stop if instance.stop_protection => {
                return Err(error(
                    "OperationNotPermitted",
                    format!(
                        "The instance '{id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again."
                    ),
                ));
            }
            StateChange::Terminate if instance.termination_protection && !instance.is_terminated() => {
                return Err(error(
                    "OperationNotPermitted",
                    format!(
                        "The instance '{id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again."
                    ),
                ));
            }
            _ => {}
        }
    }
    let mut changed = Vec::new();
    for id in ids {
        let before = records.instance(id)?.state;
        changed.push((id.clone(), before));
        let address = match asked {
            StateChange::Start
                if before == State::Stopped
                    && records.instance(id)?.wants_public_ip
                    && records.instance(id)?.public_ip.is_none() =>
            {
                Some(records.take_public_address())
            }
            _ => None,
        };
        let instance = records.instance_mut(id)?;
        match (asked, before) {
            (StateChange::Start, State::Stopped) => {
                instance.state = State::Pending;
                instance.state_reason = None;
                instance.transition = String::new();
                instance.launched = now;
                instance.public_ip = instance.public_ip.or(address);
            }
            (StateChange::Stop, State::Running) => leave(instance, State::Stopping, now),
            (StateChange::Terminate, State::Pending | State::Running | State::Stopping | State::Stopped) => {
                leave(instance, State::ShuttingDown, now)
            }
            _ => {}
        }
    }
    Ok(changed)
}

/// On its way out by a user's request.
fn leave(instance: &mut Instance, state: State, now: Timestamp) {
    instance.state = state;
    instance.transition = format!("User initiated ({})", now.strftime("%Y-%m-%d %H:%M:%S GMT"));
    let code = "Client.UserInitiatedShutdown";
    instance.state_reason = Some((code.to_owned(), format!("{code}: User initiated shutdown")));
}

/// The answer of start, stop and terminate.
fn answer(records: &Records, asked: StateChange, changed: &[(String, State)]) -> Value {
    let member = match asked {
        StateChange::Start => "StartingInstances",
        StateChange::Stop => "StoppingInstances",
        StateChange::Terminate => "TerminatingInstances",
        StateChange::Reboot => return json!({}),
    };
    let changes: Vec<Value> = changed
        .iter()
        .filter_map(|(id, before)| {
            let now = records.instances.get(id)?.state;
            Some(json!({ "InstanceId": id, "PreviousState": before.describe(), "CurrentState": now.describe() }))
        })
        .collect();
    json!({ member: changes })
}

impl Ec2 {
    /// Start, stop, reboot and terminate.
    pub(crate) fn change_states(&self, call: &Call, input: ChangeStates, asked: StateChange) -> Result<Value, AwsError> {
        if input.hibernate {
            return Err(unsupported("StopInstances", "Hibernate"));
        }
        if input.dry_run {
            return self.with_records(&call.region, call.account(), |records| {
                change(&mut records.clone(), asked, &input.instance_ids, call.now).and_then(|_| Err(dry_run()))
            });
        }
        let (changed, output) = self.with_records(&call.region, call.account(), |records| {
            let changed = change(records, asked, &input.instance_ids, call.now)?;
            let output = answer(records, asked, &changed);
            Ok::<_, AwsError>((changed, output))
        })?;
        call.region.instance_changed();
        let this = self.handle()?;
        for (id, before) in changed {
            let region = call.region.clone();
            let account = call.account().to_owned();
            match (asked, before) {
                (StateChange::Start, State::Stopped) => this.boot(&region, &account, &id),
                (StateChange::Stop, State::Running)
                | (StateChange::Terminate, State::Pending | State::Running | State::Stopping | State::Stopped) => {
                    let ec2 = Arc::clone(&this);
                    let task = {
                        let region = region.clone();
                        async move { ec2.end_machine(&region, &account, &id).await }
                    };
                    region.tasks().spawn(task);
                }
                (StateChange::Reboot, State::Running) => {
                    let ec2 = Arc::clone(&this);
                    let task = {
                        let region = region.clone();
                        async move {
                            let machine = ec2.machines().remove(&id);
                            // A machine that reboots keeps its state `running`, as on AWS; its boot count moves on.
                            ec2.with_instance(&region, &account, &id, |instance| instance.boots += 1);
                            if let Some(machine) = machine {
                                machine.stop().await;
                            }
                            ec2.boot(&region, &account, &id);
                        }
                    };
                    region.tasks().spawn(task);
                }
                _ => {}
            }
        }
        Ok(output)
    }
}
