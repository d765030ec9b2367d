//! What calls of Step Functions are about.

use nightproof_core::service::arn;

use crate::records::States;

impl States {
    /// The tags of a state machine.
    pub(super) fn tags_of(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        let name = arn::resource_of(arn).strip_prefix("stateMachine:").unwrap_or_default();
        self.with(account, |records| records.machines.get(name).map(|machine| machine.tags.pairs())).unwrap_or_default()
    }
}
