//! What this process has used.

/// `VmHWM` of this process, in MiB.
/// <https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>
pub(super) fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? / 1024.0)
}

/// User and system time of this process, in milliseconds. <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>
pub(super) fn processor_time() -> Option<f64> {
    // In ticks, of which Linux shows a hundred a second.
    const TICK: f64 = 10.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // What follows the name, which may hold anything: the third field of all.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) * TICK)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn the_peak_of_this_process_is_known() {
        assert!(peak_memory().unwrap() > 1.0);
    }

    #[test]
    fn processor_time_grows_with_work() {
        let (before, begun, mut sum) = (processor_time().unwrap(), Instant::now(), 0_u64);
        // The kernel counts by ticks, and this process may get few of them.
        while processor_time().unwrap() <= before && begun.elapsed() < Duration::from_secs(30) {
            sum = sum.wrapping_add(std::hint::black_box(1));
        }
        assert!(processor_time().unwrap() > before, "after {sum} rounds");
    }
}
