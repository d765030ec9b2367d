//! Entries of a zip archive.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::archive::manifest::{Entry, Kind, Manifest, shown};
use crate::archive::tarball::Digesting;
use crate::restore::budget::Budget;
use crate::restore::path::normal;
use crate::restore::unreadable::Unreadable;

const FORM: &str = "zip";
/// Of the record that ends a zip archive, without its comment.
const END_LENGTH: usize = 22;
/// Longest target of a symbolic link that Linux has.
const LONGEST_TARGET: u64 = 4096;

/// All entries of the archive by their path, each read to its end with its checksum.
pub(crate) fn contents(mut file: impl Read + Seek, budget: &Budget) -> Result<Manifest, Unreadable> {
    let directory = directory_length(&mut file).map_err(|error| Unreadable::from_read(&error, FORM, "its directory"))?;
    budget.take_names(directory).map_err(|error| Unreadable::from_read(&error, FORM, "its directory"))?;
    let mut archive = ZipArchive::new(file).map_err(|error| zip_error(error, "its directory"))?;
    let mut found = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = match archive.by_index(index) {
            Err(ZipError::UnsupportedArchive(what)) if what == ZipError::PASSWORD_REQUIRED => {
                return Err(Unreadable::Unknown { looks_like: "a zip archive that needs a password".to_owned() });
            }
            entry => entry.map_err(|error| zip_error(error, "an entry"))?,
        };
        let path = normal(entry.name_raw());
        let place = format!("`{}`", shown(&path));
        let attributes = entry.external_attributes() >> 16;
        // What was not made on Unix has no mode.
        let mode = (attributes != 0).then_some(attributes & 0o7777);
        let failed = |error: io::Error| Unreadable::from_read(&error, FORM, &place);
        let entry = if entry.name_raw().ends_with(b"/") {
            Entry { mode, ..Entry::bare(Kind::Folder) }
        } else if attributes & 0o170_000 == 0o120_000 {
            let mut target = Vec::new();
            entry.by_ref().take(LONGEST_TARGET).read_to_end(&mut target).map_err(failed)?;
            budget.take_names(target.len() as u64).map_err(failed)?;
            Entry::bare(Kind::Link { target })
        } else {
            let mut reader = Digesting::new(entry.by_ref().take(budget.content_left().saturating_add(1)));
            io::copy(&mut reader, &mut io::sink()).map_err(failed)?;
            let (sha256, bytes) = reader.finish();
            budget.take_content(bytes).map_err(failed)?;
            Entry { mode, ..Entry::bare(Kind::File { bytes, sha256 }) }
        };
        if !path.is_empty() {
            found.insert(path, entry);
        }
    }
    Ok(found)
}

fn zip_error(error: ZipError, place: &str) -> Unreadable {
    match error {
        ZipError::UnsupportedArchive(what) => {
            Unreadable::Unknown { looks_like: format!("a zip archive of a kind of its own ({what})") }
        }
        ZipError::CompressionMethodNotSupported(method) => {
            Unreadable::Unknown { looks_like: format!("a zip archive with the compression method {method}") }
        }
        other => Unreadable::from_read(&other.into(), FORM, place),
    }
}

/// The length of the directory, which is kept in memory; zip64 has it elsewhere, where it is as long as all of the archive at most.
/// <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>, 4.3.16
fn directory_length(file: &mut (impl Read + Seek)) -> io::Result<u64> {
    let length = file.seek(SeekFrom::End(0))?;
    let begin = length.saturating_sub((END_LENGTH + usize::from(u16::MAX)) as u64);
    file.seek(SeekFrom::Start(begin))?;
    let mut tail = Vec::new();
    file.by_ref().take(length - begin).read_to_end(&mut tail)?;
    file.rewind()?;
    let at = tail.windows(END_LENGTH).rposition(|window| window.starts_with(b"PK\x05\x06"));
    let Some((record, rest)) = at.and_then(|at| tail.get(at..)?.split_first_chunk::<END_LENGTH>()) else {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "without a directory"));
    };
    let [.., a, b, c, d, _, _, _, _, comment_low, comment_high] = *record;
    if rest.len() != usize::from(u16::from_le_bytes([comment_low, comment_high])) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "what follows its end is no part of it"));
    }
    let directory = u32::from_le_bytes([a, b, c, d]);
    Ok(if directory == u32::MAX { length } else { u64::from(directory) })
}
