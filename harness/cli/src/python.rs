//! The processor time that Python takes below this process: the handler and the AWS CLI, whose speed is not nightproof's.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often processes are looked at, and so how much of each may be missed at its end: a hundredth of Python's own start.
const INTERVAL: Duration = Duration::from_millis(4);

/// Watches, until dropped, the Python processes among the descendants of this process.
pub(crate) struct Watch {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    nanoseconds: AtomicU64,
    stop: AtomicBool,
}

/// Reads what a [`Watch`] has seen so far.
#[derive(Clone)]
pub(crate) struct Meter(Arc<Shared>);

impl Meter {
    /// Processor time of all Python processes so far, ended ones included.
    pub(crate) fn so_far(&self) -> Duration {
        Duration::from_nanos(self.0.nanoseconds.load(Ordering::Relaxed))
    }
}

impl Watch {
    /// Starts to watch.
    pub(crate) fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let told = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let mut seen = BTreeMap::new();
            while !told.stop.load(Ordering::Relaxed) {
                look(std::process::id(), &mut seen);
                told.nanoseconds.store(seen.values().sum(), Ordering::Relaxed);
                std::thread::sleep(INTERVAL);
            }
        });
        Self { shared, thread: Some(thread) }
    }

    /// A meter to read from anywhere.
    pub(crate) fn meter(&self) -> Meter {
        Meter(Arc::clone(&self.shared))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Notes the processor time of each Python process below `process`. Process ids are not used again within a drill.
fn look(process: u32, seen: &mut BTreeMap<u32, u64>) {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return };
    let is_python = fs::read_link(format!("/proc/{process}/exe"))
        .is_ok_and(|exe| exe.file_name().is_some_and(|name| name.to_string_lossy().starts_with("python")));
    let mut nanoseconds = 0;
    for thread in threads.flatten() {
        let thread = thread.path();
        if is_python {
            nanoseconds += processor_time(&fs::read_to_string(thread.join("schedstat")).unwrap_or_default());
        }
        let children = fs::read_to_string(thread.join("children")).unwrap_or_default();
        for child in children.split_whitespace().filter_map(|child| child.parse().ok()) {
            look(child, seen);
        }
    }
    if is_python {
        let noted = seen.entry(process).or_default();
        *noted = nanoseconds.max(*noted);
    }
}

/// The first number of a `schedstat`: nanoseconds on a processor.
/// <https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat>
fn processor_time(schedstat: &str) -> u64 {
    schedstat.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_the_first_number() {
        assert_eq!(processor_time("12345 67 8\n"), 12345);
        assert_eq!(processor_time(""), 0);
    }

    #[test]
    fn a_busy_python_is_seen_and_others_are_not() {
        let mut busy = std::process::Command::new("sh")
            .args(["-c", "python3 -c 'while True: pass' & echo; wait"])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut seen = BTreeMap::new();
        let _ = nightproof_poll::until_blocking(Duration::from_secs(20), || {
            look(std::process::id(), &mut seen);
            if seen.values().sum::<u64>() > 0 { Ok(()) } else { Err(()) }
        });
        let python: Vec<u32> = seen.keys().copied().collect();
        for process in &python {
            let _ = std::process::Command::new("kill").arg(process.to_string()).status();
        }
        let _ = busy.wait();
        assert_eq!(python.len(), 1, "{seen:?}");
    }
}
