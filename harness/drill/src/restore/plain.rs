//! Files that were put into a bucket as they are, each as an object of its own: `aws s3 sync`, `aws s3 cp --recursive`.

use std::collections::{BTreeMap, BTreeSet};

use crate::archive::manifest::{Entry, Kind, Manifest, shown};
use crate::restore::path::{join, parent};

/// As many of the files are looked for among the keys, to find what stands before their names.
const SAMPLE: usize = 32;
/// Links that are followed within each other.
const LINKS: usize = 40;

/// What stands before the names of the data among `keys`, if they are the names of its files for the most part.
pub(crate) fn prefix<'a>(keys: &[&'a str], manifest: &Manifest) -> Option<&'a str> {
    let files: Vec<&str> = manifest
        .iter()
        .filter(|(_, entry)| matches!(entry.kind, Kind::File { .. }))
        .filter_map(|(path, _)| str::from_utf8(path).ok())
        .collect();
    let every = files.len().div_ceil(SAMPLE).max(1);
    let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
    for file in files.iter().step_by(every) {
        for key in keys {
            if let Some(before) = key.strip_suffix(file).filter(|before| before.is_empty() || before.ends_with('/')) {
                *votes.entry(before).or_default() += 1;
            }
        }
    }
    let (prefix, _) = votes.into_iter().max_by_key(|(_, count)| *count)?;
    let below: Vec<&str> = keys.iter().filter_map(|key| key.strip_prefix(prefix)).filter(|rest| !rest.is_empty()).collect();
    let known = below.iter().filter(|rest| is_known(rest.trim_end_matches('/').as_bytes(), manifest)).count();
    (known * 2 > below.len()).then_some(prefix)
}

/// Whether a day is written in the text: `2026-11-30`, `2026/11/30`, `20261130`.
pub(crate) fn names_a_day(text: &str) -> bool {
    let runs = text.as_bytes().windows(8).enumerate().filter(|(at, _)| {
        // A longer number may be anything.
        at.checked_sub(1).and_then(|before| text.as_bytes().get(before)).is_none_or(|before| !before.is_ascii_digit())
    });
    runs.filter_map(|(at, _)| text.get(at..)).any(|rest| day(rest).is_some())
}

/// Year, month and day at the beginning of the text.
fn day(text: &str) -> Option<()> {
    fn number(text: &str, digits: usize, range: std::ops::RangeInclusive<u32>) -> Option<&str> {
        let (number, rest) = text.split_at_checked(digits)?;
        let is_it = number.bytes().all(|byte| byte.is_ascii_digit()) && range.contains(&number.parse().ok()?);
        is_it.then(|| rest.strip_prefix(['-', '_', '/', '.']).unwrap_or(rest))
    }
    number(number(number(text, 4, 2000..=2999)?, 2, 1..=12)?, 2, 1..=31).map(drop)
}

/// Whether a path is one of the data, or leads through a link of it.
fn is_known(path: &[u8], manifest: &Manifest) -> bool {
    let mut at = path;
    while !at.is_empty() {
        match manifest.get(at).map(|entry| &entry.kind) {
            Some(Kind::Link { .. }) => return true,
            Some(_) if at == path => return true,
            _ => at = parent(at),
        }
    }
    false
}

/// Puts into `found`, paths of objects below the prefix, what such a copy has no place for, so that only what is wrong is left to differ. Returns
/// what does not come back as it was.
pub(crate) fn settle(found: &mut Manifest, manifest: &Manifest) -> Vec<String> {
    let mut lost = Vec::new();
    let mut followed = BTreeSet::new();
    for (path, entry) in manifest {
        let Kind::Link { .. } = &entry.kind else { continue };
        let copies: Vec<Vec<u8>> = below_or_at(found, path);
        let target = resolve(manifest, path);
        let is_copy = |copy: &Vec<u8>| {
            let rest = copy.strip_prefix(path.as_slice()).and_then(|rest| rest.strip_prefix(b"/")).unwrap_or_default();
            let original = target.as_ref().and_then(|target| manifest.get(&resolved_below(manifest, target, rest)));
            let same = |original: &Entry| found.get(copy).is_some_and(|copy| copy.kind == original.kind);
            original.is_some_and(same)
        };
        if !copies.is_empty() && copies.iter().all(is_copy) {
            lost.push(format!("{}: a symbolic link comes back as a copy of what it points to", shown(path)));
            followed.insert(path.clone());
            for copy in copies {
                found.remove(&copy);
            }
        }
    }
    for path in followed {
        if let Some(entry) = manifest.get(&path) {
            found.insert(path, Entry::bare(entry.kind.clone()));
        }
    }
    for (path, entry) in manifest.iter().filter(|(path, entry)| entry.kind == Kind::Folder && !found.contains_key(*path)) {
        if below_or_at(manifest, path).len() == 1 {
            lost.push(format!("{}: an empty folder does not come back", shown(path)));
        }
        let has_files = !below_or_at(found, path).is_empty();
        if has_files || below_or_at(manifest, path).len() == 1 {
            lost.extend(
                entry.mode.filter(|mode| *mode != 0o755).map(|mode| format!("{}: mode {mode:04o} is not kept", shown(path))),
            );
        }
    }
    let empty: Vec<Vec<u8>> = manifest
        .iter()
        .filter(|(path, entry)| entry.kind == Kind::Folder && below_or_at(manifest, path).len() == 1)
        .map(|(path, _)| path.clone())
        .collect();
    for path in empty {
        // Its mode was told of above.
        let mode = manifest.get(&path).and_then(|entry| entry.mode);
        found.entry(path).or_insert(Entry { mode, ..Entry::bare(Kind::Folder) });
    }
    lost
}

/// The path itself, if it is there, and all below it.
fn below_or_at(manifest: &Manifest, path: &[u8]) -> Vec<Vec<u8>> {
    let mut below = path.to_vec();
    below.push(b'/');
    let own = manifest.contains_key(path).then(|| path.to_vec());
    own.into_iter()
        .chain(manifest.range(below.clone()..).map(|(path, _)| path.clone()).take_while(|path| path.starts_with(&below)))
        .collect()
}

/// Where a link of the data leads in the end, if that is in the data.
fn resolve(manifest: &Manifest, link: &[u8]) -> Option<Vec<u8>> {
    let mut at = link.to_vec();
    for _ in 0..LINKS {
        let Some(Kind::Link { target }) = manifest.get(&at).map(|entry| &entry.kind) else {
            return (at.is_empty() || manifest.contains_key(&at)).then_some(at);
        };
        if target.starts_with(b"/") {
            return None;
        }
        let mut path = parent(&at).to_vec();
        for part in target.split(|&byte| byte == b'/') {
            match part {
                b"" | b"." => {}
                b".." if path.is_empty() => return None,
                b".." => path = parent(&path).to_vec(),
                part => path = join(&path, part),
            }
        }
        at = path;
    }
    None
}

/// A path below a folder of the data, with links on the way followed.
fn resolved_below(manifest: &Manifest, folder: &[u8], rest: &[u8]) -> Vec<u8> {
    let mut at = folder.to_vec();
    for part in rest.split(|&byte| byte == b'/').filter(|part| !part.is_empty()) {
        at = join(&at, part);
        if let Some(target) = resolve(manifest, &at) {
            at = target;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::restore::comparison::compare_entries;
    use crate::restore::ignored::IgnoredPaths;

    fn file(content: u8) -> Entry {
        Entry::bare(Kind::File { bytes: 1, sha256: [content; 32] })
    }

    fn seeded() -> Manifest {
        let entry = |kind, mode| Entry { kind, mode, owner: Some((0, 0)), hard_link: None };
        let link = |target: &[u8]| entry(Kind::Link { target: target.to_vec() }, None);
        let file = |content, mode| Entry { mode: Some(mode), owner: Some((0, 0)), ..file(content) };
        Manifest::from([
            (b"a".to_vec(), file(1, 0o644)),
            (b"cgi".to_vec(), file(2, 0o755)),
            (b"empty".to_vec(), entry(Kind::Folder, Some(0o755))),
            (b"home".to_vec(), link(b"a")),
            (b"news".to_vec(), link(b"./sub")),
            (b"sub".to_vec(), entry(Kind::Folder, Some(0o700))),
            (b"sub/b".to_vec(), file(3, 0o644)),
        ])
    }

    fn synced() -> Manifest {
        let file = |name: &[u8], content| (name.to_vec(), file(content));
        Manifest::from([file(b"a", 1), file(b"cgi", 2), file(b"home", 1), file(b"news/b", 3), file(b"sub/b", 3)])
    }

    #[test]
    fn what_objects_have_no_place_for_is_told_and_differs_in_nothing() {
        let (seeded, mut found) = (seeded(), synced());
        let mut lost = settle(&mut found, &seeded);
        let comparison = compare_entries(&found, &seeded, b"", &IgnoredPaths::default());
        assert!(comparison.is_identical() && comparison.extra.is_empty(), "{comparison:?}");
        lost.extend(comparison.not_kept);
        lost.sort();
        assert_eq!(
            lost,
            [
                "cgi: mode 0755 is not kept",
                "empty: an empty folder does not come back",
                "home: a symbolic link comes back as a copy of what it points to",
                "news: a symbolic link comes back as a copy of what it points to",
                "sub: mode 0700 is not kept",
            ]
        );
    }

    #[test]
    fn a_copy_of_a_link_that_is_not_what_it_points_to_is_a_difference() {
        for (path, wrong) in [(&b"home"[..], 9), (b"news/b", 9), (b"a", 9), (b"sub/b", 9)] {
            let (seeded, mut found) = (seeded(), synced());
            found.insert(path.to_vec(), file(wrong));
            settle(&mut found, &seeded);
            assert!(!compare_entries(&found, &seeded, b"", &IgnoredPaths::default()).is_identical(), "{}", shown(path));
        }
    }

    #[test]
    fn a_file_or_a_link_that_is_gone_is_missing() {
        for path in [&b"a"[..], b"home", b"news/b", b"sub/b"] {
            let (seeded, mut found) = (seeded(), synced());
            found.remove(path);
            settle(&mut found, &seeded);
            assert!(!compare_entries(&found, &seeded, b"", &IgnoredPaths::default()).is_identical(), "{}", shown(path));
        }
    }

    #[test]
    fn a_day_is_told_from_other_numbers() {
        for text in ["b/2026-11-30/", "b/i-0ab/20261130T0200/", "2026/11/30/", "x-2026_01_09"] {
            assert!(names_a_day(text), "{text}");
        }
        for text in [
            "",
            "b/i-0123456789abcdef0/",
            "b/123456789012/",
            "site2024/",
            "b/2026/",
            "b/2026-13-01/",
            "1202611301",
            "\u{fc}\u{fc}\u{fc}2026",
        ] {
            assert!(!names_a_day(text), "{text}");
        }
    }

    #[test]
    fn the_prefix_is_what_stands_before_the_names() {
        let seeded = seeded();
        let keys = |before: &str| ["a", "cgi", "home", "news/b", "sub/b", "new"].map(|name| format!("{before}{name}"));
        for before in ["", "backups/i-1/", "x/2026-11-29/"] {
            let keys = keys(before);
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            assert_eq!(prefix(&keys, &seeded), Some(before));
        }
        assert_eq!(prefix(&["backups/site.tgz", "backups/site.tgz.sha256"], &seeded), None);
    }
}
