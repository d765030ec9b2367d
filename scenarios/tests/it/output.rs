//! What users see of `access`, `bench` and `compare`.

use crate::command::{nightproof, said};
use crate::redactor::assert_output;

#[test]
fn access_names_the_statements_that_a_drill_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = nightproof(folder.path(), &["access"]);
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    // Which policy comes into force first differs.
    let printed = String::from_utf8_lossy(&ended.stdout).replace("\n  ", "\u{1f}");
    let mut policies: Vec<&str> = printed.lines().collect();
    policies.sort_unstable_by_key(|policy| policy.to_lowercase());
    assert_output("access", &policies.join("\n").replace('\u{1f}', "\n  "));
}

#[test]
fn bench_prints_the_median_of_each_step() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = nightproof(folder.path(), &["bench", "--runs", "1"]);
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    assert_output("bench", &String::from_utf8_lossy(&ended.stdout));
}

#[test]
fn compare_prints_what_one_drill_did_and_the_other_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let other = nightproof_scenarios::BUNDLED.replace("      EnableKeyRotation: true\n", "");
    std::fs::write(folder.path().join("other.yaml"), other).expect("a template");
    for drill in [&["run", "--journal", "a"][..], &["run", "--journal", "b", "--strict", "--template", "other.yaml"]] {
        let ended = nightproof(folder.path(), drill);
        assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    }
    assert_output("compare_same", &said(&nightproof(folder.path(), &["compare", "a", "a"])));
    assert_output("compare_different", &said(&nightproof(folder.path(), &["compare", "a", "b"])));
}
