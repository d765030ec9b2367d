//! Packs a folder for seeding, and notes what went in.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType, Header};
use walkdir::WalkDir;

use crate::archive::manifest::{DataError, Entry, Kind, Manifest};

/// User and group of all that is seeded: root unpacks it.
const OWNER: (u64, u64) = (0, 0);

/// Packs the content of `folder` into the new file `package` (tar, gzip), owned by root.
pub(crate) fn pack(folder: &Path, package: &Path) -> Result<Manifest, DataError> {
    let failed = |source| DataError::Write { path: package.to_owned(), source };
    let file = File::create(package).map_err(failed)?;
    let mut tar = Builder::new(GzEncoder::new(io::BufWriter::new(file), Compression::fast()));
    let mut entries = Vec::new();
    let mut linked = HashMap::new();
    for found in WalkDir::new(folder).min_depth(1).sort_by_file_name() {
        let found = found.map_err(|error| DataError::Read {
            path: error.path().unwrap_or(folder).to_owned(),
            source: error.into_io_error().unwrap_or_else(|| io::Error::other("a loop of folders")),
        })?;
        let path = found.path();
        let name = path.strip_prefix(folder).unwrap_or(path);
        let entry = append(&mut tar, path, name, package, &mut linked)?;
        entries.push((name.as_os_str().as_bytes().to_vec(), entry));
    }
    tar.into_inner().and_then(GzEncoder::finish).and_then(|buffer| buffer.into_inner().map_err(Into::into)).map_err(failed)?;
    // All at once: a map that is filled one by one in the order of its keys leaves half of its memory empty, and this one stays for a whole drill.
    Ok(entries.into_iter().collect())
}

/// Files with several names, by device and inode: the first name, and what it is.
type Linked = HashMap<(u64, u64), (Vec<u8>, Entry)>;

fn append(
    tar: &mut Builder<impl io::Write>,
    path: &Path,
    name: &Path,
    package: &Path,
    linked: &mut Linked,
) -> Result<Entry, DataError> {
    let unreadable = |source| DataError::Read { path: path.to_owned(), source };
    let failed = |source| DataError::Write { path: package.to_owned(), source };
    let metadata = fs::symlink_metadata(path).map_err(unreadable)?;
    let mode = metadata.mode() & 0o7777;
    let entry = |kind, mode| Entry { kind, mode, owner: Some(OWNER), hard_link: None };
    let mut header = Header::new_gnu();
    header.set_mode(mode);
    header.set_mtime(u64::try_from(metadata.mtime()).unwrap_or(0));
    header.set_size(0);
    header.set_uid(OWNER.0);
    header.set_gid(OWNER.1);
    if metadata.is_dir() {
        header.set_entry_type(EntryType::Directory);
        tar.append_data(&mut header, name, io::empty()).map_err(failed)?;
        Ok(entry(Kind::Folder, Some(mode)))
    } else if metadata.is_symlink() {
        let target = fs::read_link(path).map_err(unreadable)?;
        header.set_entry_type(EntryType::Symlink);
        append_link(tar, &mut header, name, &target).map_err(failed)?;
        Ok(entry(Kind::Link { target: target.as_os_str().as_bytes().to_vec() }, None))
    } else if metadata.is_file() {
        let inode = (metadata.dev(), metadata.ino());
        if let Some((first, known)) = linked.get(&inode) {
            header.set_entry_type(EntryType::Link);
            append_link(tar, &mut header, name, Path::new(OsStr::from_bytes(first))).map_err(failed)?;
            return Ok(Entry { hard_link: Some(first.clone()), ..known.clone() });
        }
        header.set_entry_type(EntryType::Regular);
        header.set_size(metadata.len());
        let file = File::open(path).map_err(unreadable)?;
        let mut reader = Digesting::new(BufReader::new(file).take(metadata.len()));
        tar.append_data(&mut header, name, &mut reader).map_err(failed)?;
        let (sha256, bytes) = reader.finish();
        if bytes != metadata.len() {
            return Err(unreadable(io::Error::other("it shrank while it was read")));
        }
        let file = entry(Kind::File { bytes, sha256 }, Some(mode));
        if metadata.nlink() > 1 {
            linked.insert(inode, (name.as_os_str().as_bytes().to_vec(), file.clone()));
        }
        Ok(file)
    } else {
        Err(DataError::Special { path: path.to_owned() })
    }
}

/// The literal form keeps `./` and `//`, which are part of a link; only very long targets need the other.
pub(crate) fn append_link(tar: &mut Builder<impl io::Write>, header: &mut Header, name: &Path, target: &Path) -> io::Result<()> {
    if header.set_link_name_literal(target.as_os_str().as_bytes()).is_ok() {
        tar.append_data(header, name, io::empty())
    } else {
        tar.append_link(header, name, target)
    }
}

/// Digests what is read through it.
pub(crate) struct Digesting<R> {
    reader: R,
    digest: Sha256,
    bytes: u64,
}

impl<R: Read> Digesting<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, digest: Sha256::new(), bytes: 0 }
    }

    /// SHA-256 and length of what was read.
    pub(crate) fn finish(self) -> ([u8; 32], u64) {
        (self.digest.finalize().into(), self.bytes)
    }
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.digest.update(buffer.get(..count).unwrap_or_default());
        self.bytes += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::sample_site::{self, DataProfile};
    use crate::restore::comparison::compare;
    use rstest::rstest;

    #[rstest]
    #[case::usual(DataProfile::Usual, 288)]
    #[case::hard(DataProfile::Hard, 5383)]
    fn a_packed_site_compares_equal_to_its_manifest(#[case] profile: DataProfile, #[case] entries: usize) {
        let folder = tempfile::tempdir().unwrap();
        let (site, package) = (folder.path().join("site"), folder.path().join("seed.tar.gz"));
        sample_site::generate(&site, profile).unwrap();
        let manifest = pack(&site, &package).unwrap();
        assert_eq!(manifest.len(), entries);
        let tar = flate2::read::MultiGzDecoder::new(File::open(package).unwrap());
        let comparison = compare(tar, &manifest, "/var/www/html").unwrap();
        assert!(comparison.is_identical() && comparison.extra.is_empty(), "{comparison:?}");
    }

    #[test]
    fn a_pipe_among_the_data_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("site");
        fs::create_dir(&site).unwrap();
        let _listener = std::os::unix::net::UnixListener::bind(site.join("socket")).unwrap();
        let error = pack(&site, &folder.path().join("seed.tar.gz")).unwrap_err();
        assert!(matches!(&error, DataError::Special { path } if path.ends_with("socket")), "{error}");
    }
}
