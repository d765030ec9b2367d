//! Backups in the forms that people's scripts make, and each once more with data that cannot be restored.

use std::process::Command;

use nightproof_scenarios::{Night, Scenario, Template};
use rstest::rstest;

use crate::{changed, scenario};

/// How the bundled script makes its archive, and looks at it.
const MADE: &str = "          tar -C \"$DATA_PATH\" -czf \"$archive\" .\n          gzip -t \"$archive\"\n";

/// A drill whose script makes `$archive` from `$DATA_PATH` by `commands`.
fn made_by(commands: &str) -> Scenario {
    changed(MADE, &format!("          {commands}\n"))
}

/// Each, and what it is found to be.
#[rstest]
#[case::tar("tar -C \"$DATA_PATH\" -cf \"$archive\" .", "tar")]
#[case::bzip2("tar -C \"$DATA_PATH\" -cjf \"$archive\" .", "tar in bzip2")]
#[case::xz("tar -C \"$DATA_PATH\" -cJf \"$archive\" .", "tar in xz")]
#[case::zstd("tar -C / -c \"${DATA_PATH#/}\" | zstd -q > \"$archive\"", "tar in zstd")]
#[case::lz4("tar -C \"$DATA_PATH\" -c . | lz4 -q > \"$archive\"", "tar in lz4")]
#[case::zip("(cd \"$DATA_PATH\"; zip -qry \"$archive.zip\" .; mv \"$archive.zip\" \"$archive\")", "zip")]
fn an_archive_restores_whatever_its_form(#[case] commands: &str, #[case] form: &str) {
    let night = made_by(commands).run().expect("a run");
    let outcome = night.assert_passed();
    assert_eq!(outcome.archive.as_ref().map(|archive| archive.form.as_str()), Some(form));
    // The same form, of data that is not what it was.
    let night = made_by(&format!("echo changed >> \"$DATA_PATH/index.html\"; {commands}")).run().expect("a run");
    night.assert_broken("restore", "different: index.html");
    // The same form, cut by a full disk that nobody looked at.
    let night = made_by(&format!("{commands}; truncate -s 30000 \"$archive\"")).run().expect("a run");
    night.assert_broken("restore", "cannot be unpacked: it is ");
    assert!(night.why().contains(" and ends early"), "{}", night.why());
}

#[rstest]
#[case::gpg(
    "export GNUPGHOME=$(mktemp -d); tar -C \"$DATA_PATH\" -c . | gpg --batch --quiet --passphrase x --symmetric > \"$archive\"",
    "looks like an OpenPGP message, as gpg makes; give a restore script"
)]
#[case::openssl(
    "tar -C \"$DATA_PATH\" -c . | openssl enc -aes-256-cbc -pbkdf2 -k x > \"$archive\"",
    "looks like a file encrypted by `openssl enc`; give a restore script"
)]
#[case::noise(
    "head -c 5000 /dev/urandom > \"$archive\"",
    "looks like no form that is known: encrypted, perhaps; give a restore script"
)]
fn a_form_that_only_its_owner_can_open_is_named(#[case] commands: &str, #[case] expected: &str) {
    let night = made_by(commands).run().expect("a run");
    night.assert_broken("restore", "cannot be opened here: it ");
    assert!(night.why().contains(expected), "{}", night.why());
    assert!(night.why().chars().all(|character| character == '\n' || !character.is_control()), "{}", night.why());
}

#[test]
fn all_that_file_systems_allow_comes_back() {
    scenario().with(&["--data-profile", "hard"]).run().expect("a run").assert_passed();
}

/// A drill whose script leaves by `commands` what it likes: `put FILE NAME` uploads, `$dated` is of the time, `$DATA_PATH` is the data.
fn leaving(commands: &str) -> Scenario {
    leaving_with(SYNC, commands)
}

/// As [`leaving`], by a role that may do so much with the bucket.
pub(crate) fn leaving_with(rights: &str, commands: &str) -> Scenario {
    let put = "put() { aws s3 cp \"$1\" \"s3://$BACKUP_BUCKET/backups/$instance/$2\" --only-show-errors; }";
    let begin = format!("          {put}\n          dated=$(date -u +%Y-%m-%dT%H-%M-%SZ)\n          cd \"$(mktemp -d)\"\n");
    let commands: String = commands.lines().map(|line| format!("          {}\n", line.trim())).collect();
    let template = Template::default()
        .cutting("          archive=$(mktemp", "          echo \"uploaded s3://")
        .replacing("          echo \"uploaded s3://$BACKUP_BUCKET/$key\"\n", &format!("{begin}{commands}"))
        // `aws s3 sync` lists, and deletes where it is asked to.
        .replacing("            Action: s3:PutObject\n            Resource: !Sub ${BackupBucket.Arn}/backups/*", rights);
    scenario().template(&template).expect("a template")
}

const SYNC: &str = "            Action: [s3:PutObject, s3:DeleteObject, s3:ListBucket]\n            Resource: [!Sub \"${BackupBucket.Arn}/backups/*\", !GetAtt BackupBucket.Arn]";

/// The ids of findings of a night that passed.
fn findings(night: &Night) -> Vec<&str> {
    night.assert_passed().findings.iter().map(|finding| finding.id.as_str()).collect()
}

/// Ways of people's scripts to the same bucket, each once more with a file that is not in it.
#[rstest]
#[case::by_standard_input(
    "tar -C \"$DATA_PATH\" -cz . | aws s3 cp - \"s3://$BACKUP_BUCKET/backups/$instance/$dated\" --only-show-errors"
)]
#[case::by_put_object(
    "tar -C \"$DATA_PATH\" -czf site.tgz .
    aws s3api put-object --bucket \"$BACKUP_BUCKET\" --key \"backups/$instance/$dated.tgz\" --body site.tgz --server-side-encryption aws:kms > answer"
)]
#[case::with_a_log_beside(
    "tar -C / -cvzf site.tgz \"${DATA_PATH#/}\" > site.log
    put site.tgz $dated.tgz
    put site.log $dated.log"
)]
#[case::as_a_file_list_says(
    "(cd \"$DATA_PATH\"; find . -mindepth 1 -print0) > names
    tar -C \"$DATA_PATH\" --null --no-recursion -T names -cJf site.txz
    put site.txz site.txz"
)]
#[case::in_dated_folders_with_a_manifest(
    "tar -C \"$DATA_PATH\" -cf site.tar .
    sha256sum site.tar > site.tar.sha256
    xz site.tar
    for each in site.tar.xz site.tar.sha256; do put $each $(date -u +%Y/%m/%d/%H%M%S)/$each; done
    printf '{\"files\": 1}' > manifest.json
    put manifest.json $dated.manifest.json"
)]
fn a_way_to_the_bucket_ends_in_the_right_verdict(#[case] commands: &str) {
    let night = leaving(commands).run().expect("a run");
    let allowed = |id: &&str| *id == "checksum-of-nothing";
    assert!(findings(&night).iter().all(allowed), "{:?}", findings(&night));
    let night = leaving(&format!("rm \"$DATA_PATH/robots.txt\"\n{commands}")).run().expect("a run");
    night.assert_broken("restore", "missing: robots.txt");
}

#[test]
fn parts_are_put_together_and_a_missing_one_is_named() {
    let parts = |which: &str| {
        let split = "tar -C \"$DATA_PATH\" -cz . | split -b 100k - site.tar.gz.\n";
        leaving(&format!("{split}{which}\nfor part in site.tar.gz.*; do put \"$part\" \"$part\"; done")).run().expect("a run")
    };
    let night = parts("true");
    assert_eq!(findings(&night), [""; 0]);
    assert!(night.assert_passed().archive.as_ref().is_some_and(|archive| archive.objects > 3), "{night:#?}");
    parts("rm site.tar.gz.ab").assert_broken("object", "the one numbered ab is missing");
    parts("rm site.tar.gz.aa").assert_broken("restore", "cannot be opened here");
    parts("rm $(ls site.tar.gz.* | tail -n 1)").assert_broken("restore", "ends early");
}

#[test]
fn several_archives_hold_the_data_together() {
    let archives = |which: &str| {
        leaving(&format!(
            "tar -C \"$DATA_PATH\" --exclude=./articles --exclude=./images -czf rest.tgz .
            tar -C \"$DATA_PATH\" -cJf articles.txz articles
            tar -C \"$DATA_PATH/images\" -cf images.tar .
            echo 'CREATE TABLE visits (day date);' | gzip > db.sql.gz
            for archive in {which}; do put $archive $dated/$archive; done"
        ))
        .run()
        .expect("a run")
    };
    assert_eq!(findings(&archives("*")), ["extra-files"]);
    archives("rest.tgz images.tar db.sql.gz").assert_broken("restore", "missing: articles/");
    archives("rest.tgz articles.txz").assert_broken("restore", "missing: images/");
}

#[test]
fn an_archive_that_the_script_deletes_again_is_none() {
    let removing = |what: &str| {
        let made = "tar -C \"$DATA_PATH\" -czf site.tgz .\nput site.tgz $dated.tgz\nput site.tgz old.tgz";
        let place = "\"s3://$BACKUP_BUCKET/backups/$instance/";
        leaving(&format!("{made}\naws s3 rm --recursive --only-show-errors {place}\" {what}")).run().expect("a run")
    };
    assert_eq!(findings(&removing("--exclude '*' --include old.tgz")), [""; 0]);
    // Its version is there still, for which nobody looks who restores.
    let night = removing("");
    night.assert_broken("object", "0 new archives are in ");
    assert!(night.why().contains("deleted in this night:\nbackups/i-"), "{}", night.why());
}

#[test]
fn a_copy_under_another_name_is_no_second_archive() {
    let copies = |between: &str, name: &str| {
        leaving(&format!("tar -C \"$DATA_PATH\" -czf site.tgz .\nput site.tgz $dated.tgz\n{between}\nput site.tgz {name}"))
            .run()
            .expect("a run")
    };
    assert_eq!(findings(&copies("true", "latest.tgz")), [""; 0]);
    copies("truncate -s -2000 site.tgz", "latest.tgz").assert_broken("restore", "ends early");
    copies("true", "$dated-2.tgz").assert_broken("object", "one night made 2 archives");
}

#[test]
fn checksums_beside_an_archive_are_verified() {
    let night = |checksum: &str| {
        leaving(&format!("tar -C \"$DATA_PATH\" -czf site.tgz .\nput site.tgz $dated.tgz\n{checksum}")).run().expect("a run")
    };
    for tool in ["md5sum", "sha256sum"] {
        let beside = |before: &str| {
            night(&format!("{before}\n{tool} site.tgz > sums\nput sums $dated.tgz.{}", tool.trim_end_matches("sum")))
        };
        assert_eq!(findings(&beside("true")), [""; 0]);
        beside("echo more >> site.tgz").assert_broken("restore", "beside it promises ");
    }
    let named = |before: &str| {
        leaving(&format!(
            "tar -C \"$DATA_PATH\" -czf site.tgz .\n{before}\nput site.tgz site-$(sha256sum < site.tgz | cut -d ' ' -f 1).tgz"
        ))
    };
    named("true").run().expect("a run").assert_passed();
    let night = leaving("tar -C \"$DATA_PATH\" -czf site.tgz .\nput site.tgz site-$(echo | sha256sum | cut -d ' ' -f 1).tgz")
        .run()
        .expect("a run");
    night.assert_broken("restore", "the name of backups/");
}

#[test]
fn plain_files_restore_and_what_they_lose_is_told() {
    let copied = |options: &str| {
        leaving(&format!(
            "aws s3 cp --recursive --only-show-errors {options} \"$DATA_PATH\" \"s3://$BACKUP_BUCKET/backups/$instance/$dated/\""
        ))
        .run()
        .expect("a run")
    };
    let night = copied("");
    assert_eq!(findings(&night), ["not-kept"]);
    assert_eq!(night.assert_passed().archive.as_ref().map(|archive| archive.form.as_str()), Some("plain files"));
    copied("--exclude 'downloads/*'").assert_broken("restore", "missing: downloads/release.bin");
    copied("--no-follow-symlinks").assert_broken("restore", "missing: home.html");
}

#[test]
fn files_that_are_kept_in_step_restore_on_each_night() {
    let synced = |before: &str, nights: &str| {
        leaving(&format!(
            "{before}\naws s3 sync --delete --only-show-errors \"$DATA_PATH\" \"s3://$BACKUP_BUCKET/backups/$instance/\""
        ))
        .with(&["--nights", nights])
        .run()
        .expect("a run")
    };
    assert_eq!(findings(&synced("true", "2")), ["not-kept"]);
    let on_the_second = "[ ! -e /var/tmp/once ] || rm \"$DATA_PATH/robots.txt\"; touch /var/tmp/once";
    synced(on_the_second, "2").assert_broken("restore", "missing: robots.txt");
}

/// A drill whose archive is what `commands` make of it, with a script of these lines that restores it.
fn restored_by(commands: &str, script: &str) -> Scenario {
    let drill = made_by(commands);
    let (file, secret) = (drill.folder().join("restore.sh"), drill.folder().join("passphrase"));
    std::fs::write(&file, script).expect("the script");
    std::fs::write(&secret, SECRET).expect("the secret");
    drill.with(&["--restore-script", &file.to_string_lossy(), "--secret", &format!("passphrase={}", secret.to_string_lossy())])
}

pub(crate) const SECRET: &str = "correct horse battery staple";
const GPG: &str = "export GNUPGHOME=$(mktemp -d); tar -C \"$DATA_PATH\" -c . | gpg --batch --quiet --passphrase 'correct horse battery staple' --symmetric > \"$archive\"";
const UNGPG: &str = "export GNUPGHOME=$(mktemp -d)
gpg --batch --quiet --passphrase-file \"$NIGHTPROOF_SECRETS/passphrase\" -d \"$NIGHTPROOF_OBJECTS/$NIGHTPROOF_KEYS\" |
  tar -xp -C \"$NIGHTPROOF_DATA_PATH\"
";

#[test]
fn a_script_restores_what_only_its_owner_can_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = folder.path().join("journal");
    let night = restored_by(GPG, UNGPG).with(&["--journal", &journal.to_string_lossy()]).run().expect("a run");
    let outcome = night.assert_passed();
    assert_eq!(outcome.archive.as_ref().map(|archive| archive.form.as_str()), Some("by the restore script"));
    let journal = std::fs::read_to_string(journal).expect("a journal");
    assert!(!journal.contains(SECRET) && !journal.contains("passphrase-file"), "a secret or the script is in the journal");
    let enc = "tar -C \"$DATA_PATH\" -cz . | openssl enc -aes-256-cbc -pbkdf2 -k 'correct horse battery staple' > \"$archive\"";
    let dec = "openssl enc -d -aes-256-cbc -pbkdf2 -pass \"file:$NIGHTPROOF_SECRETS/passphrase\" -in \"$NIGHTPROOF_OBJECTS/$NIGHTPROOF_KEYS\" | tar -xzp -C \"$NIGHTPROOF_DATA_PATH\"";
    restored_by(enc, dec).run().expect("a run").assert_passed();
}

/// A pair of keys of gpg: in base64 the one that encrypts, and the one that decrypts.
fn gpg_keys() -> (String, Vec<u8>) {
    let script = "export GNUPGHOME=$(mktemp -d)
        gpg --batch --quiet --passphrase '' --quick-gen-key backup@example.com future-default default never 2> /dev/null
        gpg --batch --export backup@example.com | base64 -w 0
        echo
        gpg --batch --export-secret-keys --armor backup@example.com
        gpgconf --kill all
        rm -rf \"$GNUPGHOME\"";
    let made = Command::new("bash").args(["-euo", "pipefail", "-c", script]).output().expect("bash");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let text = String::from_utf8(made.stdout).expect("text");
    let (public, secret) = text.split_once('\n').expect("two keys");
    (public.to_owned(), secret.as_bytes().to_vec())
}

#[test]
fn an_archive_for_a_recipient_restores_by_his_key_alone() {
    let ((public, secret), (_, other)) = (gpg_keys(), gpg_keys());
    let encrypted = format!(
        "export GNUPGHOME=$(mktemp -d); echo {public} | base64 -d | gpg --batch --quiet --import; tar -C \"$DATA_PATH\" -cz . | gpg --batch --quiet --trust-model always -r backup@example.com -e > \"$archive\""
    );
    let script = "export GNUPGHOME=$(mktemp -d)
gpg --batch --quiet --import \"$NIGHTPROOF_SECRETS/key\"
gpg --batch --quiet -d \"$NIGHTPROOF_OBJECTS/$NIGHTPROOF_KEYS\" | tar -xzp -C \"$NIGHTPROOF_DATA_PATH\"
";
    let night = |commands: &str, key: &[u8]| {
        let drill = restored_by(commands, script);
        let file = drill.folder().join("key");
        std::fs::write(&file, key).expect("the key");
        drill.with(&["--secret", &format!("key={}", file.to_string_lossy())]).run().expect("a run")
    };
    night(&encrypted, &secret).assert_passed();
    night(&encrypted, &other).assert_broken("restore", "the restore script on i-");
    night(&format!("rm \"$DATA_PATH/robots.txt\"; {encrypted}"), &secret).assert_broken("restore", "missing: robots.txt");
}

#[rstest]
#[case::changed(&format!("echo more >> \"$DATA_PATH/index.html\"; {GPG}"), UNGPG, "different: index.html")]
#[case::incomplete(&GPG.replace(" . |", " --exclude=./images . |"), UNGPG, "missing: images/")]
#[case::another_passphrase(&GPG.replace("horse", "cow"), UNGPG, "the restore script on i-")]
#[case::nothing_restored(GPG, "echo done", "missing: ")]
#[case::modes_lost(GPG, &format!("umask 077\n{}", UNGPG.replace("tar -xp", "tar -x --no-same-permissions")), "mode 0755 became 0700")]
#[case::left_over(GPG, &format!("{UNGPG}exit 3"), "exit code 3")]
fn a_script_that_does_not_restore_the_data_fails_the_drill(#[case] commands: &str, #[case] script: &str, #[case] expected: &str) {
    restored_by(commands, script).run().expect("a run").assert_broken("restore", expected);
}
