//! What stands between trigger and command where it is no function: a runbook, or a state machine.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::sleep;

use crate::account::dynamic_client::DynamicClient;
use crate::chain::failure::HopFailure;
use crate::steps::progress::Progress;
use crate::steps::rule::{Rule, Starts};
use crate::steps::{automation, state_machine};
use crate::{Hop, Local};

/// For a runbook or a state machine to end.
const BOUND: Duration = Duration::from_secs(7200);

/// The runbooks or executions that there had been before a night.
#[derive(Debug, Default)]
pub(crate) struct Earlier(BTreeSet<String>);

impl Earlier {
    /// None where the rule starts neither.
    pub(crate) async fn take(client: &DynamicClient, rule: &Rule) -> Result<Self, HopFailure> {
        Ok(Self(match &rule.starts {
            Starts::Automation(_) => automation::known(client).await?,
            Starts::StateMachine(machine) => state_machine::known(client, machine).await?,
            Starts::Function { .. } | Starts::Document(_) | Starts::Job { .. } => BTreeSet::new(),
        }))
    }

    /// How far is what was started since.
    pub(crate) async fn progress(&self, client: &DynamicClient, rule: &Rule) -> Result<Progress, HopFailure> {
        match &rule.starts {
            Starts::Automation(_) => automation::progress(client, &self.0).await,
            Starts::StateMachine(machine) => state_machine::progress(client, machine, &self.0).await,
            Starts::Function { .. } | Starts::Document(_) | Starts::Job { .. } => Ok(Progress::None),
        }
    }

    /// Waits for the end of what was started since. A `local` region lets none sleep.
    pub(crate) async fn ended(&self, client: &DynamicClient, rule: &Rule, local: Option<&dyn Local>) -> Result<(), HopFailure> {
        for pause in nightproof_poll::pauses(BOUND) {
            match self.progress(client, rule).await? {
                Progress::Running => {}
                Progress::Failed(broken) => return Err(broken),
                Progress::None | Progress::Succeeded => return Ok(()),
            }
            if let Some(local) = local {
                local.settled().await;
            }
            sleep(pause).await;
        }
        Err(HopFailure::at(Hop::Function, format!("{} still runs after {} s", rule.starts, BOUND.as_secs())))
    }
}
