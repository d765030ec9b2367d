//! Machines in programs that are not nightproof's own.
//!
//! A machine is started by the program executing itself with a hidden argument. A test has its `main` from the test harness, so that this is looked at before
//! `main`, by a function in the section of ELF whose functions the C library calls first, with the program's arguments. No other thread is there
//! yet, as the launcher needs it.

use std::ffi::OsString;
use std::hint::black_box;
use std::process::ExitCode;

#[used]
#[expect(
    unsafe_code,
    reason = "a section is nothing that the compiler can check: what is in it is called without arguments, and returns"
)]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = before_main;

extern "C" fn before_main() {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if !nightproof_guest::is_dispatched(&arguments) {
        return;
    }
    ignore_broken_pipes();
    if let Some(code) = nightproof_guest::dispatch(&arguments) {
        // The standard library gives an exit code to nobody but `main`.
        let status = (0..=u8::MAX).find(|status| ExitCode::from(*status) == code).unwrap_or(1);
        std::process::exit(status.into());
    }
}

/// Rust's start-up code does this before `main`.
#[expect(
    unsafe_code,
    reason = "the standard library has no function for it; the signal's action is set while there is one thread"
)]
fn ignore_broken_pipes() {
    // SAFETY: no other thread is there yet, and ignoring a signal runs no handler.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
}

/// Has the linker keep the function: a part of a library of which nothing is used is left out of a program.
pub(super) fn keep() {
    black_box(&BEFORE_MAIN);
}
