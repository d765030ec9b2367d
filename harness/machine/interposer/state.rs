//! What the region and the machine's programs have in common: a file that all of them have mapped, so that what one writes to it shows at
//! once.

use core::ffi::CStr;
use core::ptr;
use core::sync::atomic::{AtomicI64, AtomicPtr, AtomicU64, Ordering};

use crate::system::{close, mmap, open};

const FILE: &CStr = c"/run/nightproof/interposer/state";

const O_RDWR: i32 = 2;
const O_CLOEXEC: i32 = 0o2_000_000;
const PROT_READ_AND_WRITE: i32 = 3;
const MAP_SHARED: i32 = 1;

/// The file, in this machine's byte order.
#[repr(C)]
pub(crate) struct State {
    /// Seconds that the clock is fast.
    pub(crate) clock_offset: AtomicI64,
    /// What the disk reads and writes in a second; 0 for one that is not slow.
    pub(crate) disk_bytes_per_second: AtomicU64,
    /// When the disk has done all that it was asked for: nanoseconds since the boot.
    pub(crate) disk_busy_until: AtomicU64,
}

/// Once it is mapped.
static MAPPED: AtomicPtr<State> = AtomicPtr::new(ptr::null_mut());

pub(crate) fn state() -> Option<&'static State> {
    let mut mapped = MAPPED.load(Ordering::Relaxed);
    if mapped.is_null() {
        // SAFETY: the path ends with a zero byte; the region makes the file as long as it is here, and never shorter.
        unsafe {
            let file = open(FILE.as_ptr(), O_RDWR | O_CLOEXEC);
            if file < 0 {
                return None;
            }
            let found = mmap(ptr::null_mut(), size_of::<State>(), PROT_READ_AND_WRITE, MAP_SHARED, file, 0);
            close(file);
            if found.addr() == usize::MAX {
                return None;
            }
            mapped = found.cast();
        }
        // Two threads may map it twice; both maps are good.
        MAPPED.store(mapped, Ordering::Relaxed);
    }
    // SAFETY: it is never unmapped, and all its members are atomic.
    Some(unsafe { &*mapped })
}
