//! Deleting resources, each before what it depends on.

use std::collections::BTreeSet;

use nightproof_resource::MadeResource;
use tokio::task::JoinSet;

use crate::records::{Event, StackResource};
use crate::resource;
use crate::worker::Worker;

/// A resource that its stack lets go of.
#[derive(Debug, Clone)]
pub(crate) struct Leaving {
    pub id: String,
    pub kind: String,
    pub made: Option<MadeResource>,
    pub depends_on: BTreeSet<String>,
    /// Its properties as events show them, JSON.
    pub shown: Option<String>,
    /// It stays where it is.
    pub keep: bool,
    /// The stack's record is of this one, and not of what replaced it.
    pub recorded: bool,
}

impl Leaving {
    pub(crate) fn new(record: &StackResource, keep: bool) -> Self {
        Self {
            id: record.id.clone(),
            kind: record.kind.clone(),
            made: record.made.clone(),
            depends_on: record.depends_on.clone(),
            shown: record.shown.clone(),
            keep,
            recorded: true,
        }
    }

    /// What was in the place of `record` before, or was to be.
    pub(crate) fn replaced(record: &StackResource, made: MadeResource, keep: bool) -> Self {
        Self { made: Some(made), recorded: false, ..Self::new(record, keep) }
    }

    fn becomes(&self, worker: &Worker, status: &'static str, reason: Option<String>) {
        if self.recorded {
            return worker.resource_becomes(&self.id, status, reason);
        }
        let now = worker.now();
        let event = Event {
            logical: &self.id,
            kind: &self.kind,
            made: self.made.as_ref(),
            status,
            reason,
            properties: self.shown.clone(),
        };
        worker.with(|stack| stack.tell(event, now));
    }
}

/// Deletes all of them, in parallel as dependencies allow. Returns the logical ids of those that are left.
pub(crate) async fn remove(worker: &Worker, leaving: Vec<Leaving>) -> Vec<String> {
    // What is being taken back is taken back, even if nobody waits for what was to be made any more.
    let worker = &Worker { cancel: tokio_util::sync::CancellationToken::new(), ..worker.clone() };
    let mut left: Vec<(usize, Leaving)> = leaving.into_iter().enumerate().collect();
    let mut failed: Vec<String> = Vec::new();
    let mut running = JoinSet::new();
    // Begun, and not deleted: some go on, the others have failed.
    let mut begun: BTreeSet<usize> = BTreeSet::new();
    loop {
        // What nothing that is left depends on can go.
        let needed: BTreeSet<&String> = left.iter().flat_map(|(_, one)| &one.depends_on).collect();
        let ready: Vec<(usize, Leaving)> =
            left.iter().filter(|(at, one)| !needed.contains(&one.id) && !begun.contains(at)).cloned().collect();
        for (at, one) in ready {
            begun.insert(at);
            let worker = worker.clone();
            if one.keep && one.made.is_some() {
                one.becomes(&worker, "DELETE_SKIPPED", None);
                running.spawn(async move { (at, one, Ok(())) });
                continue;
            }
            if one.made.is_some() {
                one.becomes(&worker, "DELETE_IN_PROGRESS", None);
            }
            running.spawn(async move {
                let result = match &one.made {
                    Some(made) => resource::delete(&worker, &one.id, &one.kind, made).await,
                    None => Ok(()),
                };
                (at, one, result)
            });
        }
        let Some(Ok((at, one, result))) = running.join_next().await else { break };
        match result {
            Ok(()) => {
                left.retain(|(other, _)| *other != at);
                if !one.keep || one.made.is_none() {
                    one.becomes(worker, "DELETE_COMPLETE", None);
                }
            }
            Err(reason) => {
                one.becomes(worker, "DELETE_FAILED", Some(reason));
                failed.push(one.id);
            }
        }
    }
    failed
}

/// The stack's reason when some resources are left.
pub(crate) fn failure(left: &[String]) -> Option<String> {
    (!left.is_empty()).then(|| format!("The following resource(s) failed to delete: [{}]. ", left.join(", ")))
}
