//! The grants of a template, each with the template that lacks it and the nights in which it may be missed.

use std::collections::BTreeSet;

use nightproof_drill::NightVariant;
use nightproof_template::Template;
use serde_json::{Value, json};

use crate::Change;
use crate::bad_night::BadNight;
use crate::permissions::place;
use crate::policy_in_force::PolicyInForce;
use crate::statement;
use crate::usage::Access;

/// A grant, and what a trial has without it.
pub(crate) struct Mutant {
    pub(crate) grant: String,
    pub(crate) without: Change,
    /// The nights to try without it.
    pub(crate) nights: Vec<NightVariant>,
    /// Whether it is for one of those nights at all.
    pub(crate) exercised: bool,
}

/// One template for each grant that can be taken away. A statement is made to hold for nobody, so that its policy stays well-formed.
pub(crate) fn all(
    whole: &Value,
    template: &Template,
    held: &[PolicyInForce],
    accesses: &BTreeSet<Access>,
    bad_nights: &[BadNight],
) -> Vec<Mutant> {
    let places = template.policies();
    let used = statement::used(held, accesses, &places, whole);
    let bad_nights: Vec<_> = bad_nights.iter().map(|night| (night, night.statements(&places, whole))).collect();
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for policy in held {
        let Some(place) = place(policy, &places, whole) else { continue };
        for (index, statement) in place.statements.iter().enumerate().filter(|(_, statement)| statement.allows) {
            let at = (place.pointer.clone(), index);
            // A queue policy may be of several queues.
            if !seen.insert(at.clone()) {
                continue;
            }
            let mut mutant = whole.clone();
            let statement_pointer = match whole.pointer(&format!("{}/Statement", place.pointer)) {
                Some(Value::Array(_)) => format!("{}/Statement/{index}", place.pointer),
                _ => format!("{}/Statement", place.pointer),
            };
            let Some(Value::Object(members)) = mutant.pointer_mut(&statement_pointer) else { continue };
            let never = json!({"aws:PrincipalAccount": "000000000000"});
            let condition = members.entry("Condition").or_insert_with(|| json!({}));
            match condition.get_mut("StringEquals").and_then(Value::as_object_mut) {
                Some(equals) => equals.extend(never.as_object().cloned().unwrap_or_default()),
                None => {
                    if let Some(condition) = condition.as_object_mut() {
                        condition.insert("StringEquals".to_owned(), never);
                    }
                }
            }
            let in_a_good_night = policy.role.is_some() || used.contains(&at);
            let bad: Vec<&BadNight> =
                bad_nights.iter().filter(|(_, statements)| statements.contains(&at)).map(|(night, _)| *night).collect();
            let mut nights = Vec::new();
            if in_a_good_night || bad.is_empty() {
                nights.push(NightVariant::Backup);
            }
            // What is lost as it is tells nothing of what is taken away.
            nights.extend(bad.iter().filter(|night| night.lost.is_none()).map(|night| night.variant));
            let name = statement.sid.clone().unwrap_or_else(|| format!("statement {}", index + 1));
            found.push(Mutant {
                grant: format!("{name} of {} ({}, line {})", place.resource, place.kind, statement.position.line),
                without: Change::Template(mutant.to_string()),
                nights,
                exercised: in_a_good_night || !bad.is_empty(),
            });
        }
    }
    let resources = whole.get("Resources").and_then(Value::as_object).into_iter().flatten();
    found.extend(resources.flat_map(|(id, resource)| beside_documents(whole, id, resource)));
    found
}

/// What a resource grants that is no statement of a document: the permission of a function, managed policies of a role.
fn beside_documents(whole: &Value, id: &str, resource: &Value) -> Vec<Mutant> {
    let of_backup = |grant: String, mutant: &Value| Mutant {
        grant,
        without: Change::Template(mutant.to_string()),
        nights: vec![NightVariant::Backup],
        exercised: true,
    };
    let mut found = Vec::new();
    match resource.get("Type").and_then(Value::as_str) {
        Some("AWS::Lambda::Permission") => {
            let mut mutant = whole.clone();
            if let Some(Value::Object(properties)) = mutant.pointer_mut(&format!("/Resources/{id}/Properties")) {
                properties.insert("SourceAccount".to_owned(), "000000000000".into());
                found.push(of_backup(format!("{id} (AWS::Lambda::Permission)"), &mutant));
            }
        }
        Some("AWS::IAM::Role") => {
            let managed = resource.pointer("/Properties/ManagedPolicyArns").and_then(Value::as_array).map_or(0, Vec::len);
            for index in 0..managed {
                let mut mutant = whole.clone();
                let arns = mutant.pointer_mut(&format!("/Resources/{id}/Properties/ManagedPolicyArns"));
                let Some(arns) = arns.and_then(Value::as_array_mut) else { continue };
                arns.remove(index);
                found.push(of_backup(format!("managed policy {} of {id}", index + 1), &mutant));
            }
        }
        _ => {}
    }
    found
}
