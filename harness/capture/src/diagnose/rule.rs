//! The rule started nothing.

use nightproof_drill::Hop;
use serde_json::{Value, json};

use crate::chain::Chain;
use crate::diagnosis::{Diagnosis, Recipe};

pub(super) fn diagnosis(chain: &Chain<'_>) -> Option<Diagnosis> {
    let rule = chain.rule;
    let physical = format!("${{{}}}", rule.logical_id);
    let at_rule = |reason: String, says: &str, recipe: Recipe| {
        Some(Diagnosis { says: vec![says.to_owned()], recipe, ..Diagnosis::new(Hop::Rule, reason) })
    };
    match rule.state.as_str() {
        "DISABLED" => {
            let recipe = Recipe::call("events", "DisableRule", json!({ "Name": physical }));
            return at_rule(format!("the rule {} is disabled", rule.logical_id), "is disabled", recipe);
        }
        "DELETED" => {
            let ids = target_ids(chain);
            let mut calls = vec![("events", "DeleteRule", json!({ "Name": physical }))];
            if !ids.is_empty() {
                calls.insert(0, ("events", "RemoveTargets", json!({ "Rule": physical, "Ids": ids })));
            }
            return at_rule(format!("the rule {} was deleted", rule.logical_id), "does not exist", Recipe::calls(calls));
        }
        _ => {}
    }
    // What was refused to us is not missing.
    let refused = |operation: &str| chain.evidence.refused.iter().any(|refused| refused.starts_with(operation));
    let ids = target_ids(chain);
    if rule.targets.is_empty() && !refused("ListTargetsByRule") && !ids.is_empty() {
        let recipe = Recipe::call("events", "RemoveTargets", json!({ "Rule": physical, "Ids": ids }));
        return at_rule(
            format!("the rule {} has no target any more", rule.logical_id),
            "neither logged nor sent a command",
            recipe,
        );
    }
    let function = chain.function?;
    let lets_in = function.policy.as_ref().is_some_and(|policy| policy.contains("events.amazonaws.com"));
    let permissions: Vec<&str> = chain.of_type("AWS::Lambda::Permission").filter(|id| is_for_events(chain, id)).collect();
    if !lets_in && !refused("GetPolicy") && !permissions.is_empty() {
        let input =
            |id: &&str| json!({ "FunctionName": format!("${{{}}}", function.logical_id), "StatementId": format!("${{{id}}}") });
        let recipe = Recipe::calls(permissions.iter().map(|id| ("lambda", "RemovePermission", input(id))).collect());
        let reason = format!("{} does not let events.amazonaws.com invoke it", function.logical_id);
        return at_rule(reason, "does not let events.amazonaws.com invoke it", recipe);
    }
    None
}

fn is_for_events(chain: &Chain<'_>, id: &str) -> bool {
    let principal = chain.template.pointer(&format!("/Resources/{id}/Properties/Principal"));
    principal.and_then(Value::as_str) == Some("events.amazonaws.com")
}

/// Ids of the targets that the template gives the rule.
fn target_ids(chain: &Chain<'_>) -> Vec<String> {
    let targets = chain.template.pointer(&format!("/Resources/{}/Properties/Targets", chain.rule.logical_id));
    let targets = targets.and_then(Value::as_array).into_iter().flatten();
    targets.filter_map(|target| target.get("Id")?.as_str().map(str::to_owned)).collect()
}
