//! Nights whose signs mislead: what a small or a first night does not show, and alarms that are false.

use std::io;

use nightproof_scenarios::{Scenario, Template};

use crate::{changed, scenario};

const ARCHIVES: &str = "          tar -C \"$DATA_PATH\" -czf \"$archive\" .\n";
const UPLOADED: &str = "          echo \"uploaded s3://$BACKUP_BUCKET/$key\"\n";
const UPLOADS: &str = "          aws s3 cp \"$archive\"";

/// A drill whose role lacks what S3 needs to join the parts of an encrypted object.
fn without_decrypt() -> Scenario {
    changed("              - kms:GenerateDataKey\n              - kms:Decrypt\n", "              - kms:GenerateDataKey\n")
}

/// A drill whose script looks into its archive, by `look`, after the upload. The list of its files is longer than a pipe holds.
fn looking_by(look: &str) -> io::Result<Scenario> {
    changed(UPLOADED, &format!("{UPLOADED}          {look}\n"))
        .data(|site| (0..1000).try_fold(site, |site, number| site.file(&format!("{number}{}", "-".repeat(200)), b"")))
}

// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions>
#[test]
fn a_role_without_decrypt_backs_up_a_small_site() {
    without_decrypt().run().expect("a run").assert_passed();
}

#[test]
fn a_role_without_decrypt_fails_as_soon_as_the_archive_has_parts() {
    let night = without_decrypt().data(|site| site.noise("large.bin", 16)).expect("data").run().expect("a run");
    night.assert_broken(
        "script",
        "is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:123456789012:key/",
    );
    night.assert_denied("may not kms:Decrypt", "");
}

#[test]
fn a_reader_that_stops_early_is_a_false_alarm() {
    let night = looking_by("tar -tzf \"$archive\" | head -n 1").expect("data").run().expect("a run");
    night.assert_broken("script", "exit code 141");
    assert!(night.why().contains("uploaded s3://"), "the archive is in the bucket: {}", night.why());
}

#[test]
fn a_reader_that_reads_to_the_end_is_none() {
    looking_by("tar -tzf \"$archive\" | sed -n 1p").expect("data").run().expect("a run").assert_passed();
}

/// Runs a drill whose command times out after eight seconds on one instance and then on another, and counts uploads in its journal. The
/// first machine is there for eight seconds more: time for what its script left running. `delays` comes before the upload, `and` after it.
#[expect(clippy::expect_used, reason = "set-up of tests")]
fn uploads_past_the_execution_time(delays: &str, and: &str) -> usize {
    let template = Template::default()
        .replacing("\"executionTimeout\": [\"3600\"]", "\"executionTimeout\": [\"8\"]")
        .replacing("TimeoutSeconds=600,", "TimeoutSeconds=600, MaxConcurrency=\"1\", MaxErrors=\"2\",")
        .replacing(UPLOADS, &format!("          {delays}\n{UPLOADS}"))
        .replacing(UPLOADED, &format!("          {and}\n{UPLOADED}"))
        .with_instance("SecondServer", "Enabled");
    let folder = tempfile::tempdir().expect("a folder");
    let journal = folder.path().join("journal");
    let drill = scenario().template(&template).expect("a template").with(&["--journal", &journal.to_string_lossy()]);
    drill.run().expect("a run").assert_broken("script", "TimedOut");
    let journal = std::fs::read_to_string(journal).expect("a journal");
    journal.lines().filter(|line| line.contains(":assumed-role/") && line.contains("\"PutObject\"")).count()
}

#[test]
fn a_script_past_its_execution_time_uploads_nothing_late() {
    assert_eq!(uploads_past_the_execution_time("sleep 9", "true"), 0);
}

#[test]
fn what_a_script_detached_uploads_after_the_command_has_timed_out() {
    let once_the_script_is_dead = "export archive key; setsid sh -c 'while kill -0 '$$'; do sleep 0.1; done";
    let late = uploads_past_the_execution_time(once_the_script_is_dead, "' & sleep 60");
    assert!(late >= 1, "the first instance's upload comes while the second has the command");
}

#[test]
fn a_backup_of_what_is_new_passes_its_first_night_alone() {
    let since =
        "          since=; [ ! -e /var/tmp/last ] || since=--newer-mtime=/var/tmp/last\n          touch /var/tmp/last.new\n";
    let archives = "          tar -C \"$DATA_PATH\" $since -czf \"$archive\" .\n          mv /var/tmp/last.new /var/tmp/last\n";
    let incremental = || changed(ARCHIVES, &format!("{since}{archives}"));
    incremental().run().expect("a run").assert_passed();
    incremental().with(&["--nights", "2"]).run().expect("a run").assert_broken("restore", "missing:");
}

#[test]
fn data_that_changes_while_it_is_read_fails_the_script() {
    // Every tenth record of 10 KiB: in the middle of the only file.
    let changing = "          tar -C \"$DATA_PATH\" --checkpoint=10 --checkpoint-action=exec='echo more >> \"$DATA_PATH/large.bin\"' -czf \"$archive\" .\n";
    let night = changed(ARCHIVES, changing).data(|site| site.noise("large.bin", 1)).expect("data").run().expect("a run");
    night.assert_broken("script", "file changed as we read it");
}
