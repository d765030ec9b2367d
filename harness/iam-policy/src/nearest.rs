//! Which statements came nearest to allowing a request.

use crate::decision::{Miss, Near};
use crate::layer::{LayerPolicies, reference};
use crate::statement::{Outcome, Statement, StatementEffect, Subject};

/// How many are told.
const MOST: usize = 5;

/// Statements of `layers` that allow the action and miss by principal, resource or condition, nearest first.
pub(crate) fn nearest(layers: &[&LayerPolicies<'_>], subject: &Subject<'_>) -> Vec<Near> {
    let mut found = Vec::new();
    for layer in layers {
        for (policy, index, statement) in layer.statements() {
            if statement.effect != StatementEffect::Allow {
                continue;
            }
            let near = |miss| Near { statement: reference(layer.layer, policy, index), miss };
            found.extend(misses(statement, subject).into_iter().map(near));
        }
    }
    found.sort_by_key(|near| distance(&near.miss));
    found.truncate(MOST);
    found
}

fn distance(miss: &Miss) -> u8 {
    match miss {
        Miss::Condition { .. } => 0,
        Miss::Principal { .. } => 1,
        Miss::Resource { .. } => 2,
    }
}

fn misses(statement: &Statement, subject: &Subject<'_>) -> Vec<Miss> {
    // Told already when the request was decided.
    let mut problems = Vec::new();
    match statement.evaluate(subject, &mut problems) {
        Outcome::OtherAction => Vec::new(),
        Outcome::Applies(_) => Vec::new(),
        Outcome::OtherPrincipal => {
            // Two things wrong are not near.
            let everyone = Statement { principals: None, ..statement.clone() };
            if !matches!(everyone.evaluate(subject, &mut problems), Outcome::Applies(_)) {
                return Vec::new();
            }
            let Some(principals) = &statement.principals else { return Vec::new() };
            let wanted = principals.entries.iter().map(|entry| negate(principals.negated, &entry.name)).collect();
            vec![Miss::Principal { wanted, actual: subject.principal.arn.clone() }]
        }
        Outcome::OtherResource => {
            let Some(resources) = &statement.resources else { return Vec::new() };
            let wanted = resources.patterns.iter().map(|pattern| negate(resources.negated, pattern.source())).collect();
            vec![Miss::Resource { wanted, actual: subject.resource.to_owned() }]
        }
        Outcome::ConditionFails => {
            let failed = statement.conditions.iter().filter(|condition| !condition.holds(subject.context, &mut problems));
            failed
                .map(|condition| Miss::Condition {
                    operator: condition.name.to_string(),
                    key: condition.key.to_string(),
                    wanted: condition.wanted.iter().map(|value| value.to_string()).collect(),
                    found: condition.found(subject.context).to_vec(),
                })
                .collect()
        }
    }
}

fn negate(negated: bool, text: &str) -> String {
    if negated { format!("not {text}") } else { text.to_owned() }
}
