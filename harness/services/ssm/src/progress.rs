//! Waiting for what becomes of commands and automations.

use jiff::Timestamp;
use nightproof_core::Region;

use crate::automation::execution::Status;
use crate::command_status::Verdict;
use crate::invocation::{Stage, State};
use crate::records::{Records, Ssm};

impl Ssm {
    /// What `look` finds in an account's records, as soon as it finds something; nothing if the region stops before.
    pub(crate) async fn once<T>(&self, region: &Region, account: &str, look: impl Fn(&mut Records) -> Option<T>) -> Option<T> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // What changes from here on is not missed.
            changed.as_mut().enable();
            if let Some(found) = self.with(account, &look) {
                return Some(found);
            }
            tokio::select! {
                () = changed => {}
                () = region.stopping().cancelled() => return None,
            }
        }
    }

    /// How an automation ended, and why not well.
    pub(crate) async fn automation_ended(&self, region: &Region, account: &str, id: &str) -> Option<(Status, String)> {
        let ended = |records: &mut Records| {
            let execution = records.automation(id).filter(|execution| execution.status.terminal())?;
            Some((execution.status, execution.failure.clone()))
        };
        self.once(region, account, ended).await
    }

    /// When the next of an account's automations that sleep goes on.
    pub fn next_wake(&self, account: &str) -> Option<Timestamp> {
        self.with(account, |records| records.automations.iter().filter_map(|execution| execution.wakes).min())
    }

    /// Whether a script of one of an account's commands runs, or is about to on a node that is in touch.
    pub fn is_running_commands(&self, account: &str) -> bool {
        let at_work = |state: State| matches!(state, State::Open(Stage::Sent | Stage::InProgress | Stage::Cancelling));
        self.with(account, |records| {
            records.commands.iter().flat_map(|command| &command.invocations).any(|invocation| at_work(invocation.state))
        })
    }

    /// The verdict on a command that has ended.
    pub(crate) async fn command_ended(&self, region: &Region, account: &str, id: &str) -> Option<Verdict> {
        let verdict = |records: &mut Records| records.command(id).map(|command| command.verdict()).filter(Verdict::terminal);
        self.once(region, account, verdict).await
    }
}
