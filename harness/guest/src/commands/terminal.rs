//! What a command writes.

use std::io::Write as _;

/// Writes a line for a person, as the command's own would be.
pub(super) fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Writes a line of output. Whoever has closed its end needs none.
pub(super) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
