//! Archives of all forms, whole and broken.

use std::io::Write as _;
use std::process::{Command, Stdio};

use rstest::rstest;
use tempfile::TempDir;

use super::*;
use crate::archive::tarball;

mod any_tree;

/// A folder with a file, an empty one, a name with a line break, links and modes.
fn site() -> TempDir {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(at("sub/empty")).unwrap();
    for (name, content) in [("a.html", "alpha".repeat(4000)), ("sub/line\nbreak", "b".to_owned()), ("none", String::new())] {
        std::fs::write(at(name), content).unwrap();
    }
    std::fs::set_permissions(at("a.html"), std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink("../a.html", at("sub/link")).unwrap();
    folder
}

/// What `script` writes in the folder.
fn made_by(folder: &Path, script: &str) -> Vec<u8> {
    let output =
        Command::new("bash").args(["-euo", "pipefail", "-c", script]).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn manifest(folder: &Path) -> Manifest {
    let package = tempfile::tempdir().unwrap();
    tarball::pack(folder, &package.path().join("package")).unwrap()
}

fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn unpacked(bytes: &[u8], manifest: &Manifest) -> Result<(String, Comparison), Unreadable> {
    unpack(file(bytes), "backups/x", manifest, "/var/www/html")
}

/// By a file: on a pipe zip does not store what is not compressed.
const ZIP: &str = "zip -qry /tmp/$$.zip . >&2; cat /tmp/$$.zip; rm /tmp/$$.zip";

const TAR: &str = "tar --owner=0 --group=0 -cf - .";

#[rstest]
#[case::tar("", "tar")]
#[case::gzip("| gzip", "tar in gzip")]
#[case::bzip2("| bzip2", "tar in bzip2")]
#[case::xz("| xz", "tar in xz")]
#[case::xz_of_many_blocks("| xz --block-size=8192 -C sha256", "tar in xz")]
#[case::zstd("| zstd", "tar in zstd")]
#[case::zstd_with_a_large_window("| zstd --long=27", "tar in zstd")]
#[case::lz4("| lz4", "tar in lz4")]
#[case::twice("| gzip | xz", "tar in gzip in xz")]
fn an_archive_is_opened_by_what_it_is(#[case] compressed: &str, #[case] form: &str) {
    let site = site();
    let bytes = made_by(site.path(), &format!("{TAR} {compressed}"));
    let manifest = manifest(site.path());
    let (found, comparison) = unpacked(&bytes, &manifest).unwrap();
    assert!(comparison.is_identical() && comparison.extra.is_empty() && comparison.not_kept.is_empty(), "{comparison:?}");
    assert_eq!(found, form);
}

#[rstest]
#[case::gzip("gzip")]
#[case::bzip2("bzip2")]
#[case::xz("xz")]
#[case::zstd("zstd")]
#[case::lz4("lz4")]
fn members_one_after_the_other_are_one_stream(#[case] tool: &str) {
    let site = site();
    let bytes = made_by(
        site.path(),
        &format!("{TAR} > /tmp/$$.tar; head -c 7000 /tmp/$$.tar | {tool}; tail -c +7001 /tmp/$$.tar | {tool}; rm /tmp/$$.tar"),
    );
    assert!(unpacked(&bytes, &manifest(site.path())).unwrap().1.is_identical());
}

#[test]
fn a_zip_archive_keeps_names_modes_and_links() {
    let site = site();
    let bytes = made_by(site.path(), ZIP);
    let (form, comparison) = unpacked(&bytes, &manifest(site.path())).unwrap();
    assert!(comparison.is_identical() && comparison.extra.is_empty() && comparison.not_kept.is_empty(), "{comparison:?}");
    assert_eq!(form, "zip");
}

#[test]
fn a_zip_archive_that_follows_links_differs_by_them() {
    let site = site();
    let bytes = made_by(site.path(), &ZIP.replace("-qry", "-qr"));
    let (_, comparison) = unpacked(&bytes, &manifest(site.path())).unwrap();
    assert_eq!(comparison.different, ["sub/link: a symbolic link became a file"]);
}

#[test]
fn a_zip_archive_that_needs_a_password_is_not_opened() {
    let site = site();
    let bytes = made_by(site.path(), &ZIP.replace("-qry", "-qryP secret"));
    let error = unpacked(&bytes, &manifest(site.path())).unwrap_err().to_string();
    assert_eq!(
        error,
        "cannot be opened here: it looks like a zip archive that needs a password; give a restore script (--restore-script FILE)"
    );
}

/// Each with what is found to be wrong.
#[rstest]
fn a_broken_archive_is_refused_in_plain_words(
    #[values("", "| gzip", "| bzip2", "| xz", "| zstd", "| lz4", "zip")] form: &str,
    #[values("cut", "flipped", "followed")] wrong: &str,
) {
    let site = site();
    // Its middle does not compress, so that there is one to break.
    made_by(site.path(), "head -c 40000 /dev/urandom > noise");
    let script = if form == "zip" { ZIP.to_owned() } else { format!("{TAR} {form}") };
    let mut bytes = made_by(site.path(), &script);
    let manifest = manifest(site.path());
    let (middle, length) = (bytes.len() / 2, bytes.len());
    match wrong {
        "cut" => bytes.truncate(middle),
        "flipped" => bytes[middle] ^= 1,
        _ => bytes.extend_from_slice(b"upload: done\n"),
    }
    assert_ne!(bytes.len() == length, wrong != "flipped");
    let error = match unpacked(&bytes, &manifest) {
        Err(error) => error.to_string(),
        // Tar itself has no checksum of content.
        Ok((_, comparison)) => {
            assert!(!comparison.is_identical() && form.is_empty() && wrong == "flipped", "{form} {wrong}: {comparison:?}");
            return;
        }
    };
    let expected = match wrong {
        "cut" => "and ends early",
        _ => "and damaged",
    };
    assert!(error.starts_with("cannot be unpacked: it is ") && error.contains(expected), "{form} {wrong}: {error}");
    assert!(error.chars().all(|character| !character.is_control()), "{error:?}");
}

#[test]
fn a_cut_at_the_edge_of_a_block_is_an_early_end_too() {
    let site = site();
    let whole = made_by(site.path(), "head -c 300000 /dev/urandom | lz4 -B4 --no-frame-crc");
    // Seven bytes of a frame's head, then blocks of 64 KiB that are stored, each after its length.
    let cut = whole.get(..7 + 2 * (4 + 65536)).unwrap();
    let error = unpacked(cut, &Manifest::new()).unwrap_err().to_string();
    assert!(error.contains("a file in lz4 and ends early"), "{error}");
    assert!(unpacked(&whole, &Manifest::new()).is_ok());
}

#[rstest]
#[case::empty("true", "is empty")]
#[case::openssl(
    "openssl enc -aes-256-cbc -pbkdf2 -k x < a.html",
    "it looks like a file encrypted by `openssl enc`; give a restore script"
)]
#[case::gpg(
    "export GNUPGHOME=$(mktemp -d); gpg --batch --quiet --passphrase x --symmetric -o - a.html; gpgconf --kill all || true; rm -rf $GNUPGHOME",
    "it looks like an OpenPGP message, as gpg makes; give a restore script"
)]
#[case::text("echo 'An error occurred (AccessDenied)'", "it looks like text that begins `An error occurred (AccessDenied)`")]
fn what_only_its_owner_can_open_is_named(#[case] script: &str, #[case] expected: &str) {
    let site = site();
    let error = unpacked(&made_by(site.path(), script), &manifest(site.path())).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

#[rstest]
#[case::gzip("gzip")]
#[case::bzip2("bzip2")]
#[case::xz("xz")]
#[case::zstd("zstd")]
#[case::lz4("lz4")]
fn a_bomb_is_refused(#[case] tool: &str) {
    let site = site();
    let bytes = made_by(site.path(), &format!("head -c 40000000 /dev/zero | {tool}"));
    let budget = Budget::of(1 << 20, 1 << 20);
    let error = opening::open(file(&bytes), "x", &budget).unwrap_err();
    assert!(matches!(error, Unreadable::TooLarge(_)), "{error}");
}

#[test]
fn a_copy_is_told_from_a_second_archive_by_its_name() {
    for (one, other) in [
        ("b/2026-11-29.tgz", "b/latest.tgz"),
        ("daily/site-20261129.tgz", "weekly/site-20261129.tgz"),
        ("site.tgz", "x/site.tgz"),
    ] {
        assert!(is_copy(one, other) && is_copy(other, one), "{one} {other}");
    }
    assert!(!is_copy("b/2026-11-29T03-00-00.1Z.tgz", "b/2026-11-29T03-00-02.7Z.tgz"));
}
