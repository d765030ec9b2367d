//! Data that differs from what the drill expects of the archive: then the archive is, byte by byte, what a backup of older, of incomplete or of
//! another machine's data would have been.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, BufWriter};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use tar::{Archive, Builder, EntryType, Header};

use crate::ArchiveControl;
use crate::archive::manifest::{Kind, Manifest};

/// What a file held the day before, and what another machine holds.
const OTHER: &[u8] = b"not what is expected here\n";

/// Rewrites `package`, which holds the data of `manifest`, as the control says. Returns which file it is about.
///
/// # Errors
/// The package cannot be read or written, or no file of the data can be left out.
pub(crate) fn rewrite(control: ArchiveControl, manifest: &Manifest, package: &Path) -> io::Result<String> {
    let chosen = chosen(manifest).ok_or_else(|| io::Error::other("the data has no file of its own"))?;
    let changed = package.with_extension("changed");
    let mut written = Builder::new(GzEncoder::new(BufWriter::new(File::create(&changed)?), Compression::fast()));
    if control == ArchiveControl::OtherMachines {
        for name in ["hostname", "site/index.html", "site/about.html"] {
            append(&mut written, Path::new(name).as_os_str().as_encoded_bytes(), 0o644)?;
        }
    } else {
        let mut read = Archive::new(GzDecoder::new(BufReader::new(File::open(package)?)));
        for entry in read.entries()? {
            let mut entry = entry?;
            let path = entry.path_bytes().into_owned();
            if path == chosen {
                if control == ArchiveControl::Yesterdays {
                    append(&mut written, &path, entry.header().mode()?)?;
                }
                continue;
            }
            copy(&mut written, &mut entry, &path)?;
        }
    }
    written.into_inner()?.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    std::fs::rename(&changed, package)?;
    let name = String::from_utf8_lossy(&chosen).into_owned();
    Ok(if control == ArchiveControl::OtherMachines { "all of the data".to_owned() } else { name })
}

/// The last file with bytes that no other name leads to.
fn chosen(manifest: &Manifest) -> Option<Vec<u8>> {
    let linked: BTreeSet<&Vec<u8>> = manifest.values().filter_map(|entry| entry.hard_link.as_ref()).collect();
    let is_own = |path: &Vec<u8>| !linked.contains(path);
    let files = manifest.iter().filter(|(path, entry)| {
        entry.hard_link.is_none() && is_own(path) && matches!(entry.kind, Kind::File { bytes, .. } if bytes > 0)
    });
    files.map(|(path, _)| path.clone()).next_back()
}

fn append(written: &mut Builder<impl io::Write>, path: &[u8], mode: u32) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(mode);
    header.set_size(OTHER.len() as u64);
    written.append_data(&mut header, as_path(path), OTHER)
}

fn copy(written: &mut Builder<impl io::Write>, entry: &mut tar::Entry<'_, impl io::Read>, path: &[u8]) -> io::Result<()> {
    let mut header = entry.header().clone();
    match entry.link_name_bytes().map(std::borrow::Cow::into_owned) {
        Some(target) => crate::archive::tarball::append_link(written, &mut header, as_path(path), as_path(&target)),
        None => written.append_data(&mut header, as_path(path), entry),
    }
}

fn as_path(bytes: &[u8]) -> &Path {
    use std::os::unix::ffi::OsStrExt as _;
    Path::new(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::archive::tarball;

    fn names(package: &Path) -> Vec<String> {
        let mut read = Archive::new(GzDecoder::new(File::open(package).unwrap()));
        let entries = read.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string());
        entries.collect()
    }

    fn packed() -> (tempfile::TempDir, Manifest, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir_all(data.join("sub")).unwrap();
        std::fs::write(data.join("a"), "first").unwrap();
        std::fs::write(data.join("sub/z"), "last").unwrap();
        std::fs::hard_link(data.join("sub/z"), data.join("sub/zz")).unwrap();
        symlink("a", data.join("link")).unwrap();
        let package = folder.path().join("seed.tar.gz");
        let manifest = tarball::pack(&data, &package).unwrap();
        (folder, manifest, package)
    }

    #[test]
    fn one_file_is_left_out_and_all_else_stays() {
        let (_folder, manifest, package) = packed();
        assert_eq!(rewrite(ArchiveControl::FileMissing, &manifest, &package).unwrap(), "a");
        assert_eq!(names(&package), ["link", "sub", "sub/z", "sub/zz"]);
    }

    #[test]
    fn a_file_of_the_day_before_has_another_content() {
        let (_folder, manifest, package) = packed();
        rewrite(ArchiveControl::Yesterdays, &manifest, &package).unwrap();
        assert_eq!(names(&package), ["a", "link", "sub", "sub/z", "sub/zz"]);
        let mut read = Archive::new(GzDecoder::new(File::open(&package).unwrap()));
        let mut entry = read.entries().unwrap().next().unwrap().unwrap();
        assert_eq!(io::read_to_string(&mut entry).unwrap().as_bytes(), OTHER);
    }

    #[test]
    fn another_machine_holds_nothing_of_the_data() {
        let (_folder, manifest, package) = packed();
        rewrite(ArchiveControl::OtherMachines, &manifest, &package).unwrap();
        assert!(names(&package).iter().all(|name| !manifest.contains_key(name.as_bytes())));
    }
}
