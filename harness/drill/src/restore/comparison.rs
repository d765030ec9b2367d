//! Compares an archive with what was seeded, without unpacking it to disk: no path in it can do harm. Nor can its size: what is kept of it
//! in memory is bounded, and so is how much of it is read.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{self, Read};

use tar::{Archive, EntryType};

use crate::archive::manifest::{Entry, Manifest, shown};
use crate::archive::tarball::Digesting;

/// How much of an archive is read before it is taken for one that has no end, bytes.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// What comes beside the content of files, names above all: it is kept in memory.
    names: u64,
    /// The content of files, and padding at the end.
    content: u64,
}

impl Bounds {
    /// Far beyond what an archive of `manifest` takes, with whatever else is in it.
    fn new(manifest: &Manifest) -> Self {
        let bytes = |entry: &Entry| if let Entry::File { bytes, .. } = entry { *bytes } else { 0 };
        let seeded = manifest.values().map(bytes).fold(0, u64::saturating_add);
        Self { names: (256 << 20) + 4096 * manifest.len() as u64, content: seeded.saturating_mul(10).saturating_add(10 << 30) }
    }
}

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
    let found = contents(tar, Bounds::new(manifest))?;
    let prefix = prefix(&found, manifest, data_path);
    let mut comparison = Comparison {
        prefix: String::from_utf8_lossy(&prefix).into_owned(),
        seeded: manifest.len() as u64,
        ..Comparison::default()
    };
    for (path, seeded) in manifest {
        match found.get(&join(&prefix, path)) {
            Some(archived) => {
                if let Some(difference) = difference(seeded, archived) {
                    comparison.different.push(format!("{}: {difference}", shown(path)));
                }
            }
            None if is_implied(path, seeded, manifest) => {}
            None => comparison.missing.push(shown(path)),
        }
    }
    comparison.extra = extra(&found, manifest, &prefix).map(shown).collect();
    Ok(comparison)
}

/// All entries of the archive by their path, without `./` and the like.
fn contents(tar: impl Read, bounds: Bounds) -> io::Result<Manifest> {
    let too_large = || {
        let why = format!("it holds more than {} bytes, far more than was seeded", bounds.content);
        io::Error::new(io::ErrorKind::FileTooLarge, why)
    };
    let (names_left, in_content) = (Cell::new(bounds.names), Cell::new(false));
    let mut archive = Archive::new(Metered { reader: tar, left: &names_left, free: &in_content });
    let mut found = Manifest::new();
    let mut left = bounds.content;
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = normal(&entry.path_bytes());
        let mode = entry.header().mode()? & 0o7777;
        let length = entry.size();
        // A sparse file may be as long as it likes without a byte in the archive.
        left = left.checked_sub(length).ok_or_else(too_large)?;
        in_content.set(true);
        let mut reader = Digesting::new(&mut entry);
        io::copy(&mut reader, &mut io::sink())?;
        let (sha256, bytes) = reader.finish();
        in_content.set(false);
        let kept = match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                if bytes != length {
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("it ends within `{}`", shown(&path))));
                }
                Entry::File { mode, bytes, sha256 }
            }
            EntryType::Directory => Entry::Folder { mode },
            EntryType::Symlink => Entry::Link { target: entry.link_name_bytes().unwrap_or_default().into_owned() },
            // A hard link is another name of an earlier file.
            EntryType::Link => {
                let target = normal(&entry.link_name_bytes().unwrap_or_default());
                found.get(&target).cloned().unwrap_or(Entry::Other)
            }
            _ => Entry::Other,
        };
        if !path.is_empty() {
            found.insert(path, kept);
        }
    }
    // What follows the end mark is padding, but a checksum of the compression may come after it.
    let padding = io::copy(&mut archive.into_inner().reader.take(left.saturating_add(1)), &mut io::sink())?;
    if padding > left { Err(too_large()) } else { Ok(found) }
}

/// Counts what is read, but for what is free.
struct Metered<'a, R> {
    reader: R,
    left: &'a Cell<u64>,
    free: &'a Cell<bool>,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        if !self.free.get() {
            let left = self.left.get().checked_sub(count as u64);
            let too_long = || io::Error::new(io::ErrorKind::FileTooLarge, "its names are longer than any archive's are");
            self.left.set(left.ok_or_else(too_long)?);
        }
        Ok(count)
    }
}

/// Without leading `/`, without `.` and empty components.
fn normal(path: &[u8]) -> Vec<u8> {
    let parts: Vec<&[u8]> = path.split(|&byte| byte == b'/').filter(|part| !part.is_empty() && *part != b".").collect();
    parts.join(&b'/')
}

fn join(prefix: &[u8], path: &[u8]) -> Vec<u8> {
    if prefix.is_empty() { path.to_vec() } else { [prefix, path].join(&b'/') }
}

/// The prefix under which most of what was seeded is found; of equals, the one that leaves least unexplained, then the shortest.
fn prefix(found: &Manifest, manifest: &Manifest, data_path: &str) -> Vec<u8> {
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
    candidates
        .into_iter()
        .min_by_key(|prefix| {
            let matches = manifest.keys().filter(|path| found.contains_key(&join(prefix, path))).count();
            let unexplained = extra(found, manifest, prefix).count();
            (usize::MAX - matches, unexplained, prefix.len())
        })
        .unwrap_or_default()
}

/// The deepest folder that holds every entry that is no folder itself.
fn common_folder(found: &Manifest) -> Vec<u8> {
    let mut folders = found.iter().filter(|(_, entry)| !matches!(entry, Entry::Folder { .. })).map(|(path, _)| parent(path));
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

fn parent(path: &[u8]) -> &[u8] {
    path.iter().rposition(|&byte| byte == b'/').and_then(|at| path.get(..at)).unwrap_or_default()
}

/// Whether `path` is `folder` or below it.
fn is_within(path: &[u8], folder: &[u8]) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// Entries that were not seeded. Folders on the way to the data are no surprise.
fn extra<'a>(found: &'a Manifest, manifest: &'a Manifest, prefix: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    found.keys().map(Vec::as_slice).filter(move |path| {
        if is_within(prefix, path) {
            return false;
        }
        let inside =
            if prefix.is_empty() { Some(*path) } else { path.strip_prefix(prefix).and_then(|rest| rest.strip_prefix(b"/")) };
        !inside.is_some_and(|inside| manifest.contains_key(inside))
    })
}

/// A folder without an entry of its own comes back with what is in it.
fn is_implied(path: &[u8], seeded: &Entry, manifest: &Manifest) -> bool {
    let mut below = path.to_vec();
    below.push(b'/');
    matches!(seeded, Entry::Folder { .. })
        && manifest.range(below.clone()..).next().is_some_and(|(next, _)| next.starts_with(&below))
}

fn difference(seeded: &Entry, archived: &Entry) -> Option<String> {
    match (seeded, archived) {
        (seeded, archived) if seeded == archived => None,
        (Entry::File { bytes: was, .. }, Entry::File { bytes: is, .. }) if was != is => {
            Some(format!("{was} bytes were seeded, {is} came back"))
        }
        (Entry::File { sha256: was, .. }, Entry::File { sha256: is, .. }) if was != is => Some("other content".to_owned()),
        (Entry::File { mode: was, .. }, Entry::File { mode: is, .. })
        | (Entry::Folder { mode: was }, Entry::Folder { mode: is }) => Some(format!("mode {was:04o} became {is:04o}")),
        (Entry::Link { target: was }, Entry::Link { target: is }) => {
            Some(format!("the link to `{}` points to `{}`", shown(was), shown(is)))
        }
        (was, is) => Some(format!("a {} became a {}", kind(was), kind(is))),
    }
}

fn kind(entry: &Entry) -> &'static str {
    match entry {
        Entry::File { .. } => "file",
        Entry::Folder { .. } => "folder",
        Entry::Link { .. } => "symbolic link",
        Entry::Other => "special file",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};
    use tar::{Builder, Header};

    fn file(content: &[u8]) -> Entry {
        Entry::File { mode: 0o644, bytes: content.len() as u64, sha256: Sha256::digest(content).into() }
    }

    fn seeded() -> Manifest {
        Manifest::from([
            (b"a.html".to_vec(), file(b"alpha")),
            (b"empty".to_vec(), file(b"")),
            (b"sub".to_vec(), Entry::Folder { mode: 0o755 }),
            (b"sub/line\nbreak".to_vec(), file(b"beta")),
            (b"sub/link".to_vec(), Entry::Link { target: b"../a.html".to_vec() }),
        ])
    }

    /// A tar of (name, content), where a name that ends in `/` is a folder and one with `->` a link.
    fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (name, content) in entries {
            let mut header = Header::new_gnu();
            header.set_mode(0o644);
            header.set_size(0);
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
    fn a_changed_mode_is_a_difference() {
        let mut seeded = seeded();
        seeded.insert(b"a.html".to_vec(), Entry::File { mode: 0o600, bytes: 5, sha256: Sha256::digest(b"alpha").into() });
        let comparison = compare(whole("").as_slice(), &seeded, "/srv").unwrap();
        assert_eq!(comparison.different, ["a.html: mode 0600 became 0644"]);
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
        seeded.insert(b"hollow".to_vec(), Entry::Folder { mode: 0o755 });
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
        let bounds = Bounds { names: 1 << 16, content: 1 << 16 };
        let endless = |start: &[u8]| contents(start.chain(io::repeat(b'a')), bounds).unwrap_err().to_string();
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
        let padded = contents(whole("").as_slice().chain(io::repeat(0)), bounds).unwrap_err().to_string();
        assert!(padded.contains("more than 65536 bytes"), "{padded}");
        let many = begun(EntryType::Directory, 0).repeat(200);
        assert!(contents(many.as_slice(), bounds).unwrap_err().to_string().contains("longer than any archive's"));
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
