//! Drill files: what a drill rehearses and what has to hold, beside the template.
//!
//! [`DrillFile::read`] reads one, [`draft`] writes one for a template. `docs/drill-file.md` explains the format.

mod amount;
mod database;
mod draft;
mod error;
mod file;
pub mod member;
mod suite;
#[cfg(test)]
mod tests;

pub use amount::{Percent, Span};
pub use database::{Database, Engine};
pub use draft::{draft, draft_of_stack};
pub use error::DrillFileError;
pub use file::{
    Archives, Budgets, Data, DrillFile, Ignore, Machine, MachineKind, Place, Profile, Restore, RestoredObjects, Trigger,
};

pub use suite::Suite;

/// The name of the drill file that is found by itself.
pub const NAME: &str = "nightproof.yaml";
