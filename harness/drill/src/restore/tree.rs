//! What several archives restore together: each is put where its paths belong, and all are compared with the data.

use std::sync::Arc;

use crate::archive::manifest::{Entry, Kind, Manifest, shown};
use crate::restore::comparison::{self, Comparison, Fit};
use crate::restore::ignored::IgnoredPaths;
use crate::restore::opening::Opened;
use crate::restore::path::{below, file_name, is_within, join};
use crate::restore::plain;

/// As many folders of the data are tried as the place of an archive.
const MOUNTS: usize = 16;

/// What was restored so far.
#[derive(Debug)]
pub(crate) struct Tree {
    seeded: Arc<Manifest>,
    ignored: IgnoredPaths,
    found: Manifest,
    /// What no path of the data is, as it is shown.
    extra: Vec<String>,
    not_kept: Vec<String>,
    prefix: Option<String>,
}

impl Tree {
    pub(crate) fn new(seeded: Arc<Manifest>) -> Self {
        let (found, ignored) = (Manifest::new(), IgnoredPaths::default());
        Self { seeded, ignored, found, extra: Vec::new(), not_kept: Vec::new(), prefix: None }
    }

    /// The same, without looking at what is `ignored`.
    pub(crate) fn ignoring(self, ignored: IgnoredPaths) -> Self {
        Self { ignored, ..self }
    }

    /// Adds what an archive with this key holds. Returns whether all of the data is in it.
    pub(crate) fn add(&mut self, opened: Opened, key: &str, data_path: &str) -> bool {
        let seeded = Arc::clone(&self.seeded);
        if opened.single {
            return self.add_single(opened.entries);
        }
        let (prefix, mount) = place(&opened.entries, &seeded, key, data_path);
        self.prefix.get_or_insert_with(|| String::from_utf8_lossy(&prefix).into_owned());
        let placed = |path: &[u8]| below(path, &prefix).map(|inside| join(&mount, inside));
        let ignored = self.ignored.clone();
        let is_due = |path: &[u8], entry: &Entry| entry.kind != Kind::Folder && !ignored.covers(path);
        let due = seeded.iter().filter(|(path, entry)| is_due(path, entry)).count();
        let mut held = 0;
        let is_in_place = prefix.is_empty() && mount.is_empty();
        for (path, mut entry) in opened.entries {
            let at = if is_in_place { Some(path.clone()) } else { placed(&path) };
            match at {
                Some(at) if seeded.contains_key(&at) => {
                    held += usize::from(seeded.get(&at).is_some_and(|seeded| is_due(&at, seeded)));
                    // Another name that is outside of the data stays what it is.
                    entry.hard_link = entry.hard_link.map(|first| placed(&first).unwrap_or(first));
                    self.insert(at, entry);
                }
                Some(at) if self.ignored.covers(&at) => {}
                // Folders on the way to the data are no surprise.
                _ if is_within(&prefix, &path) => {}
                _ => self.extra.push(shown(&path)),
            }
        }
        held == due
    }

    /// Adds a file whose name is that of its archive: a file of the data with its name, or with its content.
    fn add_single(&mut self, entries: Manifest) -> bool {
        for (name, entry) in entries {
            let named = self.seeded.iter().filter(|(path, _)| file_name(path) == name);
            let same: Vec<_> = self.seeded.iter().filter(|(_, seeded)| seeded.kind == entry.kind).map(|(path, _)| path).collect();
            let at = named.clone().find(|(_, seeded)| seeded.kind == entry.kind).or_else(|| named.clone().next());
            match (at, same.as_slice()) {
                (Some((path, _)), _) => {
                    let path = path.clone();
                    self.insert(path, entry);
                }
                (None, [path]) => {
                    let path = (*path).clone();
                    self.not_kept.push(format!("{}: its name is not kept", shown(&path)));
                    self.insert(path, entry);
                }
                (None, _) => self.extra.push(shown(&name)),
            }
        }
        self.seeded.len() == 1 && self.found.len() == 1
    }

    /// Adds objects by what is left of their keys.
    pub(crate) fn add_plain(&mut self, mut entries: Manifest) {
        let seeded = Arc::clone(&self.seeded);
        self.not_kept.extend(plain::settle(&mut entries, &seeded));
        for (path, entry) in entries {
            if seeded.contains_key(&path) {
                self.insert(path, entry);
            } else if !self.ignored.covers(&path) {
                self.extra.push(shown(&path));
            }
        }
    }

    /// Of two, the one that is not as it was; of equals, the first.
    fn insert(&mut self, path: Vec<u8>, entry: Entry) {
        let wrong = |entry: &Entry| self.seeded.get(&path).is_none_or(|seeded| comparison::difference(seeded, entry).is_some());
        if self.found.get(&path).is_none_or(|known| !wrong(known) && wrong(&entry)) {
            self.found.insert(path, entry);
        }
    }

    /// Compares all of it with the data.
    pub(crate) fn compared(self) -> Comparison {
        let mut comparison = comparison::compare_entries(&self.found, &self.seeded, b"", &self.ignored);
        comparison.prefix = self.prefix.unwrap_or_default();
        comparison.extra.extend(self.extra);
        comparison.not_kept.extend(self.not_kept);
        comparison
    }
}

/// What the archive puts before each path, and the folder of the data that it is of: all of it, or one that its key names.
fn place(found: &Manifest, seeded: &Manifest, key: &str, data_path: &str) -> (Vec<u8>, Vec<u8>) {
    let matches = |prefix: &[u8], mount: &[u8]| {
        found.keys().filter_map(|path| below(path, prefix)).filter(|inside| seeded.contains_key(&join(mount, inside))).count()
    };
    let whole = comparison::prefix(found, seeded, data_path);
    let fit = Fit::new(found, seeded, &whole);
    let mut best = (fit.matches, whole, Vec::new());
    // Where everything is explained, no folder explains more.
    if fit.unexplained == 0 {
        return (best.1, best.2);
    }
    for mount in mounts(seeded, key) {
        let inside: Manifest = seeded
            .iter()
            .filter_map(|(path, entry)| Some((below(path, &mount).filter(|inside| !inside.is_empty())?.to_vec(), entry.clone())))
            .collect();
        let prefix = comparison::prefix(found, &inside, &format!("{data_path}/{}", String::from_utf8_lossy(&mount)));
        let count = matches(&prefix, &mount);
        if count > best.0 {
            best = (count, prefix, mount);
        }
    }
    (best.1, best.2)
}

/// Folders of the data whose name is in the key, those with the longest names first.
fn mounts(seeded: &Manifest, key: &str) -> Vec<Vec<u8>> {
    let mut named: Vec<Vec<u8>> = seeded
        .iter()
        .filter(|(path, entry)| {
            entry.kind == Kind::Folder && str::from_utf8(file_name(path)).is_ok_and(|name| key.contains(name))
        })
        .map(|(path, _)| path.clone())
        .collect();
    named.sort_by_key(|path| (usize::MAX - file_name(path).len(), path.len()));
    named.truncate(MOUNTS);
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: Kind) -> Entry {
        Entry { kind, mode: Some(0o644), owner: Some((0, 0)), hard_link: None }
    }

    fn file(content: u8) -> Entry {
        entry(Kind::File { bytes: 1, sha256: [content; 32] })
    }

    fn seeded() -> Arc<Manifest> {
        Arc::new(Manifest::from([
            (b"a".to_vec(), file(1)),
            (b"blog".to_vec(), entry(Kind::Folder)),
            (b"blog/b".to_vec(), file(2)),
            (b"shop".to_vec(), entry(Kind::Folder)),
            (b"shop/a".to_vec(), file(3)),
        ]))
    }

    fn opened(entries: &[(&str, u8)], single: bool) -> Opened {
        let entries = entries.iter().map(|(path, content)| (path.as_bytes().to_vec(), file(*content))).collect();
        Opened { form: String::new(), entries, single }
    }

    #[test]
    fn archives_of_a_folder_each_are_put_where_their_names_say() {
        let mut tree = Tree::new(seeded());
        assert!(!tree.add(opened(&[("a", 1)], false), "root.tgz", "/srv"));
        assert!(!tree.add(opened(&[("b", 2)], false), "x/blog.tgz", "/srv"));
        assert!(!tree.add(opened(&[("srv/shop/a", 3)], false), "x/shop.tgz", "/srv"));
        let comparison = tree.compared();
        assert!(comparison.is_identical() && comparison.extra.is_empty(), "{comparison:?}");
    }

    #[test]
    fn an_archive_of_a_folder_that_is_gone_is_missed() {
        let mut tree = Tree::new(seeded());
        tree.add(opened(&[("a", 1)], false), "root.tgz", "/srv");
        tree.add(opened(&[("b", 2)], false), "x/blog.tgz", "/srv");
        assert_eq!(tree.compared().missing, ["shop/a"]);
    }

    #[test]
    fn of_two_copies_of_a_file_a_wrong_one_is_not_made_up_for() {
        for order in [[1, 9], [9, 1]] {
            let mut tree = Tree::new(seeded());
            for content in order {
                tree.add(opened(&[("a", content), ("blog/b", 2), ("shop/a", 3)], false), "site.tgz", "/srv");
            }
            assert_eq!(tree.compared().different, ["a: other content"]);
        }
    }

    #[test]
    fn a_compressed_file_is_the_one_with_its_name_or_its_content() {
        let mut tree = Tree::new(seeded());
        tree.add(opened(&[("b", 2)], true), "b.gz", "/srv");
        tree.add(opened(&[("2026-11-29", 3)], true), "2026-11-29.gz", "/srv");
        tree.add(opened(&[("dump.sql", 7)], true), "dump.sql.gz", "/srv");
        let comparison = tree.compared();
        assert_eq!(
            (comparison.missing.as_slice(), comparison.extra.as_slice()),
            (&["a".to_owned()][..], &["dump.sql".to_owned()][..])
        );
        assert_eq!(comparison.not_kept, ["shop/a: its name is not kept"]);
    }

    #[test]
    fn an_archive_of_everything_says_so() {
        let mut tree = Tree::new(seeded());
        assert!(tree.add(opened(&[("x/a", 1), ("x/blog/b", 2), ("x/shop/a", 3)], false), "site.tgz", "/srv"));
    }
}
