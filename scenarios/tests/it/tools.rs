//! Backups by the tools of others: each restores by a script of at most five lines, and once more what looks alike does not. The machines are
//! Ubuntu's, whose packages have these tools.

use std::path::Path;
use std::process::Command;

use nightproof_scenarios::{Night, Scenario};
use rstest::rstest;

use crate::forms::{SECRET, leaving_with};

const UBUNTU: &str = "LatestAmiId=/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id";

/// What such tools ask of a bucket.
const RIGHTS: &str = "            Action: [s3:GetObject, s3:GetObjectVersion, s3:PutObject, s3:PutObjectAcl, s3:DeleteObject, s3:ListBucket, s3:GetBucketLocation]\n            Resource: [!Sub \"${BackupBucket.Arn}/backups/*\", !GetAtt BackupBucket.Arn]";

/// Longest restore script, in lines.
const LINES: usize = 5;

/// Whether this host has the program, and machines can have it then; a test without it says so and ends.
fn has(program: &str) -> bool {
    let is_there = Path::new("/usr/bin").join(program).exists();
    if !is_there {
        println!("skipped: this host has no {program}; .ci/run installs what has it");
    }
    is_there
}

/// A drill whose machines install `package`, and whose script leaves what it likes by `commands`.
fn drill(package: &str, commands: &str) -> Scenario {
    let installed = format!("apt-get install -y -q {package} > /dev/null\nexport HOME=/root\n{commands}");
    leaving_with(RIGHTS, &installed).with(&["--parameter", UBUNTU])
}

/// As the drill file says, a script restores: it has the passphrase, and the night's objects or all.
fn restored_by(drill: Scenario, script: &str, objects: &str) -> Scenario {
    assert!(script.trim().lines().count() <= LINES, "{script}");
    std::fs::write(drill.folder().join("restore.sh"), script).expect("the script");
    std::fs::write(drill.folder().join("passphrase"), SECRET).expect("the secret");
    let file =
        format!("version: 1\nrestore:\n  script: restore.sh\n  secrets: {{passphrase: passphrase}}\n  objects: {objects}\n");
    drill.drill_file(&file).expect("a drill file")
}

fn night(package: &str, commands: &str, script: &str) -> Night {
    restored_by(drill(package, commands), script, "night").run().expect("a run")
}

const RESTIC: &str = "export RESTIC_PASSWORD='correct horse battery staple' AWS_DEFAULT_REGION
    export RESTIC_REPOSITORY=s3:https://s3.$AWS_DEFAULT_REGION.amazonaws.com/$BACKUP_BUCKET/backups/$instance/restic
    restic cat config > /dev/null 2>&1 || restic init
    restic backup \"$DATA_PATH\"";
const UNRESTIC: &str = "apt-get install -y -q restic
export HOME=$PWD RESTIC_PASSWORD_FILE=$NIGHTPROOF_SECRETS/passphrase
restic -r \"$(echo \"$NIGHTPROOF_OBJECTS\"/backups/*/restic)\" restore latest --target /
";

#[test]
fn a_repository_of_restic_is_restored_each_night_from_all_that_is_in_it() {
    if !has("restic") {
        return;
    }
    let nights =
        |objects: &str| restored_by(drill("restic", RESTIC), UNRESTIC, objects).with(&["--nights", "2"]).run().expect("a run");
    assert_eq!(nights("all").assert_passed().nights.len(), 2);
    // The first night makes a repository, and what the second one adds is none.
    let night = nights("night");
    night.assert_broken("restore", "the restore script on i-");
    assert_eq!(night.outcome.map(|outcome| outcome.nights.len()), Some(2));
}

const BORG: &str = "export BORG_PASSPHRASE='correct horse battery staple' BORG_REPO=/var/lib/backup
    [ -d $BORG_REPO ] || borg init -e repokey
    (cd \"$DATA_PATH\" && borg create ::$dated .)
    aws s3 sync --delete --only-show-errors $BORG_REPO \"s3://$BACKUP_BUCKET/backups/$instance/borg\"";
const UNBORG: &str = "apt-get install -y -q borgbackup
export HOME=$PWD BORG_PASSCOMMAND=\"cat $NIGHTPROOF_SECRETS/passphrase\" BORG_RELOCATED_REPO_ACCESS_IS_OK=yes
export BORG_REPO=$(echo \"$NIGHTPROOF_OBJECTS\"/backups/*/borg)
cd \"$NIGHTPROOF_DATA_PATH\"
borg extract \"::$(borg list --last 1 --format '{archive}')\"
";
const DUPLICITY: &str = "export PASSPHRASE='correct horse battery staple'
    duplicity full \"$DATA_PATH\" file:///var/lib/backup
    aws s3 cp --recursive --only-show-errors /var/lib/backup \"s3://$BACKUP_BUCKET/backups/$instance/site\"";
const UNDUPLICITY: &str = "apt-get install -y -q duplicity
export HOME=$PWD PASSPHRASE=$(cat \"$NIGHTPROOF_SECRETS/passphrase\")
duplicity restore --force \"file://$(echo \"$NIGHTPROOF_OBJECTS\"/backups/*/site)\" \"$NIGHTPROOF_DATA_PATH\"
";
// rclone's own client refuses to be told of certificates, and finds those of the system.
const RCLONE: &str = "unset AWS_CA_BUNDLE
    export RCLONE_S3_SERVER_SIDE_ENCRYPTION=aws:kms
    export RCLONE_CONFIG_SECRET_TYPE=crypt
    export RCLONE_CONFIG_SECRET_REMOTE=\":s3,provider=AWS,acl=bucket-owner-full-control,env_auth=true,no_check_bucket=true,region=$AWS_DEFAULT_REGION:$BACKUP_BUCKET/backups/$instance\"
    export RCLONE_CONFIG_SECRET_PASSWORD=$(rclone obscure 'correct horse battery staple')
    tar -C \"$DATA_PATH\" -cz . | rclone rcat secret:site.tgz";
const UNRCLONE: &str = "apt-get install -y -q rclone
export HOME=$PWD RCLONE_CONFIG_SECRET_TYPE=crypt RCLONE_CONFIG_SECRET_REMOTE=$(echo \"$NIGHTPROOF_OBJECTS\"/backups/*)
export RCLONE_CONFIG_SECRET_PASSWORD=$(rclone obscure - < \"$NIGHTPROOF_SECRETS/passphrase\")
rclone cat secret:site.tgz | tar -xzp -C \"$NIGHTPROOF_DATA_PATH\"
";
const PARTS: &str = "tar -C \"$DATA_PATH\" -cz . | gpg --batch --quiet --passphrase 'correct horse battery staple' --symmetric | split -b 100k - site.tgz.gpg.
    for part in site.tgz.gpg.*; do put \"$part\" \"$part\"; done";
const JOINED: &str = "export GNUPGHOME=$(mktemp -d)
cat \"$NIGHTPROOF_OBJECTS\"/backups/*/site.tgz.gpg.* |
  gpg --batch --quiet --passphrase-file \"$NIGHTPROOF_SECRETS/passphrase\" -d | tar -xzp -C \"$NIGHTPROOF_DATA_PATH\"
";
const OPENSSL: &str =
    "tar -C \"$DATA_PATH\" -cz . | openssl enc -aes-256-cbc -pbkdf2 -k 'correct horse battery staple' > site.enc
    put site.enc $dated.tgz.enc";
const UNOPENSSL: &str = "openssl enc -d -aes-256-cbc -pbkdf2 -pass \"file:$NIGHTPROOF_SECRETS/passphrase\" \
    -in \"$NIGHTPROOF_OBJECTS/$NIGHTPROOF_KEYS\" | tar -xzp -C \"$NIGHTPROOF_DATA_PATH\"";

/// Each by the program that makes it and its package, and what makes it a backup that nobody can restore.
#[rstest]
// The key is in the machine's own folder, and goes with it.
#[case::borg(("borg", "borgbackup"), BORG, UNBORG, ("repokey", "keyfile"))]
// A volume is left behind.
#[case::duplicity(("duplicity", "duplicity"), DUPLICITY, UNDUPLICITY, ("aws s3 cp", "rm /var/lib/backup/*.vol1.*\n    aws s3 cp"))]
// A second password, the salt, is kept nowhere else.
#[case::rclone(("rclone", "rclone"), RCLONE, UNRCLONE, ("tar -C", "export RCLONE_CONFIG_SECRET_PASSWORD2=$(rclone obscure salt)\n    tar -C"))]
#[case::parts_of_gpg(("gpg", "gnupg"), PARTS, JOINED, ("for part", "rm site.tgz.gpg.ab\n    for part"))]
// Another derivation of the key than its owner believes.
#[case::openssl(("openssl", "openssl"), OPENSSL, UNOPENSSL, (" -pbkdf2", ""))]
fn a_backup_by_a_tool_restores_by_a_script_and_its_bad_twin_does_not(
    #[case] (program, package): (&str, &str),
    #[case] commands: &str,
    #[case] script: &str,
    #[case] (from, to): (&str, &str),
) {
    if !has(program) {
        return;
    }
    let outcome = night(package, commands, script);
    let forms: Vec<&str> = outcome.assert_passed().nights[0].archives.iter().map(|one| one.form.as_str()).collect();
    assert!(forms.iter().all(|form| *form == "by the restore script"), "{forms:?}");
    let twin = commands.replace(from, to);
    assert_ne!(twin, commands);
    night(package, &twin, script).assert_broken("restore", "the restore script on i-");
}

/// A key of age's: whom it encrypts for, and its file.
fn age_key() -> (String, Vec<u8>) {
    let made = Command::new("age-keygen").output().expect("age-keygen");
    let text = String::from_utf8_lossy(&made.stdout).into_owned();
    let public = text.lines().find_map(|line| line.strip_prefix("# public key: ")).expect("a public key").to_owned();
    (public, made.stdout)
}

#[test]
fn an_archive_by_age_restores_by_its_own_key_alone() {
    if !has("age") {
        return;
    }
    let ((public, own), (_, another)) = (age_key(), age_key());
    let commands = format!("tar -C \"$DATA_PATH\" -cz . | age -r {public} > site.age\nput site.age $dated.tgz.age");
    let script = "apt-get install -y -q age
age -d -i \"$NIGHTPROOF_SECRETS/key\" \"$NIGHTPROOF_OBJECTS/$NIGHTPROOF_KEYS\" | tar -xzp -C \"$NIGHTPROOF_DATA_PATH\"
";
    let by = |key: &[u8]| {
        let drill = drill("age", &commands);
        let file = drill.folder().join("key");
        std::fs::write(&file, key).expect("the key");
        let secret = format!("key={}", file.to_string_lossy());
        restored_by(drill, script, "night").with(&["--secret", &secret]).run().expect("a run")
    };
    by(&own).assert_passed();
    by(&another).assert_broken("restore", "no identity matched");
    let unscripted = drill("age", &commands).run().expect("a run");
    unscripted.assert_broken("restore", "it looks like a file encrypted by age; give a restore script");
}

#[test]
fn files_that_rclone_keeps_in_step_are_plain_files() {
    if !has("rclone") {
        return;
    }
    let synced = |options: &str| {
        let remote = ":s3,provider=AWS,acl=bucket-owner-full-control,env_auth=true,no_check_bucket=true,region=$AWS_DEFAULT_REGION:$BACKUP_BUCKET/backups/$instance";
        drill("rclone", &format!("unset AWS_CA_BUNDLE\nrclone sync -q -L {options} \"$DATA_PATH\" \"{remote}\""))
            .run()
            .expect("a run")
    };
    let night = synced("");
    let outcome = night.assert_passed();
    assert_eq!(outcome.archive.as_ref().map(|archive| archive.form.as_str()), Some("plain files"));
    synced("--exclude '/downloads/**'").assert_broken("restore", "missing: downloads/release.bin");
}

const COPIED: &str =
    "mariadb-backup --backup --stream=xbstream --user=root --socket=/run/mysqld/mysqld.sock 2> /var/tmp/log | gzip > copy.gz
    put copy.gz $dated.xb.gz";
const PREPARED: &str = "apt-get install -y -q mariadb-server mariadb-backup; mkdir -p /run/mysqld /var/lib/mysql copy
zcat \"$NIGHTPROOF_OBJECTS/$NIGHTPROOF_KEYS\" | mbstream -x -C copy; mariadb-backup --prepare --target-dir=copy
mariadb-backup --move-back --target-dir=copy --datadir=/var/lib/mysql
mariadbd --no-defaults --user=root --datadir=/var/lib/mysql --socket=/run/mysqld/mysqld.sock --skip-networking > /dev/null 2>&1 &
for _ in {1..300}; do mariadb-admin --no-defaults --socket=/run/mysqld/mysqld.sock ping && break || sleep 0.1; done
";

#[test]
fn a_copy_of_a_servers_files_is_a_database_once_it_is_prepared() {
    if !has("mariadb-backup") || !Path::new("/usr/sbin/mariadbd").exists() {
        return;
    }
    let night = |commands: &str| {
        let drill = drill("mariadb-backup", commands);
        std::fs::write(drill.folder().join("restore.sh"), PREPARED).expect("the script");
        let drill = drill.drill_file("version: 1\ndatabase: mariadb\nrestore: {script: restore.sh}\n").expect("a drill file");
        drill.run().expect("a run")
    };
    assert!(PREPARED.trim().lines().count() <= LINES);
    let outcome = night(COPIED);
    assert!(outcome.assert_passed().archive.as_ref().is_some_and(|archive| archive.fingerprint.is_some()), "{outcome:#?}");
    // Ended by a full disk, and packed in good order.
    let twin = COPIED.replace("| gzip", "| (head -c 1000000; cat > /dev/null) | gzip");
    night(&twin).assert_broken("restore", "the restore script on i-");
}
