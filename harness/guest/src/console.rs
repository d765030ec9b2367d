//! The machine's console.

use std::io::{self, Write as _};

/// Prints a line on the machine's console. If nobody reads it, it is lost.
pub(crate) fn print(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
