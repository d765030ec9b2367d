//! Launcher and guest of machines as a program of their own, for this crate's tests; users have both in `nightproof`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    nightproof_guest::dispatch(&arguments).unwrap_or(ExitCode::FAILURE)
}
