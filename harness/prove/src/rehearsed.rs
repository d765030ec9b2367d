//! What is known of a stack once it was drilled.

use std::collections::BTreeSet;

use nightproof_drill::{Hop, Outcome, Step};
use nightproof_journal::{ApiCall, Event, Journal};

/// A drill that was run, with what its journal says of the stack.
#[derive(Debug)]
pub struct Rehearsed<'a> {
    /// What it came to.
    pub outcome: &'a Outcome,
    /// Logical id, type and physical id of each resource.
    resources: Vec<(String, String, String)>,
    calls: Vec<ApiCall>,
}

impl<'a> Rehearsed<'a> {
    /// The drill with this `outcome` and `journal`.
    pub fn new(outcome: &'a Outcome, journal: &Journal) -> Self {
        let resources = journal.records().into_iter().filter_map(|record| match record.event {
            Event::Resource { logical_id, kind, physical_id } => Some((logical_id, kind, physical_id)),
            _ => None,
        });
        Self { outcome, resources: resources.collect(), calls: journal.calls() }
    }

    /// Logical and physical ids of a type.
    pub(crate) fn of_type(&self, kind: &str) -> impl Iterator<Item = (&str, &str)> {
        self.resources
            .iter()
            .filter(move |(_, own, _)| own == kind)
            .map(|(logical, _, physical)| (logical.as_str(), physical.as_str()))
    }

    /// The name of what started the backup.
    pub(crate) fn trigger(&self) -> &str {
        let fired = self.outcome.steps.iter().find(|step| step.step == Step::Fire);
        fired.and_then(|step| step.detail.split(" (").next()).unwrap_or_default()
    }

    /// Whether a function sends the command.
    pub(crate) fn has_function(&self) -> bool {
        !self.outcome.absent.contains(&Hop::Function) && !self.outcome.parts.iter().any(|part| part.hop == Hop::Function)
    }

    /// Whether a command of Run Command starts the script.
    pub(crate) fn has_command(&self) -> bool {
        !self.outcome.absent.contains(&Hop::Command)
    }

    /// A member of the first call of an operation.
    pub(crate) fn parameter(&self, operation: &str, member: &str) -> Option<&str> {
        let call = self.calls.iter().find(|call| call.event_name == operation && call.error_code.is_none())?;
        call.request_parameters.get(member)?.as_str()
    }

    /// The text without the names that each drill has anew: of its stack and of instances.
    fn without_names(&self, text: &str) -> String {
        let is_new = |word: &str| word.contains(&self.outcome.stack) || word.trim_matches('"').starts_with("i-");
        text.split(' ').filter(|word| !is_new(word)).collect::<Vec<_>>().join(" ")
    }

    /// Who was notified, and of what: messages to topics during the nights, and events that went to a queue because nothing took them.
    pub(crate) fn notified(&self) -> BTreeSet<String> {
        let told =
            self.outcome.notifications.iter().filter(|sent| sent.night > 0).map(|sent| self.without_names(&sent.sentence()));
        let by_service = |call: &&ApiCall| {
            call.event_source == "sqs.amazonaws.com"
                && call.event_name == "SendMessage"
                && call.error_code.is_none()
                && call.user_identity.invoked_by.is_some()
        };
        let queues = self.calls.iter().filter(by_service).filter_map(|call| {
            let url = call.request_parameters.get("QueueUrl")?.as_str()?;
            let queue = url.rsplit('/').next()?;
            let logical = self.of_type("AWS::SQS::Queue").find(|(_, physical)| physical.ends_with(queue));
            Some(format!("queue {} got what was not delivered", logical.map_or(queue, |(logical, _)| logical)))
        });
        told.chain(queues).collect()
    }
}
