//! The kernel's keys, which follow processes into any namespace.

/// Leaves the session keyring that whoever started nightproof has, with keys that its processes may read, for an empty one.
/// <https://man7.org/linux/man-pages/man2/keyctl.2.html>
#[expect(unsafe_code, reason = "neither libc nor rustix has a function for it")]
pub(crate) fn leave() {
    const JOIN_SESSION_KEYRING: libc::c_int = 1;
    // SAFETY: the operation takes a name, which may be null, and changes nothing of this process's memory. Where it is refused, as in Docker,
    // a machine may not ask for keys either.
    unsafe { libc::syscall(libc::SYS_keyctl, JOIN_SESSION_KEYRING, std::ptr::null::<libc::c_char>()) };
}
