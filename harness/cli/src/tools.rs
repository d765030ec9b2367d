//! The part of a drill that is Python's.

use nightproof_machine::tools::{self, Tools};

use crate::error::Error;
use crate::printer;

/// The AWS CLI and the runtime client, installed at first use.
pub(crate) fn ensure() -> Result<Tools, Error> {
    tools::ensure(printer::note).map_err(Error::Tools)
}
