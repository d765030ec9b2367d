//! The files that `--journal` writes.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use nightproof_journal::{Journal, Record};

use crate::error::Error;
use crate::printer;

/// A journal that is also written to `file`, if one is named.
pub(crate) fn open(file: Option<&Path>) -> Result<Journal, Error> {
    let Some(file) = file else { return Ok(Journal::default()) };
    let written = File::create(file).map(|file| Journal::with_writer(BufWriter::new(file)));
    written.map_err(|source| Error::WriteJournal { path: file.to_owned(), source })
}

/// Writes out what is buffered of `journal`; a failure is a warning.
pub(crate) fn flush(journal: &Journal) {
    if let Err(error) = journal.flush() {
        printer::warning(&Error::IncompleteJournal(error));
    }
}

/// The records of a journal that was written earlier.
pub(crate) fn read(file: &Path) -> Result<Vec<Record>, Error> {
    let text = std::fs::read_to_string(file).map_err(|source| Error::ReadJournal { path: file.to_owned(), source })?;
    nightproof_journal::read(&text).map_err(|why| Error::Journal { path: file.to_owned(), why })
}
