//! How much of a night's archives is read before they are taken for what has no end.

use std::cell::Cell;
use std::io;

use crate::archive::manifest::{Kind, Manifest};

/// What may still be read, bytes; shared by all archives of a night.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    /// What comes beside the content of files, names above all: it is kept in memory.
    names: Cell<u64>,
    /// The content of files, and padding at the end.
    content: Cell<u64>,
    /// What it was at first.
    whole: u64,
}

impl Budget {
    /// Far beyond what archives of `manifest` take, with whatever else is in them.
    pub(crate) fn new(manifest: &Manifest) -> Self {
        let seeded = manifest.values().map(|entry| if let Kind::File { bytes, .. } = entry.kind { bytes } else { 0 });
        let seeded = seeded.fold(0, u64::saturating_add);
        Self::of((256 << 20) + 4096 * manifest.len() as u64, seeded.saturating_mul(10).saturating_add(10 << 30))
    }

    /// With these bounds.
    pub(crate) fn of(names: u64, content: u64) -> Self {
        Self { names: Cell::new(names), content: Cell::new(content), whole: content }
    }

    /// How much content may still come.
    pub(crate) fn content_left(&self) -> u64 {
        self.content.get()
    }

    /// Takes as much content from what may come.
    pub(crate) fn take_content(&self, bytes: u64) -> io::Result<()> {
        let left = self.content.get().checked_sub(bytes).ok_or_else(|| self.too_large())?;
        self.content.set(left);
        Ok(())
    }

    /// Takes as much of names from what may come.
    pub(crate) fn take_names(&self, bytes: u64) -> io::Result<()> {
        let too_long = || io::Error::new(io::ErrorKind::FileTooLarge, "its names are longer than any archive's are");
        self.names.set(self.names.get().checked_sub(bytes).ok_or_else(too_long)?);
        Ok(())
    }

    /// That more came than may.
    pub(crate) fn too_large(&self) -> io::Error {
        let why = format!("it holds more than {} bytes, far more than was seeded", self.whole);
        io::Error::new(io::ErrorKind::FileTooLarge, why)
    }
}
