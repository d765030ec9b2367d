//! The nights that go wrong: what is granted for one of them alone no good night misses.

use std::collections::BTreeSet;

use nightproof_drill::{DrillResult, Failure, NightVariant, Outcome};
use nightproof_journal::{ApiCall, Journal};
use nightproof_template::PolicyPlace;
use serde_json::Value;

use crate::permissions::place;
use crate::policy_in_force::{self, PolicyInForce};
use crate::statement::{self, Statement};
use crate::usage::{self, Access};
use crate::{Rehearse, Unfinished, first_line, why};

/// What such a night showed.
pub(crate) struct BadNight {
    pub(crate) variant: NightVariant,
    /// The policies in force.
    pub(crate) held: Vec<PolicyInForce>,
    /// What was decided on.
    pub(crate) accesses: BTreeSet<Access>,
    /// Names of the policies that are for it: of a dead-letter queue, of topics.
    pub(crate) policies: BTreeSet<String>,
    /// Why what it is to leave behind was lost, if it was: the event, or word of it.
    pub(crate) lost: Option<String>,
}

impl BadNight {
    /// Rehearses the night whose event cannot be delivered, if a drill with this journal has a rule with a dead-letter queue.
    pub(crate) async fn undelivered<R: Rehearse>(drill: &R, journal: &Journal) -> Result<Option<Self>, R::Error> {
        if dead_letters(journal).is_none() {
            return Ok(None);
        }
        let (outcome, journal) = drill.rehearse(None, NightVariant::Undelivered).await?;
        let queue = dead_letters(&journal).unwrap_or_default();
        let mut policies = of_topics(&journal);
        policies.insert(format!("policy of queue {}", queue.rsplit(':').next().unwrap_or_default()));
        Self::new(NightVariant::Undelivered, outcome, &journal, policies).map(Some).map_err(Into::into)
    }

    /// Rehearses the night whose script fails, if a drill with this journal has a topic to tell of it.
    pub(crate) async fn failing<R: Rehearse>(drill: &R, journal: &Journal) -> Result<Option<Self>, R::Error> {
        if made(&journal.calls(), "CreateTopic").next().is_none() {
            return Ok(None);
        }
        let (outcome, journal) = drill.rehearse(None, NightVariant::Failing).await?;
        let policies = of_topics(&journal);
        Self::new(NightVariant::Failing, outcome, &journal, policies).map(Some).map_err(Into::into)
    }

    fn new(variant: NightVariant, outcome: Outcome, journal: &Journal, policies: BTreeSet<String>) -> Result<Self, Unfinished> {
        let lost = match outcome.result {
            DrillResult::Passed => None,
            DrillResult::Failed => outcome.failure.as_ref().map(|failure| format!("{}{}", why(failure), denied(failure))),
            DrillResult::NotSupported | DrillResult::Interrupted => return Err(Unfinished(outcome.result)),
        };
        Ok(Self { variant, held: policy_in_force::all(journal), accesses: usage::all(journal), policies, lost })
    }

    /// The statements that are for such a night: those that allowed something in it, and all of its policies.
    pub(crate) fn statements(&self, places: &[PolicyPlace], whole: &Value) -> BTreeSet<Statement> {
        let mut found = statement::used(&self.held, &self.accesses, places, whole);
        let own = self.held.iter().filter(|held| self.policies.contains(&held.name));
        let own = own.filter_map(|held| place(held, places, whole));
        found.extend(own.flat_map(|place| (0..place.statements.len()).map(|index| (place.pointer.clone(), index))));
        found
    }

    /// What it says of what it lost.
    pub(crate) fn loss(&self) -> Option<String> {
        let what = match self.variant {
            NightVariant::Failing => "word of a script that failed",
            NightVariant::Backup | NightVariant::Undelivered => "an event that cannot be delivered",
        };
        self.lost.as_ref().map(|lost| match self.variant {
            NightVariant::Undelivered if lost.starts_with("findings: ") => format!("word of {what}; {lost}"),
            _ => format!("{what}; {lost}"),
        })
    }
}

/// Names of the policies of topics.
fn of_topics(journal: &Journal) -> BTreeSet<String> {
    policy_in_force::all(journal).into_iter().filter(PolicyInForce::is_of_topic).map(|held| held.name).collect()
}

/// Which message EventBridge was refused, for the end of a sentence.
fn denied(failure: &Failure) -> String {
    let is_message = |evidence: &&String| {
        let refused = evidence.strip_prefix("denied: events.amazonaws.com may not ");
        refused.is_some_and(|refused| refused.starts_with("sqs:") || refused.starts_with("sns:"))
    };
    let denied = failure.evidence.iter().find(is_message);
    denied.map(|denied| format!("; {}", first_line(denied))).unwrap_or_default()
}

/// Calls by this name that were let through.
fn made<'a>(calls: &'a [ApiCall], name: &'static str) -> impl Iterator<Item = &'a Value> {
    calls.iter().filter(move |call| call.event_name == name && call.error_code.is_none()).map(|call| &call.request_parameters)
}

/// ARN of the queue that gets what a schedule's rule cannot deliver to its function, by the calls that made the rule.
fn dead_letters(journal: &Journal) -> Option<String> {
    let calls = journal.calls();
    let text = |input: &Value, member: &str| input.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let is_scheduled = |rule: &&Value| !text(rule, "ScheduleExpression").is_empty() && text(rule, "State") != "DISABLED";
    let scheduled: BTreeSet<String> = made(&calls, "PutRule").filter(is_scheduled).map(|rule| text(rule, "Name")).collect();
    let targets = made(&calls, "PutTargets")
        .filter(|input| scheduled.contains(&text(input, "Rule")))
        .filter_map(|input| input.get("Targets")?.as_array())
        .flatten();
    let mut invoking = targets.filter(|target| text(target, "Arn").split(':').nth(2) == Some("lambda"));
    invoking.find_map(|target| Some(target.pointer("/DeadLetterConfig/Arn")?.as_str()?.to_owned()))
}
