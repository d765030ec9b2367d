//! The statements of a template's policies, by their places.

use std::collections::BTreeSet;

use nightproof_template::PolicyPlace;
use serde_json::Value;

use crate::permissions::place;
use crate::policy_in_force::PolicyInForce;
use crate::usage::Access;

/// A statement in a template: pointer to its document, and its place there from 0.
pub(crate) type Statement = (String, usize);

/// The statements that allowed something.
pub(crate) fn used(
    held: &[PolicyInForce],
    accesses: &BTreeSet<Access>,
    places: &[PolicyPlace],
    whole: &Value,
) -> BTreeSet<Statement> {
    let by: BTreeSet<&(String, usize)> = accesses.iter().flat_map(|access| &access.by).collect();
    let in_template = |policy: &PolicyInForce| Some((policy.name.clone(), place(policy, places, whole)?.pointer.clone()));
    let pointers: Vec<(String, String)> = held.iter().filter_map(in_template).collect();
    let statements = pointers.iter().flat_map(|(name, pointer)| {
        by.iter().filter(move |(policy, _)| policy == name).map(move |(_, index)| (pointer.clone(), *index))
    });
    statements.collect()
}
