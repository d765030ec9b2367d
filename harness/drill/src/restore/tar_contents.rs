//! Entries of a tar stream, read without unpacking it to disk: no path in it can do harm. Nor can its size: what is kept of it in memory is
//! bounded, and so is how much of it is read.

use std::cell::Cell;
use std::io::{self, Read};

use tar::{Archive, EntryType, Header};

use crate::archive::manifest::{Entry, Kind, Manifest, shown};
use crate::archive::tarball::Digesting;
use crate::restore::budget::Budget;
use crate::restore::path::normal;

/// Length of a record of tar.
pub(crate) const BLOCK: usize = 512;

/// Whether a stream that begins so is a tar archive: its first header has its checksum, or it ends at once.
pub(crate) fn is_tar(start: &[u8]) -> bool {
    let Some(block) = start.first_chunk::<BLOCK>() else { return false };
    if block.iter().all(|&byte| byte == 0) {
        return true;
    }
    // The checksum is of the header with blanks in its place.
    let sum: u32 = block.iter().enumerate().map(|(at, &byte)| if (148..156).contains(&at) { 32 } else { u32::from(byte) }).sum();
    Header::from_byte_slice(block).cksum().is_ok_and(|promised| promised == sum)
}

/// All entries of the archive by their path, without `./` and the like. The stream is read to its end.
///
/// # Errors
/// The stream could not be read or is no tar archive: truncated, corrupt, or without end for all that can be told.
pub(crate) fn contents(tar: impl Read, budget: &Budget) -> io::Result<Manifest> {
    let in_content = Cell::new(false);
    let mut archive = Archive::new(Metered { reader: tar, budget, free: &in_content });
    let mut found = Manifest::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = normal(&entry.path_bytes());
        let header = entry.header();
        let mode = header.mode()? & 0o7777;
        // Some writers leave them empty.
        let owner = header.uid().ok().zip(header.gid().ok());
        let length = entry.size();
        // A sparse file may be as long as it likes without a byte in the archive.
        budget.take_content(length)?;
        in_content.set(true);
        let mut reader = Digesting::new(&mut entry);
        io::copy(&mut reader, &mut io::sink())?;
        let (sha256, bytes) = reader.finish();
        in_content.set(false);
        let (kind, hard_link) = match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                if bytes != length {
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("it ends within `{}`", shown(&path))));
                }
                (Kind::File { bytes, sha256 }, None)
            }
            EntryType::Directory => (Kind::Folder, None),
            EntryType::Symlink => (Kind::Link { target: entry.link_name_bytes().unwrap_or_default().into_owned() }, None),
            // A hard link is another name of an earlier file.
            EntryType::Link => {
                let target = normal(&entry.link_name_bytes().unwrap_or_default());
                match found.get(&target) {
                    Some(first) => (first.kind.clone(), Some(first.hard_link.clone().unwrap_or(target))),
                    None => (Kind::Other, None),
                }
            }
            _ => (Kind::Other, None),
        };
        let mode = (!matches!(kind, Kind::Link { .. })).then_some(mode);
        if !path.is_empty() {
            found.insert(path, Entry { kind, mode, owner, hard_link });
        }
    }
    finish(archive.into_inner().reader, budget)?;
    Ok(found)
}

/// What follows the end mark is padding, but a checksum of the compression may come after it.
fn finish(mut reader: impl Read, budget: &Budget) -> io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = reader.read(&mut buffer)?;
        budget.take_content(count as u64)?;
        match buffer.get(..count) {
            None | Some([]) => return Ok(()),
            Some(padding) if padding.iter().all(|&byte| byte == 0) => {}
            Some(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "what follows its end is no part of it")),
        }
    }
}

/// Counts what is read as names, but for what is free.
struct Metered<'a, R> {
    reader: R,
    budget: &'a Budget,
    free: &'a Cell<bool>,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        if !self.free.get() {
            self.budget.take_names(count as u64)?;
        }
        Ok(count)
    }
}
