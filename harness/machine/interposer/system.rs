//! What the program's own C library has, and the kernel's numbers for it.

use core::ffi::{c_char, c_int, c_long, c_void};

unsafe extern "C" {
    pub(crate) fn syscall(number: c_long, ...) -> c_long;
    pub(crate) fn open(path: *const c_char, flags: c_int, ...) -> c_int;
    pub(crate) fn close(descriptor: c_int) -> c_int;
    pub(crate) fn mmap(at: *mut c_void, length: usize, protection: c_int, flags: c_int, file: c_int, offset: i64) -> *mut c_void;
}

pub(crate) const CLOCK_REALTIME: c_int = 0;
pub(crate) const CLOCK_MONOTONIC: c_int = 1;
pub(crate) const CLOCK_REALTIME_COARSE: c_int = 5;
pub(crate) const CLOCK_TAI: c_int = 11;

/// <https://man7.org/linux/man-pages/man3/timespec.3type.html>
#[repr(C)]
pub struct Timespec {
    pub(crate) seconds: i64,
    pub(crate) nanoseconds: i64,
}

/// Numbers of system calls.
/// <https://man7.org/linux/man-pages/man2/syscalls.2.html>
#[cfg(target_arch = "x86_64")]
mod numbers {
    use core::ffi::c_long;

    pub(crate) const READ: c_long = 0;
    pub(crate) const WRITE: c_long = 1;
    pub(crate) const PREAD: c_long = 17;
    pub(crate) const PWRITE: c_long = 18;
    pub(crate) const READV: c_long = 19;
    pub(crate) const WRITEV: c_long = 20;
    pub(crate) const SENDFILE: c_long = 40;
    pub(crate) const CLOCK_GETTIME: c_long = 228;
    pub(crate) const CLOCK_NANOSLEEP: c_long = 230;
    pub(crate) const COPY_FILE_RANGE: c_long = 326;
    pub(crate) const STATX: c_long = 332;
}

/// Those of all newer architectures.
#[cfg(not(target_arch = "x86_64"))]
mod numbers {
    use core::ffi::c_long;

    pub(crate) const READ: c_long = 63;
    pub(crate) const WRITE: c_long = 64;
    pub(crate) const READV: c_long = 65;
    pub(crate) const WRITEV: c_long = 66;
    pub(crate) const PREAD: c_long = 67;
    pub(crate) const PWRITE: c_long = 68;
    pub(crate) const SENDFILE: c_long = 71;
    pub(crate) const CLOCK_GETTIME: c_long = 113;
    pub(crate) const CLOCK_NANOSLEEP: c_long = 115;
    pub(crate) const COPY_FILE_RANGE: c_long = 285;
    pub(crate) const STATX: c_long = 291;
}

pub(crate) use numbers::*;
