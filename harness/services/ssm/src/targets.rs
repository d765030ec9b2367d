//! The nodes that a command is sent to: EC2's instances and their tags, joined with the nodes that agents registered.

use std::collections::BTreeSet;

use nightproof_core::Region;
use nightproof_core::service::{AwsError, Instance};

use crate::command::Target;
use crate::invocation::State;
use crate::records::Ssm;

impl Ssm {
    /// The account's instances. Nodes whose instance is gone are deregistered on the way.
    pub(crate) fn instances(&self, region: &Region, account: &str) -> Vec<Instance> {
        let ec2 = region.service("ec2");
        let instances = ec2.map(|ec2| ec2.instances(region, account)).unwrap_or_default();
        self.with(account, |records| {
            let gone = |id: &str| {
                !instances.iter().any(|instance| instance.id == id && !matches!(instance.state.as_str(), "terminated"))
            };
            records.nodes.retain(|id, _| !gone(id));
            records.mail.retain(|id, _| !gone(id));
            for command in &mut records.commands {
                for invocation in command.invocations.iter_mut().filter(|invocation| gone(&invocation.instance_id)) {
                    invocation.become_state(State::Undeliverable);
                }
            }
        });
        instances
    }

    /// The managed nodes that satisfy all of `targets`, in order of their ids.
    pub(crate) fn resolve(&self, account: &str, instances: &[Instance], targets: &[Target]) -> Result<Vec<String>, AwsError> {
        let mut found: BTreeSet<String> = self.with(account, |records| records.nodes.keys().cloned().collect());
        for target in targets {
            let key = target.key.as_deref().unwrap_or_default();
            match key {
                "InstanceIds" | "instanceids" => {
                    found.retain(|id| target.values.contains(id) || target.values.iter().any(|v| v == "*"))
                }
                _ if key == "tag-key" || key.starts_with("tag:") => {
                    found.retain(|id| instances.iter().any(|instance| instance.id == *id && instance.has(key, &target.values)));
                }
                _ if key.starts_with("resource-groups:") => {
                    return Err(AwsError::not_implemented("ssm", &format!("the target {key} of SendCommand")));
                }
                _ => {
                    return Err(AwsError::new(
                        "InvalidTarget",
                        400,
                        format!("Target key {key} is not valid. Use InstanceIds, tag-key or tag:<name>."),
                    ));
                }
            }
        }
        found.retain(|id| instances.iter().any(|instance| instance.id == *id && instance.usable()));
        Ok(found.into_iter().collect())
    }
}
