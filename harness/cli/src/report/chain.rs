//! The chain of a backup, and how far it held.

use nightproof_drill::DrillResult;

use super::told::Told;

/// A link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    /// What a person calls it.
    pub(super) name: &'static str,
    /// What it is on AWS.
    pub(super) part: &'static str,
    pub(super) state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Held,
    Broke,
    /// Nothing is known, since an earlier one broke or the drill was cut off.
    Untried,
}

/// The links in order, with the hops of a failure that each stands for.
const LINKS: [(&str, &str, &[&str]); 7] = [
    ("stack", "CloudFormation", &["input", "stack"]),
    ("rule", "EventBridge", &["rule"]),
    ("function", "Lambda", &["function"]),
    ("command", "Systems Manager", &["command"]),
    ("script", "EC2 instance", &["instance", "script"]),
    ("archive", "S3 bucket", &["object"]),
    ("restore", "byte for byte", &["archive"]),
];

/// How each link fared.
pub(super) fn of(told: &Told<'_>) -> Vec<Link> {
    let outcome = told.outcome.as_ref();
    let hop = outcome.and_then(|outcome| outcome.failure.as_ref()).map(|failure| failure.hop.as_str());
    let broke = hop.and_then(|hop| LINKS.iter().position(|(.., hops)| hops.contains(&hop)));
    // What was lacking says nothing of the link.
    let is_lacking = outcome.is_some_and(|outcome| outcome.result == DrillResult::NotSupported);
    // A failure of no link (findings, the drill itself) came after, or beside, all of them.
    let whole = outcome.is_some_and(|outcome| outcome.result == DrillResult::Passed) || hop == Some("findings");
    let state = |at: usize| match broke {
        Some(broke) if at == broke && !is_lacking => State::Broke,
        Some(broke) if at < broke => State::Held,
        None if whole => State::Held,
        _ => State::Untried,
    };
    LINKS.iter().enumerate().map(|(at, (name, part, _))| Link { name, part, state: state(at) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nightproof_journal::{Event, Journal};
    use serde_json::json;

    fn states(result: &str, hop: Option<&str>) -> Vec<State> {
        let failure = hop.map(|hop| json!({ "hop": hop, "reason": "r", "evidence": [] }));
        let outcome = json!({ "version": 1, "run": "r", "stack": "s", "result": result, "failure": failure, "nights": [], "findings": [],
            "leftovers": [], "steps": [] });
        let journal = Journal::default();
        journal.record(Event::Outcome(json!({ "outcome": outcome })));
        of(&Told::by(&journal.records())).into_iter().map(|link| link.state).collect()
    }

    #[test]
    fn links_before_the_broken_one_held_and_those_after_were_not_tried() {
        use State::{Broke, Held, Untried};
        assert_eq!(states("failed", Some("command")), [Held, Held, Held, Broke, Untried, Untried, Untried]);
        assert_eq!(states("passed", None), [Held; 7]);
        assert_eq!(states("failed", Some("findings")), [Held; 7]);
        assert_eq!(states("interrupted", None), [Untried; 7]);
        assert_eq!(states("not_supported", None), [Untried; 7]);
        assert_eq!(states("not_supported", Some("command")), [Held, Held, Held, Untried, Untried, Untried, Untried]);
    }
}
