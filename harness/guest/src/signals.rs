//! Signals as programs in a machine find them.

/// Gives every signal its default action. Whoever started nightproof may have ignored some, which programs inherit: a shell that runs it in the background ignores SIGINT
/// and SIGQUIT, `nohup` SIGHUP. On AWS an agent's scripts are started by systemd, and deaf to none.
/// <https://man7.org/linux/man-pages/man7/signal.7.html>
#[expect(unsafe_code, reason = "rustix has no signal dispositions")]
pub(crate) fn reset() {
    // Rust's programs ignore SIGPIPE themselves, and give it back to those that they start.
    for signal in (1..=31).filter(|signal| *signal != libc::SIGPIPE) {
        // SAFETY: no handler is installed, and none is replaced: this process was executed just now.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}
