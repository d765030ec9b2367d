//! Compares what an archive holds with what was seeded.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use crate::archive::manifest::{Entry, Kind, Manifest, shown};
use crate::restore::budget::Budget;
use crate::restore::ignored::IgnoredPaths;
use crate::restore::path::{below, is_within, join, parent};
use crate::restore::tar_contents;

/// What files and folders get that come from a form without modes.
const USUAL_FILE: u32 = 0o644;
const USUAL_FOLDER: u32 = 0o755;

/// How an archive differs from what was seeded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What the archive puts before each path: `var/www/html`, or nothing.
    pub prefix: String,
    /// Files, folders and links that were seeded.
    pub seeded: u64,
    /// Seeded and not in the archive.
    pub missing: Vec<String>,
    /// With what differs.
    pub different: Vec<String>,
    /// In the archive and not seeded.
    pub extra: Vec<String>,
    /// What the form of the archive has no place for, so that it does not come back: modes, links.
    pub not_kept: Vec<String>,
}

impl Comparison {
    /// All that was seeded came back.
    pub fn is_identical(&self) -> bool {
        self.missing.is_empty() && self.different.is_empty()
    }
}

/// Compares the tar stream `tar`, to its end, with `manifest`. `data_path` helps to find the prefix of its paths.
///
/// # Errors
/// The stream could not be read or is no tar archive: truncated, corrupt, or without end for all that can be told.
pub fn compare(tar: impl Read, manifest: &Manifest, data_path: &str) -> io::Result<Comparison> {
    let found = tar_contents::contents(tar, &Budget::new(manifest))?;
    let prefix = prefix(&found, manifest, data_path);
    Ok(compare_entries(&found, manifest, &prefix, &IgnoredPaths::default()))
}

/// Compares the entries below `prefix` with `manifest`, but for those that are `ignored`.
pub(crate) fn compare_entries(found: &Manifest, manifest: &Manifest, prefix: &[u8], ignored: &IgnoredPaths) -> Comparison {
    let mut comparison = Comparison { prefix: String::from_utf8_lossy(prefix).into_owned(), ..Comparison::default() };
    let (links, found_links) = (first_names(manifest, b""), first_names(found, prefix));
    for (path, seeded) in manifest.iter().filter(|(path, _)| !ignored.covers(path)) {
        comparison.seeded += 1;
        let name = || shown(path);
        let archived = if prefix.is_empty() { found.get(path) } else { found.get(&join(prefix, path)) };
        let Some(archived) = archived else {
            if !is_implied(path, seeded, manifest) {
                comparison.missing.push(name());
            }
            continue;
        };
        let different = difference(seeded, archived).or_else(|| {
            let linked = (links.get(path.as_slice()), found_links.get(path.as_slice()));
            link_difference(linked).filter(|_| archived.owner.is_some())
        });
        if let Some(different) = different {
            comparison.different.push(format!("{}: {different}", name()));
        } else if let Some(lost) = not_kept(seeded, archived) {
            comparison.not_kept.push(format!("{}: {lost}", name()));
        }
    }
    let is_ignored = |path: &&[u8]| below(path, prefix).is_some_and(|inside| ignored.covers(inside));
    comparison.extra = extra(found, manifest, prefix).filter(|path| !is_ignored(path)).map(shown).collect();
    comparison
}

/// Of each file below `prefix` that has several names there, the first of them.
fn first_names<'a>(found: &'a Manifest, prefix: &[u8]) -> BTreeMap<&'a [u8], &'a [u8]> {
    let mut groups: BTreeMap<&[u8], Vec<&[u8]>> = BTreeMap::new();
    for (path, entry) in found {
        if let (Some(first), Some(inside)) = (&entry.hard_link, below(path, prefix)) {
            groups.entry(first).or_default().push(inside);
        }
    }
    let mut names = BTreeMap::new();
    for (first, mut members) in groups {
        members.extend(below(first, prefix));
        if let Some(least) = members.iter().min().copied().filter(|_| members.len() > 1) {
            names.extend(members.into_iter().map(|member| (member, least)));
        }
    }
    names
}

/// The prefix under which most of what was seeded is found; of equals, the one that leaves least unexplained, then the shortest.
pub(crate) fn prefix(found: &Manifest, manifest: &Manifest, data_path: &str) -> Vec<u8> {
    let mut candidates = BTreeSet::from([Vec::new()]);
    let parts: Vec<&str> = data_path.split('/').filter(|part| !part.is_empty()).collect();
    for from in 0..parts.len() {
        candidates.insert(parts.get(from..).unwrap_or_default().join("/").into_bytes());
    }
    let mut common = topmost(common_folder(found));
    while !common.is_empty() {
        candidates.insert(common.clone());
        common = parent(&common).to_vec();
    }
    // The first of the best: the shortest.
    let mut candidates: Vec<Vec<u8>> = candidates.into_iter().collect();
    candidates.sort_by_key(Vec::len);
    let mut best: Option<(Fit, Vec<u8>)> = None;
    for candidate in candidates {
        let fit = Fit::new(found, manifest, &candidate);
        if best.as_ref().is_none_or(|(known, _)| fit.is_better_than(known)) {
            let is_perfect = fit.matches == manifest.len() && fit.unexplained == 0;
            best = Some((fit, candidate));
            if is_perfect {
                break;
            }
        }
    }
    best.map(|(_, prefix)| prefix).unwrap_or_default()
}

/// How well an archive fits under a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fit {
    /// Paths of the data that are there.
    pub(crate) matches: usize,
    /// Entries that are neither.
    pub(crate) unexplained: usize,
}

impl Fit {
    pub(crate) fn new(found: &Manifest, manifest: &Manifest, prefix: &[u8]) -> Self {
        let mut fit = Self { matches: 0, unexplained: 0 };
        for path in found.keys() {
            if below(path, prefix).is_some_and(|inside| manifest.contains_key(inside)) {
                fit.matches += 1;
            } else if !is_within(prefix, path) {
                fit.unexplained += 1;
            }
        }
        fit
    }

    const fn is_better_than(&self, other: &Self) -> bool {
        self.matches > other.matches || self.matches == other.matches && self.unexplained < other.unexplained
    }
}

/// The deepest folder that holds every entry that is no folder itself.
fn common_folder(found: &Manifest) -> Vec<u8> {
    let mut folders = found.iter().filter(|(_, entry)| entry.kind != Kind::Folder).map(|(path, _)| parent(path));
    let Some(mut common) = folders.next() else { return Vec::new() };
    for folder in folders {
        while !is_within(folder, common) {
            common = parent(common);
        }
    }
    common.to_vec()
}

/// The first levels of a folder: nobody's data lies deeper, and each level is tried.
fn topmost(mut folder: Vec<u8>) -> Vec<u8> {
    const LEVELS: usize = 64;
    let end = folder.iter().enumerate().filter(|(_, byte)| **byte == b'/').nth(LEVELS - 1).map(|(at, _)| at);
    folder.truncate(end.unwrap_or(folder.len()));
    folder
}

/// Entries that were not seeded. Folders on the way to the data are no surprise.
fn extra<'a>(found: &'a Manifest, manifest: &'a Manifest, prefix: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    found.keys().map(Vec::as_slice).filter(move |path| {
        if is_within(prefix, path) {
            return false;
        }
        !below(path, prefix).is_some_and(|inside| manifest.contains_key(inside))
    })
}

/// A folder without an entry of its own comes back with what is in it.
fn is_implied(path: &[u8], seeded: &Entry, manifest: &Manifest) -> bool {
    let mut below = path.to_vec();
    below.push(b'/');
    seeded.kind == Kind::Folder && manifest.range(below.clone()..).next().is_some_and(|(next, _)| next.starts_with(&below))
}

/// How an entry that came back differs.
pub(crate) fn difference(seeded: &Entry, archived: &Entry) -> Option<String> {
    match (&seeded.kind, &archived.kind) {
        (was, is) if was == is => {}
        (Kind::File { bytes: was, .. }, Kind::File { bytes: is, .. }) if was != is => {
            return Some(format!("{was} bytes were seeded, {is} came back"));
        }
        (Kind::File { .. }, Kind::File { .. }) => return Some("other content".to_owned()),
        (Kind::Link { target: was }, Kind::Link { target: is }) => {
            return Some(format!("the link to `{}` points to `{}`", shown(was), shown(is)));
        }
        (was, is) => return Some(format!("a {} became a {}", kind(was), kind(is))),
    }
    match (seeded.mode, archived.mode) {
        (Some(was), Some(is)) if was != is => return Some(format!("mode {was:04o} became {is:04o}")),
        _ => {}
    }
    match (seeded.owner, archived.owner) {
        (Some(was), Some(is)) if was != is => Some(format!("owner {}:{} became {}:{}", was.0, was.1, is.0, is.1)),
        _ => None,
    }
}

/// By the first of the names that each has.
fn link_difference(names: (Option<&&[u8]>, Option<&&[u8]>)) -> Option<String> {
    match names {
        (Some(was), Some(is)) if was == is => None,
        (None, None) => None,
        (Some(was), _) => Some(format!("is no hard link of `{}` any more", shown(was))),
        (None, Some(is)) => Some(format!("became a hard link of `{}`", shown(is))),
    }
}

/// What the form has no place for, where it matters.
fn not_kept(seeded: &Entry, archived: &Entry) -> Option<String> {
    if archived.owner.is_none() && seeded.hard_link.is_some() {
        return Some("a hard link comes back as a copy".to_owned());
    }
    let usual = if seeded.kind == Kind::Folder { USUAL_FOLDER } else { USUAL_FILE };
    seeded.mode.filter(|mode| archived.mode.is_none() && *mode != usual).map(|mode| format!("mode {mode:04o} is not kept"))
}

fn kind(kind: &Kind) -> &'static str {
    match kind {
        Kind::File { .. } => "file",
        Kind::Folder => "folder",
        Kind::Link { .. } => "symbolic link",
        Kind::Other => "special file",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demands::Ignored;
    use crate::restore::tar_contents::contents;
    use sha2::{Digest as _, Sha256};
    use tar::{Builder, EntryType, Header};

    fn file(content: &[u8]) -> Entry {
        entry(Kind::File { bytes: content.len() as u64, sha256: Sha256::digest(content).into() }, Some(0o644))
    }

    fn entry(kind: Kind, mode: Option<u32>) -> Entry {
        Entry { kind, mode, owner: Some((0, 0)), hard_link: None }
    }

    fn folder() -> Entry {
        entry(Kind::Folder, Some(0o755))
    }

    fn seeded() -> Manifest {
        Manifest::from([
            (b"a.html".to_vec(), file(b"alpha")),
            (b"empty".to_vec(), file(b"")),
            (b"sub".to_vec(), folder()),
            (b"sub/line\nbreak".to_vec(), file(b"beta")),
            (b"sub/link".to_vec(), entry(Kind::Link { target: b"../a.html".to_vec() }, None)),
        ])
    }

    /// A tar of (name, content), where a name that ends in `/` is a folder and one with `->` a link.
    fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (name, content) in entries {
            let mut header = Header::new_gnu();
            header.set_mode(0o644);
            header.set_size(0);
            header.set_uid(0);
            header.set_gid(0);
            if let Some((name, target)) = name.split_once("->") {
                header.set_entry_type(EntryType::Symlink);
                header.set_link_name_literal(target).unwrap();
                header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
                header.set_cksum();
                builder.append(&header, io::empty()).unwrap();
            } else if name.ends_with('/') {
                header.set_mode(0o755);
                header.set_entry_type(EntryType::Directory);
                // Written into the header as it is: the crate itself would refuse `..`.
                header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
                header.set_cksum();
                builder.append(&header, io::empty()).unwrap();
            } else if let Some((name, target)) = name.split_once("=>") {
                header.set_entry_type(EntryType::Link);
                header.set_link_name_literal(target).unwrap();
                header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
                header.set_cksum();
                builder.append(&header, io::empty()).unwrap();
            } else {
                header.set_size(content.len() as u64);
                header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
                header.set_cksum();
                builder.append(&header, *content).unwrap();
            }
        }
        builder.into_inner().unwrap()
    }

    fn whole(prefix: &str) -> Vec<u8> {
        let names = ["a.html", "empty", "sub/", "sub/line\nbreak", "sub/link->../a.html"].map(|name| format!("{prefix}{name}"));
        let contents: [&[u8]; 5] = [b"alpha", b"", b"", b"beta", b""];
        let entries: Vec<(&str, &[u8])> = names.iter().map(String::as_str).zip(contents).collect();
        tar(&entries)
    }

    #[test]
    fn the_prefix_of_names_is_found_whatever_it_is() {
        for (written, expected) in [
            ("", ""),
            ("./", ""),
            ("var/www/html/", "var/www/html"),
            ("html/", "html"),
            ("/var/www/html/", "var/www/html"),
            ("backup-2026/x/", "backup-2026/x"),
        ] {
            let comparison = compare(whole(written).as_slice(), &seeded(), "/var/www/html").unwrap();
            assert!(comparison.is_identical() && comparison.extra.is_empty(), "{written}: {comparison:?}");
            assert_eq!(comparison.prefix, expected);
        }
    }

    #[test]
    fn missing_different_and_extra_are_told_apart() {
        let archive = tar(&[
            ("./", b""),
            ("./a.html", b"ALPHA"),
            ("./sub/line\nbreak", b"bet"),
            ("./sub/link->a.html", b""),
            ("./new", b""),
        ]);
        let comparison = compare(archive.as_slice(), &seeded(), "/srv").unwrap();
        assert_eq!(comparison.missing, ["empty"]);
        assert_eq!(
            comparison.different,
            [
                "a.html: other content",
                "\"sub/line\\nbreak\": 4 bytes were seeded, 3 came back",
                "sub/link: the link to `../a.html` points to `a.html`",
            ]
        );
        assert_eq!(comparison.extra, ["new"]);
        assert!(!comparison.is_identical());
    }

    #[test]
    fn what_is_ignored_may_be_missing_different_or_new_and_nothing_else_may() {
        let ignored = |path: &str| IgnoredPaths::new(&[Ignored { path: path.to_owned(), reason: "r".to_owned() }]);
        let archive = tar(&[("./a.html", b"other"), ("./empty", b""), ("./sub/", b""), ("./sub/new", b"x")]);
        let found = contents(archive.as_slice(), &Budget::new(&seeded())).unwrap();
        let whole = compare_entries(&found, &seeded(), b"", &IgnoredPaths::default());
        assert_eq!((whole.seeded, whole.missing.len(), whole.different.len(), whole.extra.len()), (5, 2, 1, 1));
        let without = compare_entries(&found, &seeded(), b"", &ignored("sub"));
        assert_eq!((without.seeded, without.missing.len(), without.extra.len()), (2, 0, 0));
        assert_eq!(without.different, ["a.html: other content"]);
        let without = compare_entries(&found, &seeded(), b"", &ignored("a*"));
        assert_eq!((without.missing.len(), without.different.len(), without.extra.len()), (2, 0, 1));
    }

    #[test]
    fn a_changed_mode_is_a_difference() {
        let mut seeded = seeded();
        seeded.insert(b"a.html".to_vec(), Entry { mode: Some(0o600), ..file(b"alpha") });
        let comparison = compare(whole("").as_slice(), &seeded, "/srv").unwrap();
        assert_eq!(comparison.different, ["a.html: mode 0600 became 0644"]);
    }

    #[test]
    fn a_changed_owner_is_a_difference() {
        let mut seeded = seeded();
        seeded.insert(b"a.html".to_vec(), Entry { owner: Some((48, 48)), ..file(b"alpha") });
        let comparison = compare(whole("").as_slice(), &seeded, "/srv").unwrap();
        assert_eq!(comparison.different, ["a.html: owner 48:48 became 0:0"]);
    }

    #[test]
    fn hard_links_are_compared_whichever_of_their_names_comes_first() {
        let linked = |first: &[u8]| Entry { hard_link: Some(first.to_vec()), ..file(b"alpha") };
        let seeded = Manifest::from([
            (b"a".to_vec(), file(b"alpha")),
            (b"b".to_vec(), linked(b"a")),
            (b"c".to_vec(), linked(b"a")),
            (b"d".to_vec(), file(b"alpha")),
        ]);
        let different = |entries: &[(&str, &[u8])]| compare(tar(entries).as_slice(), &seeded, "/srv").unwrap().different;
        let same: [(&str, &[u8]); 4] = [("x/c", b"alpha"), ("x/b=>x/c", b""), ("x/a=>x/b", b""), ("x/d", b"alpha")];
        assert!(different(&same).is_empty());
        let split: [(&str, &[u8]); 4] = [("c", b"alpha"), ("b", b"alpha"), ("a=>b", b""), ("d=>b", b"")];
        assert_eq!(different(&split), ["c: is no hard link of `a` any more", "d: became a hard link of `a`"]);
    }

    #[test]
    fn a_link_that_was_followed_is_a_difference() {
        let archive = tar(&[("a.html", b"alpha"), ("empty", b""), ("sub/line\nbreak", b"beta"), ("sub/link", b"alpha")]);
        let comparison = compare(archive.as_slice(), &seeded(), "/srv").unwrap();
        assert_eq!(comparison.different, ["sub/link: a symbolic link became a file"]);
    }

    #[test]
    fn a_folder_comes_back_with_its_files_and_an_empty_one_does_not() {
        let mut seeded = seeded();
        seeded.insert(b"hollow".to_vec(), folder());
        let archive = tar(&[("a.html", b"alpha"), ("empty", b""), ("sub/line\nbreak", b"beta"), ("sub/link->../a.html", b"")]);
        let comparison = compare(archive.as_slice(), &seeded, "/srv").unwrap();
        assert_eq!(comparison.missing, ["hollow"]);
    }

    #[test]
    fn nothing_seeded_and_nothing_archived_is_identical() {
        for name in ["./", "var/www/html/"] {
            let comparison = compare(tar(&[(name, b"")]).as_slice(), &Manifest::new(), "/var/www/html").unwrap();
            assert!(comparison.is_identical() && comparison.extra.is_empty(), "{comparison:?}");
        }
    }

    #[test]
    fn a_path_out_of_the_archive_is_an_extra_entry_and_harmless() {
        let archive = [("../../etc/passwd", &b"x"[..])];
        let comparison = compare(tar(&archive).as_slice(), &Manifest::new(), "/srv").unwrap();
        assert_eq!(comparison.extra, ["../../etc/passwd"]);
    }

    /// The beginning of an entry that says of itself that it is so long.
    fn begun(kind: EntryType, bytes: u64) -> Vec<u8> {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(bytes);
        header.set_cksum();
        header.as_bytes().to_vec()
    }

    #[test]
    fn bombs_are_refused_before_they_are_read_to_an_end_that_they_have_not() {
        let bounds = || Budget::of(1 << 16, 1 << 16);
        let endless = |start: &[u8]| contents(start.chain(io::repeat(b'a')), &bounds()).unwrap_err().to_string();
        for kind in [EntryType::GNULongName, EntryType::GNULongLink, EntryType::XHeader, EntryType::XGlobalHeader] {
            let error = endless(&begun(kind, 1 << 40));
            assert!(error.contains("longer than any archive's") || error.contains("more than 65536 bytes"), "{kind:?}: {error}");
        }
        for kind in [EntryType::Regular, EntryType::Symlink, EntryType::Fifo] {
            assert!(endless(&begun(kind, 1 << 40)).contains("more than 65536 bytes"), "{kind:?}");
        }
        let mut sparse = Header::from_byte_slice(&begun(EntryType::GNUSparse, 0)).clone();
        let fields = sparse.as_gnu_mut().unwrap();
        fields.set_real_size(1 << 62);
        fields.sparse[0].set_offset(1 << 62);
        fields.sparse[0].set_length(0);
        sparse.set_cksum();
        let error = endless(sparse.as_bytes());
        assert!(error.contains("more than 65536 bytes"), "{error}");
        let padded = contents(whole("").as_slice().chain(io::repeat(0)), &bounds()).unwrap_err().to_string();
        assert!(padded.contains("more than 65536 bytes"), "{padded}");
        let many = begun(EntryType::Directory, 0).repeat(200);
        assert!(contents(many.as_slice(), &bounds()).unwrap_err().to_string().contains("longer than any archive's"));
    }

    #[test]
    fn a_name_of_many_levels_is_compared_at_once() {
        let mut builder = Builder::new(Vec::new());
        let mut header = Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(0);
        builder.append_data(&mut header, "a/".repeat(100_000) + "b", io::empty()).unwrap();
        let comparison = compare(builder.into_inner().unwrap().as_slice(), &seeded(), "/srv").unwrap();
        assert_eq!((comparison.missing.len(), comparison.extra.len()), (4, 1));
    }

    #[test]
    fn an_archive_that_ends_early_is_an_error() {
        let archive = whole("");
        let cut = archive.get(..512 + 2).unwrap();
        assert!(compare(cut, &seeded(), "/srv").is_err());
    }
}
