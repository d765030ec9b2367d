//! Leaving namespaces.

use std::io;

/// Moves this process into new namespaces of the kinds that `flags` name. It must have one thread.
#[expect(unsafe_code, reason = "rustix's is unsafe too, for a flag that is not used here")]
pub(crate) fn unshare(flags: libc::c_int) -> io::Result<()> {
    // SAFETY: the process has one thread, and CLONE_FILES, which could part threads from their descriptors, is not asked for.
    if unsafe { libc::unshare(flags) } == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
