//! A disk that is slow.
//!
//! A limit of the kernel's on the throughput of a disk takes a control group or a block device, and so root. So whoever reads or writes a
//! file of the disk waits until a disk of that throughput would have done it, and all that it was asked for before. Nothing is cached.

use core::ffi::{CStr, c_int, c_long, c_void};
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::state::state;
use crate::system::{
    CLOCK_GETTIME, CLOCK_MONOTONIC, CLOCK_NANOSLEEP, COPY_FILE_RANGE, PREAD, PWRITE, READ, READV, SENDFILE, STATX, Timespec,
    WRITE, WRITEV, syscall,
};

/// What is on the disk: each is a mount of its own.
const FOLDERS: [&CStr; 6] = [c"/var", c"/root", c"/home", c"/opt", c"/srv", c"/mnt"];

const AT_FDCWD: c_int = -100;
const AT_EMPTY_PATH: c_int = 0x1000;
const STATX_TYPE_AND_MOUNT: u32 = 0x1001;
const S_IFMT: u16 = 0o170_000;
const S_IFREG: u16 = 0o100_000;
const TIMER_ABSTIME: c_int = 1;
const SECOND: u64 = 1_000_000_000;

/// The first members of what `statx` answers, and the room that it takes.
/// <https://man7.org/linux/man-pages/man2/statx.2.html>
#[repr(C)]
struct Status {
    mask: u32,
    _to_the_mode: [u32; 6],
    mode: u16,
    _to_the_mount: [u16; 57],
    mount: u64,
    _rest: [u64; 13],
}

const _: () = assert!(size_of::<Status>() == 256 && core::mem::offset_of!(Status, mode) == 28);
const _: () = assert!(core::mem::offset_of!(Status, mount) == 144);

fn status(folder: c_int, path: &CStr, flags: c_int) -> Option<Status> {
    let mut found = core::mem::MaybeUninit::<Status>::zeroed();
    // SAFETY: the path ends with a zero byte, and the kernel writes no more than the answer is long.
    let result = unsafe {
        syscall(
            STATX,
            c_long::from(folder),
            path.as_ptr(),
            c_long::from(flags),
            STATX_TYPE_AND_MOUNT as c_long,
            found.as_mut_ptr(),
        )
    };
    // SAFETY: all of it was zero, and every value of its members is good.
    let found = unsafe { found.assume_init() };
    (result == 0 && found.mask & STATX_TYPE_AND_MOUNT == STATX_TYPE_AND_MOUNT).then_some(found)
}

/// Whether an open file is on the disk.
fn is_on_disk(descriptor: c_int) -> bool {
    static KNOWN: AtomicBool = AtomicBool::new(false);
    static MOUNTS: [AtomicU64; 6] = [const { AtomicU64::new(0) }; 6];
    if !KNOWN.load(Ordering::Acquire) {
        for (mount, folder) in MOUNTS.iter().zip(FOLDERS) {
            mount.store(status(AT_FDCWD, folder, 0).map_or(0, |status| status.mount), Ordering::Relaxed);
        }
        KNOWN.store(true, Ordering::Release);
    }
    status(descriptor, c"", AT_EMPTY_PATH).is_some_and(|status| {
        status.mode & S_IFMT == S_IFREG && MOUNTS.iter().any(|mount| mount.load(Ordering::Relaxed) == status.mount)
    })
}

/// Waits until the disk has done with so many bytes of each file that is on it. Returns the bytes.
fn wait(bytes: c_long, files: &[c_int]) -> c_long {
    let Some(state) = state() else { return bytes };
    let per_second = state.disk_bytes_per_second.load(Ordering::Relaxed);
    if bytes <= 0 || per_second == 0 {
        return bytes;
    }
    let on_disk = files.iter().filter(|descriptor| is_on_disk(**descriptor)).count();
    if on_disk == 0 {
        return bytes;
    }
    let takes = (bytes.unsigned_abs() * on_disk as u64).saturating_mul(SECOND) / per_second;
    let mut now = Timespec { seconds: 0, nanoseconds: 0 };
    // SAFETY: `now` is ours.
    unsafe { syscall(CLOCK_GETTIME, c_long::from(CLOCK_MONOTONIC), &raw mut now) };
    let now = now.seconds.unsigned_abs() * SECOND + now.nanoseconds.unsigned_abs();
    let mut done = now;
    let book = |busy: u64| {
        done = busy.max(now).saturating_add(takes);
        Some(done)
    };
    let _ = state.disk_busy_until.fetch_update(Ordering::Relaxed, Ordering::Relaxed, book);
    let end = Timespec { seconds: (done / SECOND) as i64, nanoseconds: (done % SECOND) as i64 };
    let nowhere = core::ptr::null_mut::<Timespec>();
    // SAFETY: `end` is ours. A signal ends the wait early, but the disk has the time booked.
    unsafe { syscall(CLOCK_NANOSLEEP, c_long::from(CLOCK_MONOTONIC), c_long::from(TIMER_ABSTIME), &raw const end, nowhere) };
    bytes
}

/// Functions that read or write one file, by the system call that they are.
macro_rules! interpose {
    ($($name:ident = $call:ident($($argument:ident: $type:ty),*);)*) => { $(
        /// As the C library's of that name: <https://man7.org/linux/man-pages/dir_section_2.html>
        ///
        /// # Safety
        /// As the C library's.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(file: c_int $(, $argument: $type)*) -> isize {
            // SAFETY: the caller's pointers are for the kernel to check.
            wait(unsafe { syscall($call, c_long::from(file) $(, $argument as c_long)*) }, &[file]) as isize
        }
    )* };
}

interpose! {
    read = READ(to: *mut c_void, bytes: usize);
    write = WRITE(from: *const c_void, bytes: usize);
    pread = PREAD(to: *mut c_void, bytes: usize, at: i64);
    pread64 = PREAD(to: *mut c_void, bytes: usize, at: i64);
    pwrite = PWRITE(from: *const c_void, bytes: usize, at: i64);
    pwrite64 = PWRITE(from: *const c_void, bytes: usize, at: i64);
    readv = READV(parts: *const c_void, count: c_int);
    writev = WRITEV(parts: *const c_void, count: c_int);
}

unsafe extern "C" {
    fn __chk_fail() -> !;
}

/// `read` where the compiler knew how much memory there is.
/// <https://refspecs.linuxbase.org/LSB_4.1.0/LSB-Core-generic/LSB-Core-generic/libc---read-chk-1.html>
///
/// # Safety
/// As the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __read_chk(file: c_int, to: *mut c_void, bytes: usize, room: usize) -> isize {
    // SAFETY: as the caller's.
    unsafe { if bytes > room { __chk_fail() } else { read(file, to, bytes) } }
}

/// `pread` where the compiler knew how much memory there is.
///
/// # Safety
/// As the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __pread_chk(file: c_int, to: *mut c_void, bytes: usize, at: i64, room: usize) -> isize {
    // SAFETY: as the caller's.
    unsafe { if bytes > room { __chk_fail() } else { pread(file, to, bytes, at) } }
}

/// `pread64` where the compiler knew how much memory there is.
///
/// # Safety
/// As the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __pread64_chk(file: c_int, to: *mut c_void, bytes: usize, at: i64, room: usize) -> isize {
    // SAFETY: as the caller's.
    unsafe { __pread_chk(file, to, bytes, at, room) }
}

/// <https://man7.org/linux/man-pages/man2/sendfile.2.html>
///
/// # Safety
/// As the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sendfile(to: c_int, from: c_int, at: *mut i64, bytes: usize) -> isize {
    // SAFETY: the caller's pointers are for the kernel to check.
    wait(unsafe { syscall(SENDFILE, c_long::from(to), c_long::from(from), at, bytes) }, &[to, from]) as isize
}

/// <https://man7.org/linux/man-pages/man2/sendfile.2.html>
///
/// # Safety
/// As the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sendfile64(to: c_int, from: c_int, at: *mut i64, bytes: usize) -> isize {
    // SAFETY: as the caller's.
    unsafe { sendfile(to, from, at, bytes) }
}

/// <https://man7.org/linux/man-pages/man2/copy_file_range.2.html>
///
/// # Safety
/// As the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copy_file_range(
    from: c_int,
    from_at: *mut i64,
    to: c_int,
    to_at: *mut i64,
    bytes: usize,
    flags: u32,
) -> isize {
    let (first, second, flags) = (c_long::from(from), c_long::from(to), c_long::from(flags));
    // SAFETY: the caller's pointers are for the kernel to check.
    wait(unsafe { syscall(COPY_FILE_RANGE, first, from_at, second, to_at, bytes, flags) }, &[from, to]) as isize
}
