//! Which permissions a drill used, was denied and never needed.
//!
//! [`permissions`] reads the journal of a drill against its template; [`mutate`] also runs drills without each grant, by [`Rehearse`].

mod bad_night;
mod mutants;
mod mutation;
mod neighbour;
mod operator_grants;
mod permissions;
mod policy_in_force;
mod service_neighbour;
mod statement;
mod usage;

use async_trait::async_trait;
use nightproof_drill::{DrillResult, Failure, FailurePoint, NightVariant, Outcome};
use nightproof_journal::Journal;

pub use mutation::{Mutations, mutate, mutate_operator};
pub use permissions::{Permissions, permissions};

/// Runs the drill that is audited.
#[async_trait]
pub trait Rehearse: Send + Sync + 'static {
    /// Why a drill could not be run, or had no result.
    type Error: From<Unfinished> + From<NoSuchGrant> + Send;

    /// Runs one night in a region of its own, with `change` in the place of what was given.
    async fn rehearse(&self, change: Option<&Change>, variant: NightVariant) -> Result<(Outcome, Journal), Self::Error>;

    /// Called after each grant that was tried.
    fn tried(&self, grants: usize, total: usize);
}

/// What a drill has in the place of what was given.
#[derive(Debug)]
pub enum Change {
    /// The text of the template.
    Template(String),
    /// The text of the operator's policy.
    OperatorPolicy(String),
}

/// A drill was interrupted or is not supported, so that it cannot be compared with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfinished(pub DrillResult);

/// A grant that was to be tried is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSuchGrant {
    /// What it was called.
    pub name: String,
    /// The grants that there are.
    pub grants: Vec<String>,
}

/// Where a night broke and why: of findings, the first.
fn why(failure: &Failure) -> String {
    let finding = failure.evidence.first().filter(|_| failure.point == FailurePoint::Findings);
    format!("{}: {}", failure.point, first_line(finding.unwrap_or(&failure.reason)))
}

/// Lambda's logs part the lines of a traceback by carriage returns.
fn first_line(text: &str) -> &str {
    text.split(['\r', '\n']).next().unwrap_or_default()
}
