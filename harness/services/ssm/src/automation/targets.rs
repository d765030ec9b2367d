//! A runbook for each of its targets, as many at once as may be.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/running-automations-map-targets.html>

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nightproof_core::Region;
use nightproof_core::service::{AwsError, Instance};

use super::execution::{RateControl, Status};
use super::start::{Kinship, Start, for_target, record};
use crate::command::Target;
use crate::rate_control::{self, Limits};
use crate::records::Ssm;
use crate::targets::{members, refuse_other_resources};

impl Ssm {
    /// The values that the parameter of targets takes.
    ///
    /// # Errors
    /// `InvalidTarget` for keys that AWS does not have; not implemented for those that this region has not.
    pub(crate) fn automation_targets(&self, region: &Region, account: &str, targets: &[Target]) -> Result<Vec<String>, AwsError> {
        let mut found = Vec::new();
        for target in targets {
            let key = target.key.as_deref().unwrap_or_default();
            let instances = || self.instances(region, account).into_iter().filter(|one| one.state != "terminated");
            let ids =
                |keep: &dyn Fn(&Instance) -> bool| instances().filter(|one| keep(one)).map(|one| one.id).collect::<Vec<_>>();
            match key {
                "ParameterValues" => found.extend(target.values.iter().cloned()),
                "InstanceIds" => {
                    found.extend(ids(&|one| target.values.contains(&one.id) || target.values.iter().any(|v| v == "*")))
                }
                _ if key == "tag-key" || key.starts_with("tag:") => found.extend(ids(&|one| one.has(key, &target.values))),
                "ResourceGroup" => {
                    refuse_other_resources(region, account, &target.values, "an automation")?;
                    let instances: Vec<Instance> = instances().collect();
                    found.extend(members(region, account, &target.values, instances.iter()).into_iter().map(str::to_owned));
                }
                _ => return Err(AwsError::new("InvalidTarget", 400, format!("Target key {key} is not valid."))),
            }
        }
        Ok(found)
    }

    /// Starts an execution that starts one for each target.
    pub(super) fn start_for_targets(
        self: &Arc<Self>,
        region: &Region,
        start: &Start,
        rate: RateControl,
    ) -> Result<String, AwsError> {
        // What is wrong with the parameters is wrong for all.
        let first = rate.resolved.first().map(String::as_str).unwrap_or_default();
        let values = for_target(start, &rate.parameter, first).values()?;
        let limits = Limits::new(&rate.concurrency, &rate.errors, rate.resolved.len());
        let (parameter, targets) = (rate.parameter.clone(), rate.resolved.clone());
        let execution = record(region, start, values, Kinship::default(), Some(rate));
        let (id, stop) = (execution.id.clone(), execution.stop.clone());
        let account = start.caller.account.clone();
        self.with(&account, |records| records.automations.push(execution));
        let failed = Arc::new(AtomicUsize::new(0));
        let work = targets.into_iter().map(|target| {
            let (ssm, region, failed) = (Arc::clone(self), region.clone(), Arc::clone(&failed));
            let start = for_target(start, &parameter, &target);
            let kinship = Kinship { parent: Some(id.clone()), target: Some(target), stop: stop.child_token() };
            async move {
                let ended = match ssm.begin(&region, &start, kinship) {
                    Ok((_, automation, role)) => automation.run(role).await,
                    Err(_) => Status::Failed,
                };
                failed.fetch_add(usize::from(ended != Status::Success), Ordering::SeqCst);
                ended == Status::Success
            }
        });
        let (work, ssm, handle, parent) = (work.collect::<Vec<_>>(), Arc::clone(self), region.clone(), id.clone());
        region.tasks().spawn(async move {
            rate_control::run(work, limits, || !stop.is_cancelled()).await;
            let (failed, now) = (failed.load(Ordering::SeqCst), handle.clock().now());
            ssm.with(&account, |records| {
                let Some(execution) = records.automation(&parent) else { return };
                match failed {
                    _ if stop.is_cancelled() => execution.end(Status::Cancelled, "", now),
                    failed if failed > limits.errors => {
                        execution.end(Status::Failed, &format!("{failed} of the targets failed."), now);
                    }
                    _ => execution.end(Status::Success, "", now),
                }
            });
            ssm.changed.notify_waiters();
        });
        Ok(id)
    }
}
