//! A clock that is wrong.
//!
//! The kernel has one clock for all, and a time namespace moves only those that count from the boot. So the functions that tell the time
//! of day add an offset. The files that are written have the right time.

use core::ffi::{c_int, c_long, c_void};
use core::sync::atomic::Ordering;

use crate::state::state;
use crate::system::{CLOCK_GETTIME, CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_TAI, Timespec, syscall};

#[repr(C)]
pub struct Timeval {
    seconds: i64,
    microseconds: i64,
}

fn offset() -> i64 {
    state().map_or(0, |state| state.clock_offset.load(Ordering::Relaxed))
}

/// <https://man7.org/linux/man-pages/man3/clock_gettime.3.html>
///
/// # Safety
/// As the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: c_int, time: *mut Timespec) -> c_int {
    // SAFETY: the caller's pointer is for the kernel to check.
    let result = unsafe { syscall(CLOCK_GETTIME, c_long::from(clock), time) };
    if result == 0 && matches!(clock, CLOCK_REALTIME | CLOCK_REALTIME_COARSE | CLOCK_TAI) {
        // SAFETY: the kernel has written to it.
        unsafe { (*time).seconds += offset() };
    }
    result as c_int
}

/// <https://man7.org/linux/man-pages/man2/gettimeofday.2.html>
///
/// # Safety
/// As the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gettimeofday(time: *mut Timeval, _zone: *mut c_void) -> c_int {
    let mut now = Timespec { seconds: 0, nanoseconds: 0 };
    // SAFETY: `now` is ours; the caller's pointer is null or good.
    unsafe {
        clock_gettime(CLOCK_REALTIME, &mut now);
        if !time.is_null() {
            *time = Timeval { seconds: now.seconds, microseconds: now.nanoseconds / 1000 };
        }
    }
    0
}

/// <https://man7.org/linux/man-pages/man2/time.2.html>
///
/// # Safety
/// As the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn time(time: *mut i64) -> i64 {
    let mut now = Timespec { seconds: 0, nanoseconds: 0 };
    // SAFETY: `now` is ours; the caller's pointer is null or good.
    unsafe {
        clock_gettime(CLOCK_REALTIME, &mut now);
        if !time.is_null() {
            *time = now.seconds;
        }
    }
    now.seconds
}
