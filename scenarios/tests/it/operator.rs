//! Drills by an operator who is not the root user.

use std::path::PathBuf;

use serde_json::Value;

use crate::scenario;

/// The shipped policy without a statement, in the scenario's folder.
#[expect(clippy::expect_used, clippy::indexing_slicing, reason = "set-up of tests")]
fn shipped_without(folder: &std::path::Path, sid: &str) -> PathBuf {
    let mut policy: Value = serde_json::from_str(include_str!("../../../stack/operator-policy.json")).expect("JSON");
    let statements = policy["Statement"].as_array_mut().expect("statements");
    let before = statements.len();
    statements.retain(|statement| statement["Sid"] != sid);
    assert_eq!(statements.len() + usize::from(!sid.is_empty()), before, "{sid}");
    let file = folder.join("operator.json");
    std::fs::write(&file, policy.to_string()).expect("a file");
    file
}

#[expect(clippy::expect_used, reason = "set-up of tests")]
fn drill_without(sid: &str) -> nightproof_scenarios::Night {
    let scenario = scenario();
    let file = shipped_without(scenario.folder(), sid).to_string_lossy().into_owned();
    scenario.with(&["--operator-policy", &file]).run().expect("a run")
}

#[test]
fn the_shipped_policy_is_enough() {
    drill_without("").assert_passed();
}

#[test]
fn an_operator_who_may_not_pass_roles_creates_no_function() {
    let night = drill_without("PassOwnRoles");
    night.assert_broken(
        "stack",
        "is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/nightproof-",
    );
    night.assert_denied("user/nightproof-operator may not iam:PassRole", "");
}

#[test]
fn an_operator_who_may_not_use_the_key_restores_nothing() {
    let night = drill_without("ReadArchives");
    night.assert_broken("restore", "is not authorized to perform: kms:Decrypt");
}
