//! Two drills side by side, by their journals.

use crate::command::{nightproof, said};

#[test]
fn the_same_drill_twice_is_the_same_and_a_planted_difference_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let other = nightproof_scenarios::BUNDLED.replace("      EnableKeyRotation: true\n", "");
    std::fs::write(folder.path().join("other.yaml"), other).expect("a template");
    for drill in [
        &["run", "--journal", "a"][..],
        &["run", "--journal", "b"],
        &["run", "--journal", "c", "--strict", "--template", "other.yaml"],
    ] {
        let ended = nightproof(folder.path(), drill);
        assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    }
    let same = nightproof(folder.path(), &["compare", "a", "b"]);
    assert_eq!(same.status.code(), Some(0), "{}", said(&same));
    assert!(said(&same).contains("the two are the same"), "{}", said(&same));
    let differ = nightproof(folder.path(), &["compare", "a", "c"]);
    assert_eq!(differ.status.code(), Some(1), "{}", said(&differ));
    let lines: Vec<String> = said(&differ).lines().map(str::to_owned).collect();
    assert!(lines.iter().any(|line| line.starts_with("- call") && line.contains("kms:EnableKeyRotation(KeyId)")), "{lines:#?}");
    assert_eq!(lines.len(), 2, "{lines:#?}");
}

#[test]
fn what_is_no_drill_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("empty"), "").expect("a file");
    let ended = nightproof(folder.path(), &["compare", "empty", "gone"]);
    assert_eq!(ended.status.code(), Some(2), "{}", said(&ended));
    assert!(said(&ended).contains("`empty` has no drill that came to its end"), "{}", said(&ended));
}
