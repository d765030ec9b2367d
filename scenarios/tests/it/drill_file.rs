//! What a drill file says is done, and what it demands has to hold.

use nightproof_scenarios::{Night, Scenario};
use rstest::rstest;

use crate::command::{nightproof, said};
use crate::{changed, scenario};

/// How the bundled script makes its archive, and looks at it.
const MADE: &str = "          tar -C \"$DATA_PATH\" -czf \"$archive\" .\n          gzip -t \"$archive\"\n";

fn run(drill: Scenario, file: &str) -> Night {
    drill.drill_file(file).and_then(Scenario::run).expect("a run")
}

fn findings(night: &Night) -> Vec<&str> {
    night.outcome.iter().flat_map(|outcome| &outcome.findings).map(|finding| finding.id.as_str()).collect()
}

#[test]
fn a_drill_goes_by_the_file_in_its_folder_and_measures() {
    let file = "version: 1\nnights: 2\ndue: 1\nbudgets: {rto: 5m, rpo: 25h, size_change: 50%}\n";
    let night = run(scenario(), file);
    let outcome = night.assert_passed();
    assert!(night.errors.contains("drill file nightproof.yaml"), "{}", night.errors);
    assert_eq!(outcome.nights.len(), 2);
    let numbers = &outcome.numbers;
    let parts = |rto: &nightproof_drill::Rto| rto.parts.iter().map(|part| part.part.clone()).collect::<Vec<_>>();
    assert_eq!(numbers.rto.as_ref().map(parts), Some(["fetch", "open", "compare"].map(str::to_owned).to_vec()));
    assert!(numbers.rto.as_ref().is_some_and(|rto| rto.local && rto.milliseconds > 0.0));
    // From night to night it is a day, but for how long each backup took.
    assert!(numbers.rpo.as_ref().is_some_and(|rpo| rpo.seconds.abs_diff(86_400) < 120 && !rpo.at_least), "{numbers:?}");
    assert!(numbers.size_change.is_some_and(|percent| percent < 1.0), "{numbers:?}");
    // An option wins.
    let night = run(scenario().with(&["--nights", "1"]), "version: 1\nnights: 2\n");
    assert_eq!(night.assert_passed().nights.len(), 1);
}

#[rstest]
#[case::rto("budgets: {rto: 1ms}", "over-budget-rto")]
#[case::rpo("nights: 2\nbudgets: {rpo: 23h}", "over-budget-rpo")]
#[case::not_measured("budgets: {rpo: 26h}", "rpo-not-measured")]
fn what_is_over_its_budget_is_a_finding_and_fails_a_strict_drill(#[case] file: &str, #[case] id: &str) {
    // The bundled stack is drilled strictly; the same as a file of one's own is not.
    let night = run(scenario(), &format!("version: 1\n{file}\n"));
    night.assert_broken("findings", id);
    let own = changed(MADE, MADE);
    let night = run(own, &format!("version: 1\n{file}\n"));
    night.assert_passed();
    assert_eq!(findings(&night), [id]);
}

#[test]
fn fewer_machines_than_are_due_break_the_night() {
    run(scenario(), "version: 1\ndue: 2\n").assert_broken("object", "2 machines have to leave an archive each night, and 1 did");
}

#[test]
fn what_is_ignored_may_differ_and_nothing_else_may() {
    let touched = || changed(MADE, &format!("          echo changed >> \"$DATA_PATH/index.html\"\n{MADE}"));
    let night = run(touched(), "version: 1\nignore: [{path: index.html, reason: has the time in it}]\n");
    let left_out = &night.assert_passed().ignored;
    let told = left_out.iter().map(|one| (one.path.as_str(), one.entries, one.reason.as_str())).collect::<Vec<_>>();
    assert_eq!(told, [("index.html", 1, "has the time in it")]);
    let night = run(touched(), "version: 1\nignore: [{path: images, reason: r}]\n");
    night.assert_broken("restore", "different: index.html");
    let night = run(touched(), "version: 1\nignore: [{path: '*', reason: r}]\n");
    assert_eq!(night.code, 2, "{night:#?}");
    assert!(night.why().contains("all of the data is ignored"), "{night:#?}");
}

/// A drill of something like a database, outside of the data's folder: it is filled by a script, dumped by `commands`, and restored by a script.
fn database(commands: &str, file: &str) -> Night {
    let drill = changed(MADE, &format!("          {commands}\n"));
    let write = |name: &str, text: &str| std::fs::write(drill.folder().join(name), text);
    write("fill.sh", "mkdir -p /srv/db\nseq 1000 > /srv/db/rows\n").expect("a script");
    write("restore.sh", "mkdir -p /srv/db\nxzcat \"$NIGHTPROOF_OBJECTS/$NIGHTPROOF_KEYS\" > /srv/db/rows\n").expect("a script");
    let seed = "version: 1\nseed: fill.sh\nrestore: {script: restore.sh, tree: false}\n";
    run(drill, &format!("{seed}{file}\n"))
}

#[test]
fn a_restored_machine_has_to_say_what_its_original_said() {
    let fingerprint = "fingerprint: wc -l < /srv/db/rows; sort /srv/db/rows | sha256sum";
    let night = database("xz -c /srv/db/rows > \"$archive\"", fingerprint);
    let outcome = night.assert_passed();
    assert!(
        outcome.archive.as_ref().is_some_and(|archive| archive.fingerprint.as_ref().is_some_and(|sha256| sha256.len() == 64))
    );
    let parts: Vec<&str> = outcome.numbers.rto.iter().flat_map(|rto| &rto.parts).map(|part| part.part.as_str()).collect();
    assert_eq!(parts, ["fetch", "boot", "script", "fingerprint"]);
    // The same form, of a dump that ends early.
    let night = database("head -n 999 /srv/db/rows | xz > \"$archive\"", fingerprint);
    night.assert_broken("restore", "does not say what its original said before the night");
    assert!(night.why().contains("1000") && night.why().contains("999"), "{}", night.why());
    // What says the same of any machine proves nothing.
    let constant = database("xz -c /srv/db/rows > \"$archive\"", "fingerprint: echo fine");
    constant.assert_broken("restore", "says the same of a machine on which nothing was restored");
    // What says nothing agrees with nothing.
    database("xz -c /srv/db/rows > \"$archive\"", "fingerprint: 'true'").assert_broken("drill", "says nothing");
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_place() {
    let night = run(scenario(), "version: 1\nbudgets: {rt0: 5m}\n");
    assert_eq!(night.code, 2, "{night:#?}");
    assert!(night.errors.contains("line 2 column") && night.errors.contains("unknown field `rt0`"), "{}", night.errors);
    let night = scenario().with(&["--file", "gone.yaml"]).run().expect("a run");
    assert!(night.code == 2 && night.errors.contains("cannot read the drill file `gone.yaml`"), "{night:#?}");
}

#[test]
fn a_history_has_a_line_for_each_drill() {
    let kept = tempfile::tempdir().expect("a folder");
    let history = kept.path().join("history.jsonl");
    let report = kept.path().join("drill.html");
    for _ in 0..2 {
        let options = ["--history", &history.to_string_lossy(), "--report", &report.to_string_lossy()];
        run(scenario().with(&options), "version: 1\nbudgets: {size_change: 50%}\n").assert_passed();
    }
    let text = std::fs::read_to_string(&history).expect("a history");
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.lines().all(|line| line.contains("\"result\":\"passed\"") && line.contains("\"rto_milliseconds\":")), "{text}");
    assert!(std::fs::read_to_string(&report).expect("a page").contains("Trend (times of a local machine)"));
}

#[test]
fn an_incident_goes_by_the_drill_file_that_it_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("own.yaml", "version: 1\ndue: 2\nparameters: {DataPath: /srv/site}\ndata: {path: /srv/site}\n");
    let incident = |says: &str| {
        format!(
            "version: 1\ntitle: One of two\nsource: here\nnoticed_by: somebody\ndrill: own.yaml\nexpect: {{result: failed, hop: object, says: [{says}]}}\n"
        )
    };
    write("incident.yaml", &incident("2 machines have to leave an archive"));
    let shown = nightproof(folder.path(), &["reproduce", "incident.yaml"]);
    assert_eq!(shown.status.code(), Some(0), "{}", said(&shown));
    assert!(said(&shown).contains("entries in /srv/site"), "{}", said(&shown));
    write("incident.yaml", &incident("3 machines have to leave an archive"));
    assert_eq!(nightproof(folder.path(), &["reproduce", "incident.yaml"]).status.code(), Some(1));
}
