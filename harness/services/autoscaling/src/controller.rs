//! The task of a group, which does what is to be done for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use nightproof_core::document::whole_seconds;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region};
use serde_json::json;

use crate::autoscaling::AutoScaling;
use crate::capacity;
use crate::launch::{Blueprint, tag_specifications};
use crate::launch_source::LaunchSource;
use crate::notification;
use crate::role;
use crate::step::{Step, step};

/// A group, as its task knows it.
struct Controlled {
    service: Arc<AutoScaling>,
    region: Region,
    account: String,
    name: String,
    arn: String,
    role: String,
}

impl AutoScaling {
    /// Starts the task of a group that was just made.
    pub(crate) fn control(&self, region: &Region, account: &str, name: &str) {
        let Some(service) = self.this.upgrade() else { return };
        let found = self.with(account, |records| {
            records.groups.get(name).map(|group| (group.arn.clone(), group.settings.role.clone(), Arc::clone(&group.wake)))
        });
        let Some((arn, role, wake)) = found else { return };
        let controlled =
            Controlled { service, region: region.clone(), account: account.to_owned(), name: name.to_owned(), arn, role };
        let region = region.clone();
        region.clone().tasks().spawn(async move {
            let mut instances = region.instance_changes();
            loop {
                // What changes from here on wakes it, also while it works.
                instances.mark_unchanged();
                let Some(done) = controlled.step().await else { return };
                if done.launches > 0 || !done.terminations.is_empty() {
                    continue;
                }
                let deadline = async {
                    match done.deadline {
                        Some(deadline) => region.clock().sleep_until(deadline).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = wake.notified() => {}
                    changed = instances.changed() => if changed.is_err() { return },
                    () = deadline => {}
                    () = region.stopping().cancelled() => return,
                }
            }
        });
    }
}

impl Controlled {
    /// Does what is to be done now. `None`: the group is gone, or the region goes down.
    async fn step(&self) -> Option<Step> {
        let Self { service, region, account, name, .. } = self;
        if region.stopping().is_cancelled() {
            return None;
        }
        let instances = region.service("ec2").map(|ec2| ec2.instances(region, account)).unwrap_or_default();
        let seen: BTreeMap<String, String> = instances.into_iter().map(|instance| (instance.id, instance.state)).collect();
        let now = whole_seconds(region.clock().now());
        let step = service.with(account, |records| {
            let step = records.groups.get_mut(name).map(|group| step(group, &seen, now))?;
            if step.is_over
                && let Some(group) = records.groups.remove(name)
            {
                let past = group.activities.iter().map(|activity| (group.name.clone(), group.arn.clone(), activity.clone()));
                records.past.extend(past);
                return Some((step, group.outbox));
            }
            let outbox = records.groups.get_mut(name).map(|group| std::mem::take(&mut group.outbox)).unwrap_or_default();
            Some((step, outbox))
        });
        let (step, outbox) = step?;
        notification::send(region, account, &self.arn, outbox).await;
        for id in &step.terminations {
            self.terminate(id).await;
        }
        if step.is_over {
            return None;
        }
        for _ in 0..step.launches {
            if !self.launch().await {
                break;
            }
        }
        Some(step)
    }

    /// Launches one instance; returns whether EC2 did.
    async fn launch(&self) -> bool {
        let Self { service, region, account, name, .. } = self;
        let found = service.with(account, |records| {
            let group = records.groups.get(name)?;
            let configuration = match group.launch_source() {
                LaunchSource::Configuration(name) => records.configurations.get(name).cloned(),
                LaunchSource::Template { .. } => None,
            };
            Some((group.launch_source().clone(), configuration, capacity::place(group), tag_specifications(group)))
        });
        let Some((source, configuration, place, tags)) = found else { return false };
        let launched = async {
            let caller = self.session().await?;
            let blueprint = Blueprint::read(region, &caller, &source, configuration.as_ref(), &place).await?;
            blueprint.launch(region, &caller, tags, &place).await
        }
        .await;
        let now = whole_seconds(region.clock().now());
        service.with(account, |records| {
            let Some(group) = records.groups.get_mut(name) else { return false };
            match launched {
                Ok(launched) => {
                    group.take_up(launched, now);
                    true
                }
                Err(error) => {
                    tracing::warn!(group = name, %error, "an instance was not launched");
                    group.refuse_launch(&error, &place, now);
                    false
                }
            }
        })
    }

    /// Has EC2 terminate an instance, whatever protects it there.
    /// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-protection.html>
    async fn terminate(&self, id: &str) {
        let terminated = async {
            let caller = self.session().await?;
            match self.ec2(&caller, "TerminateInstances", json!({ "InstanceIds": [id] })).await {
                Err(error) if error.code == "OperationNotPermitted" => {
                    let unprotected = json!({ "InstanceId": id, "DisableApiTermination": { "Value": false } });
                    self.ec2(&caller, "ModifyInstanceAttribute", unprotected).await?;
                    self.ec2(&caller, "TerminateInstances", json!({ "InstanceIds": [id] })).await
                }
                Err(error) if error.code.starts_with("InvalidInstanceID") => Ok(()),
                ended => ended,
            }
        };
        let Err(error) = terminated.await else { return };
        tracing::warn!(group = self.name, instance = id, %error, "an instance was not terminated");
        let now = whole_seconds(self.region.clock().now());
        self.service.with(&self.account, |records| {
            if let Some(group) = records.groups.get_mut(&self.name) {
                group.ask_again(id, now);
            }
        });
    }

    async fn ec2(&self, caller: &Caller, operation: &str, input: serde_json::Value) -> Result<(), AwsError> {
        self.region.call(caller, "ec2", operation, input).await.map(drop)
    }

    async fn session(&self) -> Result<Caller, AwsError> {
        role::session(&self.region, &self.account, &self.role).await
    }
}
