//! The chain of a backup, and how far it held.

use nightproof_drill::{DrillResult, FailurePoint, Hop};

use crate::drill_record::DrillRecord;

/// A hop of the chain in one drill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link<'a> {
    pub(crate) hop: Hop,
    pub(crate) state: State,
    /// What does its work where it is not the usual service.
    other: Option<&'a str>,
}

impl Link<'_> {
    /// The service, or the thing, that the hop depends on.
    pub(crate) fn part(&self) -> &str {
        if let Some(other) = self.other {
            return other;
        }
        match self.hop {
            Hop::Stack => "CloudFormation",
            Hop::Rule => "EventBridge",
            Hop::Function => "Lambda",
            Hop::Command => "Systems Manager",
            Hop::Instance => "SSM agent",
            Hop::Script => "EC2 instance",
            Hop::Object => "S3 bucket",
            Hop::Restore => "byte for byte",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Held,
    Broke,
    /// Not reached: an earlier hop broke, or the drill was cut off.
    Untried,
}

/// How each hop of the stack's chain fared.
pub(crate) fn links<'a>(drill: &'a DrillRecord<'_>) -> Vec<Link<'a>> {
    let outcome = drill.outcome.as_ref();
    let point = outcome.and_then(|outcome| outcome.failure.as_ref()).map(|failure| failure.point);
    // Input is read before the stack is deployed.
    let hop = point.and_then(|point| if point == FailurePoint::Input { Some(Hop::Stack) } else { point.hop() });
    let broke = hop.and_then(|hop| Hop::ALL.iter().position(|one| *one == hop));
    // A missing feature of the local region proves nothing of the hop.
    let is_lacking = outcome.is_some_and(|outcome| outcome.result == DrillResult::NotSupported);
    // A failure at no hop (findings, the drill itself) came after, or beside, all of them.
    let whole = outcome.is_some_and(|outcome| outcome.result == DrillResult::Passed) || point == Some(FailurePoint::Findings);
    let state = |at: usize| match broke {
        Some(broke) if at == broke && !is_lacking => State::Broke,
        Some(broke) if at < broke => State::Held,
        None if whole => State::Held,
        _ => State::Untried,
    };
    let absent = outcome.map(|outcome| outcome.absent.as_slice()).unwrap_or_default();
    let parts = outcome.map(|outcome| outcome.parts.as_slice()).unwrap_or_default();
    let other = |hop: &Hop| parts.iter().find(|part| part.hop == *hop).map(|part| part.name.as_str());
    let links = Hop::ALL.iter().enumerate().map(|(at, hop)| Link { hop: *hop, state: state(at), other: other(hop) });
    links.filter(|link| !absent.contains(&link.hop)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nightproof_journal::{Event, Journal};
    use serde_json::json;

    fn states(result: &str, hop: Option<&str>) -> Vec<State> {
        let failure = hop.map(|hop| json!({ "hop": hop, "reason": "r", "evidence": [] }));
        let outcome = json!({ "version": 2, "run": "r", "stack": "s", "result": result, "failure": failure, "nights": [], "findings": [],
            "leftovers": [], "steps": [] });
        let journal = Journal::default();
        journal.record(Event::Outcome(json!({ "outcome": outcome })));
        links(&DrillRecord::new(&journal.records())).into_iter().map(|link| link.state).collect()
    }

    #[test]
    fn a_hop_that_the_chain_does_not_have_is_not_shown() {
        let outcome = json!({ "version": 2, "run": "r", "stack": "s", "result": "passed", "absent": ["function"], "nights": [],
            "findings": [], "leftovers": [], "steps": [] });
        let journal = Journal::default();
        journal.record(Event::Outcome(json!({ "outcome": outcome })));
        let hops: Vec<Hop> = links(&DrillRecord::new(&journal.records())).into_iter().map(|link| link.hop).collect();
        assert_eq!(hops, [Hop::Stack, Hop::Rule, Hop::Command, Hop::Instance, Hop::Script, Hop::Object, Hop::Restore]);
    }

    #[test]
    fn links_before_the_broken_one_held_and_those_after_were_not_tried() {
        use State::{Broke, Held, Untried};
        assert_eq!(states("failed", Some("command")), [Held, Held, Held, Broke, Untried, Untried, Untried, Untried]);
        assert_eq!(states("passed", None), [Held; 8]);
        assert_eq!(states("failed", Some("findings")), [Held; 8]);
        assert_eq!(states("interrupted", None), [Untried; 8]);
        assert_eq!(states("not_supported", None), [Untried; 8]);
        assert_eq!(states("not_supported", Some("command")), [Held, Held, Held, Untried, Untried, Untried, Untried, Untried]);
    }
}
