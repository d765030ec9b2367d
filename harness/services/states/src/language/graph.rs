//! Which states lead to which: all that are named exist, all are reached, and the last one ends.

use std::collections::BTreeSet;

use super::definition::{Kind, State, Workflow};
use super::diagnostic::Diagnostics;

/// The states that a state leads to, each with the field that says so.
fn targets(state: &State) -> Vec<(String, &str)> {
    let mut targets: Vec<(String, &str)> = state.next.iter().map(|next| ("Next".to_owned(), next.as_str())).collect();
    if let Kind::Choice { rules, default } = &state.kind {
        targets.extend(rules.iter().enumerate().map(|(index, (_, next))| (format!("Choices[{index}]/Next"), next.as_str())));
        targets.extend(default.iter().map(|next| ("Default".to_owned(), next.as_str())));
    }
    let catchers = state.catchers.iter().enumerate();
    targets.extend(catchers.map(|(index, catcher)| (format!("Catch[{index}]/Next"), catcher.next.as_str())));
    targets
}

/// Notes transitions of a workflow that lead nowhere, states that none leads to, and that none ends.
pub(crate) fn check(workflow: &Workflow, location: &str, found: &mut Diagnostics) {
    let missing = |name: &str| !workflow.states.contains_key(name);
    let mut reached: BTreeSet<&str> = BTreeSet::from([workflow.start_at.as_str()]);
    if missing(&workflow.start_at) {
        found.add(
            "MISSING_TRANSITION_TARGET",
            format!("Missing 'Next' target: {}", workflow.start_at),
            format!("{location}/StartAt"),
        );
    }
    for (name, state) in &workflow.states {
        for (field, target) in targets(state) {
            reached.insert(target);
            if missing(target) {
                let at = format!("{location}/States/{name}/{field}");
                found.add("MISSING_TRANSITION_TARGET", format!("Missing 'Next' target: {target}"), at);
            }
        }
    }
    for name in workflow.states.keys().filter(|name| !reached.contains(name.as_str())) {
        let at = format!("{location}/States/{name}");
        found.add("MISSING_TRANSITION_TARGET", format!("State \"{name}\" is not reachable."), at);
    }
    let ends = |state: &State| state.next.is_none() && !matches!(state.kind, Kind::Choice { .. });
    if !workflow.states.values().any(ends) {
        found.add("MISSING_END_STATE", "The workflow does not have a terminal state.", location);
    }
}

/// Notes names that more than one state has, in whichever branches.
pub(crate) fn check_names(workflow: &Workflow, found: &mut Diagnostics) {
    fn walk<'a>(workflow: &'a Workflow, seen: &mut BTreeSet<&'a str>, twice: &mut BTreeSet<&'a str>) {
        for (name, state) in &workflow.states {
            if !seen.insert(name) {
                twice.insert(name);
            }
            match &state.kind {
                Kind::Parallel { branches } => branches.iter().for_each(|branch| walk(branch, seen, twice)),
                Kind::Map(map) => walk(&map.processor, seen, twice),
                _ => {}
            }
        }
    }
    let (mut seen, mut twice) = (BTreeSet::new(), BTreeSet::new());
    walk(workflow, &mut seen, &mut twice);
    for name in twice {
        found.add("DUPLICATE_STATE_NAME", format!("Duplicate State name: {name}"), format!("/States/{name}"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::language::parse::parse;

    fn told(states: Value) -> String {
        let (_, found) = parse(&json!({"StartAt": "A", "States": states}).to_string());
        found.message()
    }

    #[test]
    fn transitions_lead_to_states_and_every_state_is_reached() {
        let told = told(json!({"A": {"Type": "Pass", "Next": "C"}, "B": {"Type": "Pass", "End": true}}));
        assert_eq!(
            told,
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: C at /States/A/Next, MISSING_TRANSITION_TARGET: State \"B\" is not reachable. at /States/B"
        );
    }

    #[test]
    fn a_workflow_ends_somewhere_and_no_name_is_twice() {
        assert!(told(json!({"A": {"Type": "Pass", "Next": "A"}})).contains("MISSING_END_STATE"));
        let branch = json!({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}});
        assert!(
            told(json!({"A": {"Type": "Parallel", "Branches": [branch], "End": true}}))
                .contains("DUPLICATE_STATE_NAME: Duplicate State name: A")
        );
    }
}
