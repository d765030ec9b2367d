//! The service's state: groups and launch configurations, by account.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use nightproof_core::AccountStore;
use nightproof_core::service::AwsError;

use crate::activity::Activity;
use crate::error::no_group;
use crate::group::Group;
use crate::launch_configuration::LaunchConfiguration;

/// What an account has, by name.
#[derive(Debug, Default)]
pub(crate) struct Records {
    pub(crate) groups: BTreeMap<String, Group>,
    pub(crate) configurations: BTreeMap<String, LaunchConfiguration>,
    /// The activities of groups that are gone, with their names and ARNs.
    pub(crate) past: Vec<(String, String, Activity)>,
}

impl Records {
    pub(crate) fn group(&self, name: &str) -> Result<&Group, AwsError> {
        self.groups.get(name).ok_or_else(|| no_group(name))
    }

    pub(crate) fn group_mut(&mut self, name: &str) -> Result<&mut Group, AwsError> {
        self.groups.get_mut(name).ok_or_else(|| no_group(name))
    }
}

/// The service.
pub struct AutoScaling {
    accounts: AccountStore<Records>,
    pub(crate) this: Weak<Self>,
}

impl AutoScaling {
    /// A service without groups.
    pub fn new() -> Arc<Self> {
        Arc::new_cyclic(|this| Self { accounts: AccountStore::default(), this: this.clone() })
    }

    /// Runs `act` on the records of an account.
    pub(crate) fn with<T>(&self, account: &str, act: impl FnOnce(&mut Records) -> T) -> T {
        self.accounts.with(account, act)
    }

    /// Runs `act` on a group, and wakes its task.
    pub(crate) fn change<T>(
        &self,
        account: &str,
        name: &str,
        act: impl FnOnce(&mut Group) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        self.with(account, |records| {
            let group = records.group_mut(name)?;
            let done = act(group)?;
            group.wake.notify_one();
            Ok(done)
        })
    }
}
