//! How much memory a function's processes use, told to the region; and what is done when they use too much.
//!
//! A limit on address space would be of no use: Python maps far more than it touches, and an allocation that fails raises an error, where
//! AWS's environment is out of memory and a process of it is killed. Control groups would be the right means, and take root or a delegation
//! that few hosts have. So memory is measured often, and the largest process killed, as the kernel does.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use std::os::unix::process::ExitStatusExt as _;

use nightproof_machine_protocol::connection::Purpose;
use nightproof_machine_protocol::usage::{End, Report};
use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process};

use crate::relay;

/// How often the limit is looked after.
const EVERY: Duration = Duration::from_millis(20);

/// The connection on which the region asks, and the guest answers.
pub(crate) struct Usage {
    stream: Mutex<UnixStream>,
    /// KiB.
    peak: AtomicU64,
    /// The process that was killed for memory.
    killed: AtomicU64,
    done: AtomicBool,
}

/// Starts to measure.
pub(crate) fn watch(limit_mib: Option<u64>) -> io::Result<Arc<Usage>> {
    let stream = relay::connect(Purpose::Usage)?;
    let questions = stream.try_clone()?;
    let usage = Arc::new(Usage {
        stream: Mutex::new(stream),
        peak: AtomicU64::new(0),
        killed: AtomicU64::new(0),
        done: AtomicBool::new(false),
    });
    let answering = Arc::clone(&usage);
    thread::spawn(move || {
        for _ in BufReader::new(questions).lines().map_while(Result::ok) {
            answering.measure();
            answering.tell(&[answering.peak()]);
        }
    });
    if let Some(limit) = limit_mib {
        let watching = Arc::clone(&usage);
        thread::spawn(move || {
            while !watching.done.load(Ordering::Relaxed) {
                watching.enforce(limit * 1024);
                thread::sleep(EVERY);
            }
        });
    }
    Ok(usage)
}

impl Usage {
    /// Tells how the command ended, and returns when the region knows.
    pub(crate) fn ended(&self, command: u32, status: ExitStatus) {
        self.done.store(true, Ordering::Relaxed);
        let end = match (status.signal(), status.code()) {
            (Some(_), _) if self.killed.load(Ordering::Relaxed) == u64::from(command) => End::OutOfMemory,
            (Some(signal), _) => End::Signal(signal),
            (None, code) => End::Exit(code.unwrap_or(-1)),
        };
        self.tell(&[self.peak(), Report::Ended(end)]);
        let stream = self.stream.lock();
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
        // The region closes when it has read all.
        let _ = (&*stream).read_to_end(&mut Vec::new());
    }

    fn peak(&self) -> Report {
        Report::Peak(self.peak.load(Ordering::Relaxed))
    }

    fn tell(&self, reports: &[Report]) {
        let lines: String = reports.iter().map(|report| format!("{report}\n")).collect();
        // A region that is gone needs no numbers.
        let _ = self.stream.lock().write_all(lines.as_bytes());
    }

    fn measure(&self) -> Vec<Process> {
        let processes = processes();
        let together = processes.iter().map(|process| process.resident).sum::<u64>();
        let largest = processes.iter().map(|process| process.peak).max().unwrap_or(0);
        self.peak.fetch_max(together.max(largest), Ordering::Relaxed);
        processes
    }

    fn enforce(&self, limit: u64) {
        let processes = self.measure();
        if processes.iter().map(|process| process.resident).sum::<u64>() <= limit {
            return;
        }
        // What processes share was counted for each of them; this is slower, and counts it once.
        let shares = processes.iter().map(|process| process.share().unwrap_or(process.resident));
        if shares.sum::<u64>() <= limit {
            return;
        }
        let largest = processes.iter().max_by_key(|process| process.resident);
        if let Some((process, pid)) = largest.and_then(|process| Some((process, Pid::from_raw(i32::try_from(process.id).ok()?)?)))
        {
            self.killed.store(u64::from(process.id), Ordering::Relaxed);
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// A process of the function's, and its memory in KiB.
#[derive(Debug)]
struct Process {
    id: u32,
    folder: PathBuf,
    resident: u64,
    /// The most that it has had.
    peak: u64,
}

impl Process {
    /// What it has of memory when what is shared is divided among those who share it.
    fn share(&self) -> Option<u64> {
        member(&fs::read_to_string(self.folder.join("smaps_rollup")).ok()?, "Pss:")
    }
}

/// Ids of all processes of the machine that are not nightproof's own.
pub(crate) fn others() -> impl Iterator<Item = u32> {
    let own = fs::read_link("/proc/self/exe").ok();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(move |id| fs::read_link(format!("/proc/{id}/exe")).ok() != own)
}

/// Those processes and their memory.
fn processes() -> Vec<Process> {
    others().filter_map(|id| read(id, &PathBuf::from(format!("/proc/{id}")))).collect()
}

fn read(id: u32, folder: &Path) -> Option<Process> {
    // Kernel threads and processes that are ending have none of this.
    let status = fs::read_to_string(folder.join("status")).ok()?;
    Some(Process { id, folder: folder.to_owned(), resident: member(&status, "VmRSS:")?, peak: member(&status, "VmHWM:")? })
}

/// A number of KiB: `VmRSS:     3456 kB`.
fn member(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix("kB")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_as_the_kernel_writes_it() {
        let status = "Name:\tpython3\nVmPeak:\t   99 kB\nVmHWM:\t    3456 kB\nVmRSS:\t    1234 kB\n";
        assert_eq!((member(status, "VmHWM:"), member(status, "VmRSS:"), member(status, "Pss:")), (Some(3456), Some(1234), None));
        let own = read(std::process::id(), Path::new("/proc/self")).unwrap();
        assert!(own.resident > 0 && own.peak >= own.resident && own.share().unwrap_or(1) > 0, "{own:?}");
    }
}
