//! The groups of each account, by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use nightproof_core::AccountStore;
use nightproof_core::service::{AwsError, arn};

use crate::error::no_group;
use crate::group::Group;

/// The service `resource-groups`.
#[derive(Debug, Default)]
pub struct ResourceGroups(AccountStore<BTreeMap<String, Group>>);

impl ResourceGroups {
    /// A service without groups.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Runs `act` on the groups of an account.
    pub(crate) fn with<T>(&self, account: &str, act: impl FnOnce(&mut BTreeMap<String, Group>) -> T) -> T {
        self.0.with(account, act)
    }

    /// Runs `act` on the group of this name or ARN.
    ///
    /// # Errors
    /// `NotFoundException`.
    pub(crate) fn with_group<T>(&self, account: &str, group: &str, act: impl FnOnce(&mut Group) -> T) -> Result<T, AwsError> {
        self.with(account, |groups| groups.get_mut(name(group)).map(act).ok_or_else(|| no_group(group)))
    }
}

/// The name in a group's name or ARN.
pub(crate) fn name(group: &str) -> &str {
    if group.starts_with("arn:") { arn::resource_of(group).trim_start_matches("group/") } else { group }
}
