//! The C library's allocator, configured to return freed memory to the kernel.
//!
//! By itself glibc raises the size from which on it asks the kernel for a block of its own to that of the largest one that was freed, up to
//! 32 MiB, and keeps twice as much at the end of each arena: after an archive and a large payload a region kept 65 MiB that nobody used.
//! <https://man7.org/linux/man-pages/man3/mallopt.3.html>

/// Blocks from this size on are the kernel's again as soon as they are freed, and an arena keeps no more than this at its end.
#[cfg(target_env = "gnu")]
const KEPT: libc::c_int = 1024 * 1024;

/// Keeps the limits from growing. To be called while there is one thread.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "glibc's settings have no safe function")]
pub(crate) fn give_back() {
    // SAFETY: no other thread allocates meanwhile; both are plain numbers, and settings that glibc refuses stay as they were.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, KEPT);
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
    }
}

/// Other C libraries do not let their limits grow.
#[cfg(not(target_env = "gnu"))]
pub(crate) fn give_back() {}

#[cfg(test)]
#[cfg(target_env = "gnu")]
mod tests {
    use super::*;

    /// Resident memory of this process, in KiB.
    fn resident() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Set for a process that runs this test alone: what others allocate meanwhile would count.
    const ALONE: &str = "NIGHTPROOF_TEST_ALONE";

    #[test]
    fn large_blocks_are_given_back_when_smaller_ones_live_on() {
        if std::env::var_os(ALONE).is_some() {
            return give_back_large_blocks();
        }
        let mut this = std::process::Command::new(std::env::current_exe().unwrap());
        let name = "allocator::tests::large_blocks_are_given_back_when_smaller_ones_live_on";
        let ended = this.args(["--exact", name, "--test-threads", "1"]).env(ALONE, "1").output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout);
        assert!(ended.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&ended.stderr));
    }

    fn give_back_large_blocks() {
        give_back();
        // Freeing it would raise the limit above the next ones.
        drop(vec![1_u8; 24 * 1024 * 1024]);
        let before = resident();
        let mut small = Vec::new();
        let large: Vec<Vec<u8>> = (0..20)
            .map(|_| {
                let block = vec![1_u8; 4 * 1024 * 1024];
                small.push(vec![1_u8; 64]);
                block
            })
            .collect();
        assert!(resident() > before + 60_000, "80 MiB are in use");
        drop(large);
        assert!(resident() < before + 20_000, "{before} KiB before, {} after", resident());
        assert_eq!(small.len(), 20);
    }
}
