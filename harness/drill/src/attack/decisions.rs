//! What the local region's evaluator decided on an attempt, from the journal.

use std::sync::Arc;

use nightproof_journal::{Check, Event, Journal};
use nightproof_template::{PolicyPlace, Template};
use parking_lot::Mutex;
use serde_json::Value;

use crate::evidence::denial;

/// The decisions on calls of the roles of a stack, as they come into the journal.
pub(crate) struct Decisions {
    checks: Arc<Mutex<Vec<(String, Check)>>>,
    places: Vec<PolicyPlace>,
}

impl Decisions {
    /// Those that come into `journal` from now on. Statements of the stack are named by their lines in `template`.
    pub(crate) fn follow(journal: &Journal, template: &str) -> Self {
        let checks = Arc::<Mutex<Vec<(String, Check)>>>::default();
        let seen = Arc::downgrade(&checks);
        journal.subscribe(move |record| {
            if let Event::Authorization { principal, checks, .. } = &record.event
                && let Some(seen) = seen.upgrade()
            {
                seen.lock().extend(checks.iter().map(|check| (principal.clone(), check.clone())));
            }
        });
        let places = Template::parse(template).map(|template| template.policies()).unwrap_or_default();
        Self { checks, places }
    }

    /// Takes the decisions since the last look on calls of a role's sessions, or of another principal by its ARN.
    pub(crate) fn take(&self, role: Option<&str>, principal: &str) -> Taken {
        let all = std::mem::take(&mut *self.checks.lock());
        let is_own = |caller: &str| match role {
            Some(role) => caller.contains(&format!(":assumed-role/{role}/")),
            None => caller == principal,
        };
        Taken { checks: all.into_iter().filter(|(caller, _)| is_own(caller)).map(|(_, check)| check).collect() }
    }

    /// The statements that allowed `action`, or all that had to be allowed if the call has another name.
    pub(crate) fn allowing(&self, taken: &Taken, action: &str) -> Vec<String> {
        let named: Vec<&Check> = taken.checks.iter().filter(|check| check.action == action).collect();
        let checks = if named.is_empty() { taken.checks.iter().collect() } else { named };
        let mut found = Vec::new();
        for statement in checks.iter().filter_map(|check| check.decision.get("deciding")?.as_array()).flatten() {
            let place = denial::place(statement, &self.places);
            if !found.contains(&place) {
                found.push(place);
            }
        }
        found
    }
}

/// Decisions on one request.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    checks: Vec<Check>,
}

impl Taken {
    /// Whether a policy refused something.
    pub(crate) fn is_refused(&self) -> bool {
        self.checks.iter().any(|check| check.decision.get("effect").and_then(Value::as_str) != Some("Allow"))
    }

    /// Whether policies were asked, and allowed all of it.
    pub(crate) fn is_allowed(&self) -> bool {
        !self.checks.is_empty() && !self.is_refused()
    }
}
