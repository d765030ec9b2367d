//! An instance whose processors give it only part of their time: what runs in it stands still for the rest.
//!
//! A control group's quota would be the right means, and takes root or a delegation that few hosts have. So all processes but nightproof's
//! own are stopped and continued by signals, as cpulimit does it: those may run that would, for their share of each period. What a process
//! waits for (a sleep, the network) goes on meanwhile, as on a slow processor.

use std::io::{self, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::{relay, usage};

/// How long a share and the rest take together.
const PERIOD: Duration = Duration::from_millis(100);

/// Keeps to the CPU share that the region sets, a byte each time, percent. Ends with the region.
pub(crate) fn keep() -> io::Result<()> {
    let mut region = relay::take_cpu_shares()?;
    let percent = Arc::new(AtomicU8::new(100));
    let kept = Arc::clone(&percent);
    let keeper: JoinHandle<()> = thread::spawn(move || keep_to(&kept));
    let mut order = [100];
    loop {
        region.read_exact(&mut order)?;
        let [ordered] = order;
        percent.store(ordered, Ordering::Relaxed);
        keeper.thread().unpark();
    }
}

fn keep_to(percent: &AtomicU8) {
    loop {
        let share = PERIOD * percent.load(Ordering::Relaxed).into() / 100;
        if share >= PERIOD {
            thread::park();
            continue;
        }
        thread::sleep(share);
        signal(Signal::STOP);
        thread::sleep(PERIOD - share);
        signal(Signal::CONT);
    }
}

fn signal(signal: Signal) {
    for process in usage::others().filter_map(|id| Pid::from_raw(i32::try_from(id).ok()?)) {
        // One that has ended needs no signal.
        let _ = kill_process(process, signal);
    }
}
