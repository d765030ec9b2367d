//! Backups in the forms that people's scripts make, and each once more with data that cannot be restored.

use nightproof_scenarios::Scenario;
use rstest::rstest;

use crate::changed;

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
    crate::scenario().with(&["--data-profile", "hard"]).run().expect("a run").assert_passed();
}
