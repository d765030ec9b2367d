//! The nodes that a command is sent to: EC2's instances and their tags, joined with the nodes that agents registered.

use std::collections::BTreeSet;

use nightproof_core::Region;
use nightproof_core::resource_group::GroupQuery;
use nightproof_core::service::{AwsError, Instance};

use crate::command::Target;
use crate::invocation::State;
use crate::records::Ssm;

/// The key of targets that are resource groups.
pub(crate) const GROUP_NAME: &str = "resource-groups:Name";
/// The key, beside that one, of the types of their members that a maintenance window is for.
pub(crate) const GROUP_TYPES: &str = "resource-groups:ResourceTypeFilters";
/// The type of all nodes that are EC2's.
pub(crate) const INSTANCE: &str = "AWS::EC2::Instance";

/// The query of a resource group of the account.
pub(crate) fn group(region: &Region, account: &str, name: &str) -> Option<GroupQuery> {
    region.service("resource-groups")?.resource_group(account, name)
}

/// The instances that are members of one of these resource groups. A group that does not exist has none.
pub(crate) fn members<'a>(
    region: &Region,
    account: &str,
    groups: &[String],
    instances: impl Iterator<Item = &'a Instance>,
) -> Vec<&'a str> {
    let queries: Vec<GroupQuery> = groups.iter().filter_map(|name| group(region, account, name)).collect();
    let is_member =
        |one: &&Instance| queries.iter().any(|query| query.includes(INSTANCE, |key| one.tags.get(key).map(String::as_str)));
    instances.filter(is_member).map(|one| one.id.as_str()).collect()
}

/// Something that is done for each resource of a group is done for instances alone here.
///
/// # Errors
/// Not implemented for a group that may have other members.
pub(crate) fn refuse_other_resources(region: &Region, account: &str, groups: &[String], whose: &str) -> Result<(), AwsError> {
    let has_others = |name: &&String| group(region, account, name).is_some_and(|query| !query.is_only(INSTANCE));
    match groups.iter().find(has_others) {
        Some(name) => {
            let what = format!("{whose} for the resource group {name}, which has resources other than {INSTANCE}");
            Err(AwsError::not_implemented("ssm", &what))
        }
        None => Ok(()),
    }
}

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
    /// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Target.html>
    pub(crate) fn resolve(
        &self,
        region: &Region,
        account: &str,
        instances: &[Instance],
        targets: &[Target],
    ) -> Result<Vec<String>, AwsError> {
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
                GROUP_NAME => {
                    let members = members(region, account, &target.values, instances.iter());
                    found.retain(|id| members.contains(&id.as_str()));
                }
                _ => {
                    return Err(AwsError::new(
                        "InvalidTarget",
                        400,
                        format!("Target key {key} is not valid. Use InstanceIds, tag-key, tag:<name> or resource-groups:Name."),
                    ));
                }
            }
        }
        found.retain(|id| instances.iter().any(|instance| instance.id == *id && instance.usable()));
        Ok(found.into_iter().collect())
    }
}
