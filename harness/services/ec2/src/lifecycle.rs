//! The machines of instances: boot, and follow to their end.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use nightproof_core::Region;
use nightproof_journal::Event;

use crate::boot::{Ended, Launch};
use crate::connections::InstanceConnections;
use crate::ec2::Ec2;
use crate::instance_handle::InstanceHandle;
use crate::records::{Instance, Records, State};
use crate::uplink;

/// The end of an instance's record: addresses, groups and volumes are given back.
fn finish(records: &mut Records, id: &str, now: Timestamp) {
    let Some(instance) = records.instances.get_mut(id) else { return };
    instance.state = State::Terminated;
    instance.public_ip = None;
    instance.profile = None;
    instance.ended = Some(now);
    let ended = instance.clone();
    records.detach_interface(&ended);
    for address in records.addresses.values_mut() {
        if address.association.as_ref().is_some_and(|(_, instance)| instance == id) {
            address.association = None;
        }
    }
}

/// Terminated instances and deleted NAT gateways stay visible for an hour.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html>
pub(crate) fn forget_old(records: &mut Records, now: Timestamp) {
    let over = |ended: Option<Timestamp>| ended.is_some_and(|ended| now.duration_since(ended) > SignedDuration::from_hours(1));
    for (id, _) in records.nat_gateways.extract_if(.., |_, gateway| over(gateway.deleted)) {
        records.tags.remove(&id);
    }
    let old: Vec<String> =
        records.instances.values().filter(|instance| over(instance.ended)).map(|instance| instance.id.clone()).collect();
    for id in old {
        if let Some(instance) = records.instances.remove(&id) {
            records.tags.remove(&id);
            if !records.interfaces.contains_key(&instance.interface.id) {
                records.tags.remove(&instance.interface.id);
            }
            for volume in instance.volumes {
                records.tags.remove(&volume.id);
            }
        }
    }
}

impl Ec2 {
    /// Boots the machine of a pending instance in the background, and follows it to its end.
    pub(crate) fn boot(self: &Arc<Self>, region: &Region, account: &str, id: &str) {
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
                region.instance_changed();
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
        self.relink(region, account);
        region.instance_changed();
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
                self.links.update(id, uplink::link(records, &uplink::Place::of_instance(instance)));
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
    pub(crate) async fn end_machine(self: &Arc<Self>, region: &Region, account: &str, id: &str) {
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
        // What others reach through it.
        self.relink(region, account);
        region.instance_changed();
    }
}
