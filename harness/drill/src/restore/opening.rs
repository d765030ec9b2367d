//! Opens what a night left, by its content: a tar archive, compressed or not, a zip archive, a compressed file.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _};

use crate::archive::manifest::{Entry, Kind, Manifest};
use crate::archive::tarball::Digesting;
use crate::restore::budget::Budget;
use crate::restore::decompression::Compression;
use crate::restore::looks_like::looks_like;
use crate::restore::peek::Peek;
use crate::restore::read_ahead::ReadAhead;
use crate::restore::unreadable::Unreadable;
use crate::restore::{path, tar_contents, zip_contents};

/// Compressions within each other that are undone.
const LAYERS: usize = 3;

/// What an archive holds.
#[derive(Debug)]
pub(crate) struct Opened {
    /// What it is: `tar in gzip`.
    pub(crate) form: String,
    /// Its entries.
    pub(crate) entries: Manifest,
    /// Whether it is one compressed file, of which only its own name is known.
    pub(crate) single: bool,
}

/// Opens the file, whose key ends in `name`.
pub(crate) fn open(mut file: File, name: &str, budget: &Budget) -> Result<Opened, Unreadable> {
    file.rewind().map_err(Unreadable::Local)?;
    let mut start = Vec::new();
    (&file).take(tar_contents::BLOCK as u64).read_to_end(&mut start).map_err(Unreadable::Local)?;
    file.rewind().map_err(Unreadable::Local)?;
    if start.is_empty() {
        return Err(Unreadable::Empty);
    }
    if is_zip(&start) && !tar_contents::is_tar(&start) {
        let entries = zip_contents::contents(BufReader::new(file), budget)?;
        return Ok(Opened { form: "zip".to_owned(), entries, single: false });
    }
    layer(Box::new(BufReader::with_capacity(64 << 10, file)), &mut Vec::new(), name, budget)
}

/// Whether a file that begins so is an archive of a form that is opened here.
pub(crate) fn is_known(start: &[u8]) -> bool {
    is_zip(start) || tar_contents::is_tar(start) || Compression::from_start(start).is_some()
}

fn is_zip(start: &[u8]) -> bool {
    start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06")
}

/// Opens what a stream within `layers` holds.
fn layer(stream: Box<dyn Read + Send>, layers: &mut Vec<Compression>, name: &str, budget: &Budget) -> Result<Opened, Unreadable> {
    let mut stream = Peek::new(stream);
    let begins = |error: io::Error, layers: &[Compression]| Unreadable::from_read(&error, &form(None, layers), "its beginning");
    let start = stream.peek(tar_contents::BLOCK).map_err(|error| begins(error, layers))?;
    if tar_contents::is_tar(start) {
        let form = form(Some("tar"), layers);
        let entries =
            tar_contents::contents(stream, budget).map_err(|error| Unreadable::from_read(&error, &form, "its entries"))?;
        return Ok(Opened { form, entries, single: false });
    }
    if let Some(compression) = Compression::from_start(start).filter(|_| layers.len() < LAYERS) {
        layers.push(compression);
        let reader = compression.reader(BufReader::with_capacity(64 << 10, stream));
        let ahead = ReadAhead::new(reader).map_err(Unreadable::Local)?;
        return layer(Box::new(ahead), layers, name, budget);
    }
    if layers.is_empty() {
        return Err(Unreadable::Unknown { looks_like: looks_like(start) });
    }
    let form = form(Some("a file"), layers);
    let bounded = stream.take(budget.content_left().saturating_add(1));
    let mut reader = Digesting::new(bounded);
    let failed = |error: io::Error| Unreadable::from_read(&error, &form, "its content");
    io::copy(&mut reader, &mut io::sink()).map_err(failed)?;
    let (sha256, bytes) = reader.finish();
    budget.take_content(bytes).map_err(failed)?;
    let entry = Entry::bare(Kind::File { bytes, sha256 });
    let name = uncompressed_name(name, layers).as_bytes();
    Ok(Opened { form, entries: Manifest::from([(path::file_name(name).to_vec(), entry)]), single: true })
}

/// `tar in gzip`, `gzip`.
fn form(inner: Option<&str>, layers: &[Compression]) -> String {
    let mut names: Vec<String> = inner.map(str::to_owned).into_iter().collect();
    names.extend(layers.iter().rev().map(ToString::to_string));
    names.join(" in ")
}

/// The name of a file without the ends that its compressions put there.
fn uncompressed_name<'a>(name: &'a str, layers: &[Compression]) -> &'a str {
    layers.iter().fold(name, |name, layer| layer.suffixes().iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name))
}
