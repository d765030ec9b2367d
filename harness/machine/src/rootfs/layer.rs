//! One layer of an image, put over what is there. <https://github.com/opencontainers/image-spec/blob/main/layer.md>

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use tar::EntryType;

use super::tree::Tree;

/// A file of this name says that what it is prefixed to is gone.
const WHITEOUT: &[u8] = b".wh.";
/// A file of this name says that of a folder only what this layer has is there.
const OPAQUE: &[u8] = b".wh..wh..opq";

/// A file that could not be put in place, and why.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) entry: String,
    pub(super) source: io::Error,
}

/// Puts the files of an archive into `tree`. Whiteouts count only if it is a `layer`. Device files are left out: a machine has devices of its own.
pub(super) fn apply(tree: &mut Tree, archive: impl Read, is_layer: bool) -> Result<(), Failed> {
    let failed = |entry: &Path| {
        let entry = entry.display().to_string();
        move |source| Failed { entry, source }
    };
    let mut archive = tar::Archive::new(archive);
    let mut own: HashSet<PathBuf> = HashSet::new();
    for entry in archive.entries().map_err(failed(Path::new("/")))? {
        let mut entry = entry.map_err(failed(Path::new("/")))?;
        let path = entry.path().map_err(failed(Path::new("/")))?.components().as_path().to_owned();
        let name = path.file_name().map(OsStr::as_bytes).unwrap_or_default();
        let above = path.parent().unwrap_or(Path::new(""));
        if is_layer && name == OPAQUE {
            clear(tree, above, &own).map_err(failed(&path))?;
        } else if let Some(gone) = name.strip_prefix(WHITEOUT).filter(|_| is_layer) {
            tree.remove(&above.join(OsStr::from_bytes(gone))).map_err(failed(&path))?;
        } else {
            put(tree, &path, &mut entry).map_err(failed(&path))?;
            own.insert(path);
        }
    }
    Ok(())
}

fn put(tree: &mut Tree, path: &Path, entry: &mut tar::Entry<'_, impl Read>) -> io::Result<()> {
    let (mode, modified) = (entry.header().mode()?, entry.header().mtime().unwrap_or(0).cast_signed());
    let target = || entry.link_name()?.map(std::borrow::Cow::into_owned).ok_or_else(|| io::Error::other("a link to nothing"));
    match entry.header().entry_type() {
        EntryType::Directory => tree.folder(path, mode),
        EntryType::Symlink => tree.link(path, &target()?),
        EntryType::Link => tree.hard_link(path, &target()?),
        EntryType::Fifo => tree.pipe(path, mode),
        EntryType::Char | EntryType::Block | EntryType::XGlobalHeader => Ok(()),
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => tree.file(path, mode, modified, entry),
        other => Err(io::Error::other(format!("an entry of the type {:?}", char::from(other.as_byte())))),
    }
}

/// Removes what lower layers have in a folder.
fn clear(tree: &mut Tree, folder: &Path, own: &HashSet<PathBuf>) -> io::Result<()> {
    for name in tree.names(folder)? {
        let path = folder.join(name);
        if !own.iter().any(|kept| kept.starts_with(&path)) {
            tree.remove(&path)?;
        } else if !own.contains(&path) || own.iter().any(|kept| kept != &path && kept.starts_with(&path)) {
            clear(tree, &path, own)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    enum Kind<'a> {
        Folder,
        File(&'a str),
        Link(&'a str),
        Hard(&'a str),
    }

    fn archive(entries: &[(&str, Kind<'_>)]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (path, kind) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o755);
            let (kind, content, target) = match kind {
                Kind::Folder => (EntryType::Directory, "", None),
                Kind::File(content) => (EntryType::Regular, *content, None),
                Kind::Link(target) => (EntryType::Symlink, "", Some(*target)),
                Kind::Hard(target) => (EntryType::Link, "", Some(*target)),
            };
            header.set_entry_type(kind);
            header.set_size(content.len() as u64);
            match target {
                Some(target) => archive.append_link(&mut header, path, target).unwrap(),
                None => archive.append_data(&mut header, path, content.as_bytes()).unwrap(),
            }
        }
        archive.into_inner().unwrap()
    }

    /// What layers make of a folder: paths of files, with their content.
    fn applied(layers: &[&[(&str, Kind<'_>)]]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let mut tree = Tree::new(folder.path()).unwrap();
        for layer in layers {
            apply(&mut tree, archive(layer).as_slice(), true).unwrap();
        }
        tree.finish().unwrap();
        let mut found = Vec::new();
        list(folder.path(), folder.path(), &mut found);
        found.sort();
        found
    }

    fn list(root: &Path, folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            if path.is_symlink() {
                found.push(format!("{name} -> {}", fs::read_link(&path).unwrap().display()));
            } else if path.is_dir() {
                list(root, &path, found);
            } else {
                found.push(format!("{name}={}", fs::read_to_string(&path).unwrap()));
            }
        }
    }

    #[test]
    fn a_whiteout_takes_away_what_a_lower_layer_has_and_is_no_file_itself() {
        let lower: &[_] = &[("a/x", Kind::File("1")), ("a/y", Kind::File("2")), ("b", Kind::Folder), ("b/z", Kind::File("3"))];
        let upper: &[_] = &[("a/.wh.x", Kind::File("")), (".wh.b", Kind::File("")), (".wh.never", Kind::File(""))];
        assert_eq!(applied(&[lower, upper]), ["a/y=2"]);
    }

    #[test]
    fn an_opaque_folder_has_what_its_own_layer_has_wherever_the_mark_stands() {
        let lower: &[_] = &[("d/old", Kind::File("1")), ("d/sub/old", Kind::File("2"))];
        let mark = || ("d/.wh..wh..opq", Kind::File(""));
        assert_eq!(applied(&[lower, &[mark(), ("d/sub/new", Kind::File("3"))]]), ["d/sub/new=3"]);
        assert_eq!(applied(&[lower, &[("d/sub/new", Kind::File("3")), mark()]]), ["d/sub/new=3"]);
    }

    #[test]
    fn a_later_layer_puts_a_file_where_a_folder_was_and_the_reverse() {
        let lower: &[_] = &[("a/x", Kind::File("1")), ("b", Kind::File("2")), ("l", Kind::Link("a"))];
        let upper: &[_] = &[("a", Kind::File("3")), ("b", Kind::Folder), ("b/y", Kind::File("4")), ("l", Kind::Folder)];
        assert_eq!(applied(&[lower, upper]), ["a=3", "b/y=4"]);
    }

    #[test]
    fn files_below_a_link_of_a_lower_layer_go_where_it_leads() {
        let lower: &[_] = &[("usr/lib", Kind::Folder), ("lib", Kind::Link("/usr/lib")), ("usr/lib/one", Kind::File("1"))];
        let upper: &[_] = &[("lib/two", Kind::File("2")), ("lib/three", Kind::Hard("lib/one"))];
        assert_eq!(applied(&[lower, upper]), ["lib -> /usr/lib", "usr/lib/one=1", "usr/lib/three=1", "usr/lib/two=2"]);
    }

    #[test]
    fn names_of_whiteouts_in_a_plain_archive_are_names() {
        let folder = tempfile::tempdir().unwrap();
        let mut tree = Tree::new(folder.path()).unwrap();
        apply(&mut tree, archive(&[("a", Kind::File("1")), (".wh.a", Kind::File("2"))]).as_slice(), false).unwrap();
        assert!(folder.path().join("a").exists() && folder.path().join(".wh.a").exists());
    }

    #[test]
    fn a_path_that_leads_upwards_is_refused_by_its_name() {
        let mut bytes = archive(&[("aa/evil", Kind::File("1"))]);
        bytes[..2].copy_from_slice(b"..");
        let sum: u32 =
            bytes[..512].iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) }).sum();
        bytes[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let folder = tempfile::tempdir().unwrap();
        let failed = apply(&mut Tree::new(folder.path()).unwrap(), bytes.as_slice(), true).unwrap_err();
        assert_eq!(failed.entry, "../evil");
    }
}
