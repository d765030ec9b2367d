//! Associations that are due, on the region's clock, and their runs.

use std::sync::Arc;

use jiff::Timestamp;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::association::{Association, AssociationExecution};
use crate::records::Ssm;
use crate::waiting::at_each;

impl Ssm {
    /// When an association is due next.
    pub fn next_association(&self, account: &str, id: &str, now: Timestamp) -> Option<Timestamp> {
        self.with(account, |records| {
            let association = records.associations.get(id)?;
            association.timing.as_ref()?.next_after(association.since().0, now)
        })
    }

    /// Starts the task that waits for an association's next time, and ends an earlier one.
    pub(crate) fn await_association(&self, region: &Region, account: &str, association: &mut Association) {
        association.waiting.cancel();
        association.waiting = CancellationToken::new();
        let Some(timing) = association.timing.clone() else { return };
        let (ssm, handle) = (self.me.clone(), region.clone());
        let (account, id) = (account.to_owned(), association.id.clone());
        at_each(region, timing, association.since(), association.waiting.clone(), move |due| {
            let Some(ssm) = ssm.upgrade() else { return };
            ssm.with(&account, |records| {
                if let Some(association) = records.associations.get_mut(&id) {
                    association.last = Some(due);
                }
            });
            ssm.run_association(&handle, &account, &id, None);
        });
    }

    /// Has an association run, by a command that Systems Manager itself sends, on all of its targets or on one node alone.
    pub(crate) fn run_association(self: &Arc<Self>, region: &Region, account: &str, id: &str, node: Option<&str>) {
        let execution = uuid::Uuid::new_v4().to_string();
        let command = self.with(account, |records| {
            let association = records.associations.get_mut(id)?;
            let command = association.settings()?.command(id);
            association.executions.push(AssociationExecution {
                id: execution.clone(),
                version: association.versions.len(),
                created: region.clock().now(),
                command: String::new(),
                refused: false,
            });
            Some(command)
        });
        let Some(mut command) = command else { return };
        if let (Some(node), Some(members)) = (node, command.as_object_mut()) {
            members.remove("Targets");
            members.insert("InstanceIds".to_owned(), vec![node].into());
        }
        let (ssm, handle) = (Arc::clone(self), region.clone());
        let (account, id) = (account.to_owned(), id.to_owned());
        region.tasks().spawn(async move {
            let sent = ssm.send_for_association(&handle, &account, command).await;
            ssm.with(&account, |records| {
                let association = records.associations.get_mut(&id)?;
                let recorded = association.executions.iter_mut().find(|one| one.id == execution)?;
                match sent {
                    Ok(command) => recorded.command = command,
                    Err(error) => {
                        tracing::warn!(%error, association = id, "an association was not run");
                        recorded.refused = true;
                    }
                }
                Some(())
            });
        });
    }

    async fn send_for_association(&self, region: &Region, account: &str, command: Value) -> Result<String, AwsError> {
        let caller = Caller::service(account, "ssm.amazonaws.com");
        let sent = region.call(&caller, "ssm", "SendCommand", command).await?;
        Ok(sent.pointer("/Command/CommandId").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    /// Has the associations run that a node which has just come is a target of.
    pub(crate) fn apply_to_new_node(self: &Arc<Self>, region: &Region, account: &str, node: &str) {
        let instances = self.instances(region, account);
        let settings = self.with(account, |records| {
            let of = |association: &Association| Some((association.id.clone(), association.settings()?.clone()));
            records.associations.values().filter_map(of).collect::<Vec<_>>()
        });
        for (id, settings) in settings {
            let found = self.resolve(region, account, &instances, &settings.targets).unwrap_or_default();
            if !settings.apply_only_at_cron_interval && found.iter().any(|one| one == node) {
                self.run_association(region, account, &id, Some(node));
            }
        }
    }
}
