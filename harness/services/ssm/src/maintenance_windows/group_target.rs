//! A target of a window that is a resource group.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/mw-cli-tutorial-targets-examples.html>

use nightproof_core::resource_group::has_type;
use nightproof_core::service::{AwsError, Instance};

use super::run::Opening;
use crate::command::Target;
use crate::targets::{GROUP_NAME, GROUP_TYPES, INSTANCE, members, refuse_other_resources};

/// The group, and of which types its members are that the target is for.
pub(super) struct GroupTarget<'a> {
    group: &'a Target,
    types: Option<&'a Target>,
}

impl<'a> GroupTarget<'a> {
    /// `None` for targets that are nodes.
    pub(super) fn new(targets: &'a [Target]) -> Option<Self> {
        let with_key = |key: &str| targets.iter().find(|target| target.key.as_deref() == Some(key));
        Some(Self { group: with_key(GROUP_NAME)?, types: with_key(GROUP_TYPES) })
    }

    /// The instances in the group: for a command those that are nodes, for other tasks all that exist.
    ///
    /// # Errors
    /// Not implemented for a task that would run on resources other than instances as well.
    pub(super) fn instances(&self, opening: &Opening, instances: &[Instance], task: &str) -> Result<Vec<String>, AwsError> {
        let (region, account) = (&opening.region, opening.account.as_str());
        if task != "RUN_COMMAND"
            && !self.types.is_some_and(|types| types.values.iter().all(|kind| kind.eq_ignore_ascii_case(INSTANCE)))
        {
            refuse_other_resources(region, account, &self.group.values, &format!("a task of type {task}"))?;
        }
        if self.types.is_some_and(|types| !has_type(&types.values, INSTANCE)) {
            return Ok(Vec::new());
        }
        if task == "RUN_COMMAND" {
            return opening.ssm.resolve(region, account, instances, std::slice::from_ref(self.group));
        }
        let existing = instances.iter().filter(|one| one.state != "terminated");
        Ok(members(region, account, &self.group.values, existing).into_iter().map(str::to_owned).collect())
    }
}
