//! Instances come and go: boot, stop, reboot, terminate, each with its machine.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use nightproof_core::Region;
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use nightproof_journal::Event;
use serde_json::{Value, json};

use super::boot::{Ended, Launch, Running};
use super::connections::InstanceConnections;
use super::ec2::Ec2;
use super::error::error;
use super::instance::{Instance, State};
use super::instance_handle::InstanceHandle;
use super::records::Records;
use super::uplink;

/// What an operation does with its instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Start,
    Stop,
    Reboot,
    Terminate,
}

/// Changes the records. Answers `(id, state before)` of those whose machine must follow.
pub(super) fn change(records: &mut Records, turn: Turn, input: &Value, now: Timestamp) -> Result<Vec<(String, State)>, AwsError> {
    let ids = input.texts("InstanceIds");
    for id in &ids {
        let instance = records.instance(id)?;
        let wrong = |wanted: &str| {
            error("IncorrectInstanceState", format!("The instance '{id}' is not in a state from which it can be {wanted}."))
        };
        match turn {
            Turn::Start if matches!(instance.state, State::Stopping | State::ShuttingDown | State::Terminated) => {
                return Err(wrong("started"));
            }
            Turn::Stop if matches!(instance.state, State::ShuttingDown | State::Terminated | State::Pending) => {
                return Err(wrong("stopped"));
            }
            Turn::Reboot
                if matches!(instance.state, State::Stopping | State::Stopped | State::ShuttingDown | State::Terminated) =>
            {
                return Err(wrong("rebooted"));
            }
            Turn::Stop if instance.stop_protection => {
                return Err(error(
                    "OperationNotPermitted",
                    format!(
                        "The instance '{id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again."
                    ),
                ));
            }
            Turn::Terminate if instance.termination_protection && !instance.is_terminated() => {
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
    let mut turned = Vec::new();
    for id in ids {
        let before = records.instance(id)?.state;
        turned.push((id.to_owned(), before));
        let address = match turn {
            Turn::Start
                if before == State::Stopped
                    && records.instance(id)?.wants_public_ip
                    && records.instance(id)?.public_ip.is_none() =>
            {
                Some(records.take_public_address())
            }
            _ => None,
        };
        let instance = records.instance_mut(id)?;
        match (turn, before) {
            (Turn::Start, State::Stopped) => {
                instance.state = State::Pending;
                instance.state_reason = None;
                instance.transition = String::new();
                instance.launched = now;
                instance.public_ip = instance.public_ip.or(address);
            }
            (Turn::Stop, State::Running) => leave(instance, State::Stopping, now),
            (Turn::Terminate, State::Pending | State::Running | State::Stopping | State::Stopped) => {
                leave(instance, State::ShuttingDown, now)
            }
            _ => {}
        }
    }
    Ok(turned)
}

/// On its way out by a user's request.
fn leave(instance: &mut Instance, state: State, now: Timestamp) {
    instance.state = state;
    instance.transition = format!("User initiated ({})", now.strftime("%Y-%m-%d %H:%M:%S GMT"));
    let code = "Client.UserInitiatedShutdown";
    instance.state_reason = Some((code.to_owned(), format!("{code}: User initiated shutdown")));
}

/// The answer of start, stop and terminate.
pub(super) fn answer(records: &Records, turn: Turn, turned: &[(String, State)]) -> Value {
    let member = match turn {
        Turn::Start => "StartingInstances",
        Turn::Stop => "StoppingInstances",
        Turn::Terminate => "TerminatingInstances",
        Turn::Reboot => return json!({}),
    };
    let changes: Vec<Value> = turned
        .iter()
        .filter_map(|(id, before)| {
            let now = records.instances.get(id)?.state;
            Some(json!({ "InstanceId": id, "PreviousState": before.describe(), "CurrentState": now.describe() }))
        })
        .collect();
    json!({ member: changes })
}

/// The end of an instance's record: addresses, groups and volumes are given back.
fn finish(records: &mut Records, id: &str, now: Timestamp) {
    let Some(instance) = records.instances.get_mut(id) else { return };
    instance.state = State::Terminated;
    instance.public_ip = None;
    instance.profile = None;
    instance.ended = Some(now);
    for address in records.addresses.values_mut() {
        if address.association.as_ref().is_some_and(|(_, instance)| instance == id) {
            address.association = None;
        }
    }
}

/// Terminated instances stay visible for an hour.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html>
pub(super) fn forget_old(records: &mut Records, now: Timestamp) {
    let old: Vec<String> = records
        .instances
        .values()
        .filter(|instance| instance.ended.is_some_and(|ended| now.duration_since(ended) > SignedDuration::from_hours(1)))
        .map(|instance| instance.id.clone())
        .collect();
    for id in old {
        if let Some(instance) = records.instances.remove(&id) {
            records.tags.remove(&id);
            records.tags.remove(&instance.interface.id);
            for volume in instance.volumes {
                records.tags.remove(&volume.id);
            }
        }
    }
}

impl Ec2 {
    /// Boots the machine of a pending instance in the background, and follows it to its end.
    pub(super) fn boot(self: &Arc<Self>, region: &Region, account: &str, id: &str) {
        let ec2 = Arc::clone(self);
        let (inner, account, id) = (region.clone(), account.to_owned(), id.to_owned());
        region.tasks().spawn(async move { ec2.run_machine(&inner, &account, &id).await });
    }

    async fn run_machine(self: Arc<Self>, region: &Region, account: &str, id: &str) {
        let Some((launch, boot)) = self.launch(region, account, id) else { return };
        let first = launch.first_boot;
        let machine = tokio::select! {
            booted = self.booter.boot(region, launch) => booted,
            () = region.stopping().cancelled() => return,
        };
        let machine = match machine {
            Ok(machine) => machine,
            Err(failure) => {
                tracing::warn!(instance = id, %failure, "instance did not boot");
                self.with_instance(region, account, id, |instance| {
                    let code = "Server.InternalError";
                    instance.state_reason = Some((code.to_owned(), format!("{code}: {failure}")));
                    instance.transition = "Server.InternalError".to_owned();
                });
                self.with_records(region, account, |records| finish(records, id, region.clock().now()));
                self.booter.discard(region, id).await;
                return;
            }
        };
        self.machines().insert(id.to_owned(), Arc::clone(&machine));
        let up = self.with_instance(region, account, id, |instance| {
            let current = instance.boots == boot && matches!(instance.state, State::Pending | State::Running);
            if current {
                instance.state = State::Running;
                instance.state_reason = None;
            }
            current
        });
        if up != Some(true) {
            // Terminated while it booted: whoever did that may have missed the machine.
            self.end_machine(region, account, id).await;
            return;
        }
        self.publish(region, account);
        region.journal().record(Event::Booted { instance: id.to_owned(), first });
        tokio::select! {
            ended = machine.ended() => self.machine_ended(region, account, id, (boot, ended)).await,
            () = region.stopping().cancelled() => machine.stop().await,
        }
    }

    fn launch(self: &Arc<Self>, region: &Region, account: &str, id: &str) -> Option<(Launch, u64)> {
        let connections = InstanceConnections(Arc::new(InstanceHandle {
            region: region.clone(),
            ec2: Arc::clone(self),
            account: account.to_owned(),
            id: id.to_owned(),
        }));
        self.with_records(region, account, |records| {
            if let Some(instance) = records.instances.get(id) {
                self.links.update(id, uplink::link(records, instance));
            }
            let instance = records.instances.get_mut(id)?;
            instance.boots += 1;
            let launch = Launch {
                instance_id: instance.id.clone(),
                hostname: instance.private_dns(region.name()),
                address: instance.private_ip,
                platform: instance.image.platform,
                memory_mib: instance.kind.memory_mib,
                processors: instance.kind.cpus,
                first_boot: instance.boots == 1,
                connections: Arc::new(connections),
            };
            Some((launch, instance.boots))
        })
    }

    /// The machine went down by itself: someone in it shut it down, or rebooted it.
    async fn machine_ended(self: &Arc<Self>, region: &Region, account: &str, id: &str, (boot, ended): (u64, Ended)) {
        let current = |instance: &mut Instance| instance.boots == boot && instance.state == State::Running;
        if ended == Ended::Reboot && self.with_instance(region, account, id, current) == Some(true) {
            self.machines().remove(id);
            return self.boot(region, account, id);
        }
        let terminate = self.with_instance(region, account, id, |instance| {
            if instance.boots != boot || instance.state != State::Running {
                return None;
            }
            let code = "Client.InstanceInitiatedShutdown";
            instance.state_reason = Some((code.to_owned(), format!("{code}: Instance initiated shutdown")));
            instance.transition = String::new();
            instance.state = if instance.terminates_on_shutdown { State::ShuttingDown } else { State::Stopping };
            Some(instance.terminates_on_shutdown)
        });
        if let Some(Some(_)) = terminate {
            self.end_machine(region, account, id).await;
        }
    }

    /// Ends an instance's machine, and then brings its record from stopping to stopped, from shutting-down to terminated.
    async fn end_machine(self: &Arc<Self>, region: &Region, account: &str, id: &str) {
        let machine = self.machines().remove(id);
        if let Some(machine) = machine {
            let console = machine.console().await;
            machine.stop().await;
            self.consoles().insert(id.to_owned(), console);
        }
        self.metadata.forget(id);
        let leaves = |instance: &mut Instance| instance.state == State::ShuttingDown;
        if self.with_instance(region, account, id, leaves) == Some(true) {
            self.booter.discard(region, id).await;
        }
        let now = region.clock().now();
        self.with_records(region, account, |records| match records.instances.get_mut(id) {
            Some(instance) if instance.state == State::Stopping => {
                let elastic = records.addresses.values().any(|address| Some(address.ip) == instance.public_ip);
                instance.state = State::Stopped;
                if !elastic {
                    instance.public_ip = None;
                }
            }
            Some(instance) if instance.state == State::ShuttingDown => finish(records, id, now),
            _ => {}
        });
    }

    /// Start, stop, reboot and terminate.
    pub(super) fn turn(self: &Arc<Self>, call: &Call, turn: Turn, input: &Value) -> Result<Value, AwsError> {
        if turn == Turn::Stop && input.flag("Hibernate") == Some(true) {
            return Err(super::error::unsupported("StopInstances", "Hibernate"));
        }
        let (turned, output) = self.with_records(&call.region, call.account(), |records| {
            let turned = change(records, turn, input, call.now)?;
            let output = answer(records, turn, &turned);
            Ok::<_, AwsError>((turned, output))
        })?;
        for (id, before) in turned {
            let region = call.region.clone();
            let account = call.account().to_owned();
            match (turn, before) {
                (Turn::Start, State::Stopped) => self.boot(&region, &account, &id),
                (Turn::Stop, State::Running)
                | (Turn::Terminate, State::Pending | State::Running | State::Stopping | State::Stopped) => {
                    let ec2 = Arc::clone(self);
                    let task = {
                        let region = region.clone();
                        async move { ec2.end_machine(&region, &account, &id).await }
                    };
                    region.tasks().spawn(task);
                }
                (Turn::Reboot, State::Running) => {
                    let ec2 = Arc::clone(self);
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

    /// `GetConsoleOutput`: the last 64 KB of what the machine wrote.
    pub(super) async fn console_output(self: &Arc<Self>, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let id = input.required("InstanceId");
        self.with_records(&call.region, call.account(), |records| records.instance(id).map(|_| ()))?;
        let machine: Option<Arc<dyn Running>> = self.machines().get(id).cloned();
        let console = match machine {
            Some(machine) => Some(machine.console().await),
            None => self.consoles().get(id).cloned(),
        };
        let mut output = json!({ "InstanceId": id, "Timestamp": call.now.to_string() });
        if let (Some(output), Some(console)) = (output.as_object_mut(), console) {
            let last = console.get(console.len().saturating_sub(64 * 1024)..).unwrap_or_default();
            output.insert("Output".to_owned(), STANDARD.encode(last).into());
        }
        Ok(output)
    }
}
