//! What a drill's callers were allowed and denied, read from the decisions in its journal.

use std::collections::BTreeSet;

use nightproof_drill::Step;
use nightproof_journal::{Event, Journal};
use serde_json::Value;

/// One access that was decided on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Access {
    /// ARN of the caller, or a service's name.
    pub(crate) principal: String,
    /// ARN of the resource for which a service called.
    pub(crate) source_arn: Option<String>,
    /// `s3:PutObject`
    pub(crate) action: String,
    /// ARN, or `*`.
    pub(crate) resource: String,
    /// Whether it was allowed.
    pub(crate) allowed: bool,
    /// The statements that allowed or denied it: name of the policy, and place in it from 0.
    pub(crate) by: Vec<(String, usize)>,
}

impl Access {
    /// The role whose session called.
    pub(crate) fn role(&self) -> Option<&str> {
        self.principal.split_once(":assumed-role/")?.1.split('/').next()
    }
}

/// All accesses, each once.
pub(crate) fn all(journal: &Journal) -> BTreeSet<Access> {
    let mut found = BTreeSet::new();
    for record in journal.records() {
        let (principal, source_arn, checks) = match record.event {
            Event::Authorization { principal, source_arn, checks, .. } => (principal, source_arn, checks),
            // What is refused while permissions are being removed says nothing about the stack.
            Event::StepStarted { step, .. } if step == Step::Destroy => break,
            _ => continue,
        };
        for check in checks {
            let by = check.decision.get("deciding").and_then(Value::as_array).into_iter().flatten();
            let by = by.filter_map(|statement| {
                let index = statement.get("index")?.as_u64()?;
                Some((statement.get("policy")?.as_str()?.to_owned(), usize::try_from(index).ok()?))
            });
            found.insert(Access {
                principal: principal.clone(),
                source_arn: source_arn.clone(),
                allowed: check.decision.get("effect").and_then(Value::as_str) == Some("Allow"),
                action: check.action,
                resource: check.resource,
                by: by.collect(),
            });
        }
    }
    found
}
