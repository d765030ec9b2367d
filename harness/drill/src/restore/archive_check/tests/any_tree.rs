//! Whatever the tree and the form, one change is found.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use sha2::{Digest as _, Sha256};
use walkdir::WalkDir;

use super::*;
use crate::restore::{parts, plain};

/// Something of a tree.
#[derive(Debug, Clone)]
enum Node {
    File(Vec<u8>, u32),
    Folder(u32),
    /// A symbolic link to one of the files before it.
    Link(Index),
    /// A symbolic link that leads nowhere that is known.
    Dangling(String),
    /// Another name of one of the files before it.
    Name(Index),
}

/// What a backup is made of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// What a program writes.
    Stream(&'static str),
    /// The same, in three objects that are listed in any order.
    Parts,
    /// One compressed file.
    Single,
    /// An object for each file, with links followed.
    Plain,
}

const FORMS: &[Form] = &[
    Form::Stream("tar --owner=0 --group=0 -cf - ."),
    Form::Stream("tar --owner=0 --group=0 -cf - . | gzip"),
    Form::Stream("tar --owner=0 --group=0 --format=pax -cf - . | bzip2"),
    Form::Stream("tar --owner=0 --group=0 -cf - . | xz"),
    Form::Stream("tar --owner=0 --group=0 --format=posix -cf - . | zstd"),
    Form::Stream("tar --owner=0 --group=0 --transform='s,^\\.,srv/data,S' -cf - . | lz4"),
    Form::Stream(ZIP),
    Form::Parts,
    Form::Single,
    Form::Plain,
];

/// What is done to one thing of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Byte,
    Mode,
    Name,
    Gone,
}

fn node() -> impl Strategy<Value = Node> {
    let content = proptest::collection::vec(any::<u8>(), 0..2000);
    prop_oneof![
        6 => (content, 0_u32..0o1000).prop_map(|(content, mode)| Node::File(content, mode)),
        2 => (0_u32..0o10000).prop_map(Node::Folder),
        1 => any::<Index>().prop_map(Node::Link),
        1 => "(\\.\\./|/)?[ab/]{1,4}".prop_map(Node::Dangling),
        1 => any::<Index>().prop_map(Node::Name),
    ]
}

/// Puts as much of a tree into the empty `folder` as one can have beside each other. A name that is taken, or leads through something that is no
/// folder, is left out.
fn plant(folder: &Path, nodes: &BTreeMap<String, Node>, form: Form) {
    let mut files: Vec<&str> = Vec::new();
    for (name, node) in nodes {
        let path = folder.join(name);
        let above = path.ancestors().skip(1).take_while(|above| above.starts_with(folder));
        let is_free = fs::symlink_metadata(&path).is_err() && above.clone().all(|above| !above.is_symlink() && !above.is_file());
        if !is_free {
            continue;
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let target = |which: &Index| (!files.is_empty()).then(|| *which.get(&files));
        match node {
            Node::File(content, mode) => {
                fs::write(&path, content).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
                files.push(name);
            }
            Node::Folder(mode) => {
                fs::create_dir(&path).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
            }
            Node::Link(which) => {
                let Some(target) = target(which) else { continue };
                symlink(format!("{}{target}", "../".repeat(name.matches('/').count())), path).unwrap();
            }
            // What cannot be followed is not copied to a bucket.
            Node::Dangling(_) if form == Form::Plain => {}
            Node::Dangling(target) => symlink(target, path).unwrap(),
            Node::Name(which) => {
                let Some(target) = target(which) else { continue };
                fs::hard_link(folder.join(target), path).unwrap();
            }
        }
    }
    // There is always something to archive: zip refuses to make an archive of nothing.
    fs::write(folder.join("KEPT"), "kept").unwrap();
}

/// What the backup of a folder restores to, beside `manifest`.
fn restored(form: Form, folder: &Path, manifest: &Manifest) -> Result<Comparison, String> {
    match form {
        Form::Stream(script) => {
            unpacked(&made_by(folder, script), manifest).map(|found| found.1).map_err(|error| error.to_string())
        }
        Form::Parts => {
            let archive = made_by(folder, "tar --owner=0 --group=0 -czf - .");
            let length = archive.len().div_ceil(3);
            let parts: Vec<&[u8]> = archive.chunks(length).collect();
            let wholes = parts::wholes(&["b/site.ac", "b/site.aa", "b/site.ab"])?;
            let places = wholes.first().map(|whole| whole.parts.as_slice()).unwrap_or_default();
            let listed = [parts[2], parts[0], parts[1]];
            let whole: Vec<u8> = places.iter().flat_map(|at| listed[*at].iter().copied()).collect();
            unpacked(&whole, manifest).map(|found| found.1).map_err(|error| error.to_string())
        }
        Form::Single => {
            let bytes = made_by(folder, "gzip -c *");
            unpack(file(&bytes), "b/FILE.gz", manifest, "/srv").map(|found| found.1).map_err(|error| error.to_string())
        }
        Form::Plain => {
            let objects = objects(folder);
            let keys: Vec<String> = objects.keys().map(|path| format!("backups/i-1/{}", String::from_utf8_lossy(path))).collect();
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            if plain::prefix(&keys, manifest) != Some("backups/i-1/") {
                return Err(format!("no plain files: {keys:?}"));
            }
            let mut tree = Tree::new(Arc::new(manifest.clone()));
            tree.add_plain(objects);
            Ok(tree.compared())
        }
    }
}

/// What `aws s3 cp --recursive` would put into a bucket.
fn objects(folder: &Path) -> Manifest {
    let files = WalkDir::new(folder).follow_links(true).into_iter().filter_map(Result::ok).filter(|found| found.path().is_file());
    let object = |path: PathBuf| {
        let content = fs::read(&path).unwrap();
        let kind = Kind::File { bytes: content.len() as u64, sha256: Sha256::digest(&content).into() };
        (path.strip_prefix(folder).unwrap().as_os_str().as_bytes().to_vec(), Entry::bare(kind))
    };
    files.map(|found| object(found.into_path())).collect()
}

/// Does it to something in the folder that the form has a place for, if there is something.
fn change(change: Change, form: Form, folder: &Path, which: Index) -> bool {
    let is_there = |path: &Path| match (change, form) {
        // Modes, folders and the name of a compressed file have no place in all forms.
        (Change::Mode, Form::Plain | Form::Single) | (Change::Name | Change::Gone, Form::Single) => false,
        (Change::Byte, _) => path.is_file() && !path.is_symlink(),
        (Change::Mode, _) => !path.is_symlink(),
        (Change::Name | Change::Gone, Form::Plain) => path.is_file(),
        (Change::Name | Change::Gone, _) => true,
    };
    let all = WalkDir::new(folder).min_depth(1).sort_by_file_name().into_iter().map(|found| found.unwrap().into_path());
    let able: Vec<PathBuf> = all.filter(|path| is_there(path)).collect();
    if able.is_empty() {
        return false;
    }
    let path = which.get(&able);
    match change {
        Change::Byte => {
            let mut content = fs::read(path).unwrap();
            let length = content.len();
            match content.get_mut(which.index(length.max(1))) {
                Some(byte) => *byte ^= 0x20,
                None => content.push(0),
            }
            fs::write(path, content).unwrap();
        }
        Change::Mode => {
            let mode = fs::metadata(path).unwrap().permissions().mode() ^ 0o020;
            fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o7777)).unwrap();
        }
        Change::Name => fs::rename(path, path.with_file_name("other")).unwrap(),
        Change::Gone if path.is_dir() && !path.is_symlink() => fs::remove_dir_all(path).unwrap(),
        Change::Gone => fs::remove_file(path).unwrap(),
    }
    true
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn one_changed_byte_mode_name_or_missing_file_is_found(
        nodes in proptest::collection::btree_map("[ab \n'*]{1,2}(/[ab]{1,2}){0,2}", node(), 1..9),
        form in select(FORMS),
        done in select(&[Change::Byte, Change::Mode, Change::Name, Change::Gone]),
        which in any::<Index>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        if form == Form::Single {
            let content = nodes.values().find_map(|node| if let Node::File(content, _) = node { Some(content.as_slice()) } else { None });
            fs::write(folder.path().join("FILE"), content.unwrap_or_default()).unwrap();
        } else {
            plant(folder.path(), &nodes, form);
        }
        let manifest = manifest(folder.path());
        let whole = restored(form, folder.path(), &manifest).map_err(TestCaseError::fail)?;
        prop_assert!(whole.is_identical() && whole.extra.is_empty(), "{:?}", whole);
        prop_assert!(whole.not_kept.is_empty() || !matches!(form, Form::Stream(script) if script != ZIP), "{:?}", whole);
        if change(done, form, folder.path(), which) {
            let changed = restored(form, folder.path(), &manifest);
            prop_assert!(!changed.as_ref().is_ok_and(Comparison::is_identical), "{:?}", changed);
        }
    }
}
