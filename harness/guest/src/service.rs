//! The SSM agent as a service: started with the machine, stopped and started by order, started again after it failed.
//!
//! As the agent's systemd unit has it: `KillMode=process`, so that what the agent runs outlives it, `Restart=always`, `RestartSec=90` and
//! `RestartPreventExitStatus=194`. <https://github.com/aws/amazon-ssm-agent/tree/mainline/packaging> has the unit.

use std::io::{self, Read as _};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use nightproof_machine_protocol::order::{SERVICE_START, SERVICE_STOP};
use nightproof_machine_protocol::spec::REBOOT;
use rustix::fd::OwnedFd;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::{console, going_down, relay};

/// How long a service that has ended is left alone.
const RESTART: Duration = Duration::from_secs(90);

/// What a service is told, and what becomes of it.
enum Event {
    Start,
    Stop,
    Ended(ExitStatus),
}

/// A service that is kept running.
#[derive(Clone)]
pub(crate) struct Service {
    sender: Sender<Event>,
    running: Arc<AtomicBool>,
}

impl Service {
    /// Has it run, as `systemctl start` would.
    pub(crate) fn start(&self) {
        let _ = self.sender.send(Event::Start);
    }

    /// Has it end, as `systemctl stop` would.
    pub(crate) fn stop(&self) {
        let _ = self.sender.send(Event::Stop);
    }

    pub(crate) fn is_running(&self) -> bool {
        self.running.load(Ordering::Relaxed)
    }
}

/// Keeps the program that `command` answers running for as long as the machine does, by the region's orders. One that was ended, with all
/// that looked after it, is started as `Restart=always` would have it.
pub(crate) fn keep(name: &'static str, was_ended: bool, command: impl Fn() -> io::Result<Command> + Send + 'static) -> Service {
    let (sender, events) = channel();
    let ordering = sender.clone();
    thread::spawn(move || take_orders(&ordering));
    let running = Arc::new(AtomicBool::new(false));
    let service = Service { sender: sender.clone(), running: Arc::clone(&running) };
    let due = Some(Instant::now() + if was_ended { RESTART } else { Duration::ZERO });
    thread::spawn(move || {
        Keeper { name, command, sender, running, process: None, wanted: true, due }.run(&events);
    });
    service
}

/// Passes the region's orders on, a byte each. Ends with the region.
fn take_orders(service: &Sender<Event>) -> io::Result<()> {
    let mut region = relay::take_orders()?;
    let mut order = [0];
    loop {
        region.read_exact(&mut order)?;
        let event = match order {
            [SERVICE_STOP] => Event::Stop,
            [SERVICE_START] => Event::Start,
            _ => continue,
        };
        if service.send(event).is_err() {
            return Ok(());
        }
    }
}

struct Keeper<C> {
    name: &'static str,
    command: C,
    sender: Sender<Event>,
    running: Arc<AtomicBool>,
    process: Option<OwnedFd>,
    /// Whether it is to run.
    wanted: bool,
    /// When it is to be started; nothing is due while it runs or is not wanted.
    due: Option<Instant>,
}

impl<C: Fn() -> io::Result<Command>> Keeper<C> {
    fn run(mut self, events: &Receiver<Event>) {
        loop {
            let event = match self.due {
                Some(due) => events.recv_timeout(due.saturating_duration_since(Instant::now())),
                None => events.recv().map_err(RecvTimeoutError::from),
            };
            match event {
                Ok(Event::Stop) => {
                    (self.wanted, self.due) = (false, None);
                    // It is let go of here: that it ends is no failure any more.
                    self.running.store(false, Ordering::Relaxed);
                    if let Some(process) = self.process.take() {
                        let _ = pidfd_send_signal(process, Signal::KILL);
                    }
                }
                Ok(Event::Start) => {
                    self.wanted = true;
                    self.due = self.process.is_none().then(Instant::now);
                }
                Ok(Event::Ended(status)) if status.code() == Some(REBOOT.into()) => reboot(),
                Ok(Event::Ended(status)) => {
                    console::print(&format!("{} ended: {status}", self.name));
                    if self.process.as_ref().is_some_and(has_ended) {
                        self.process = None;
                        self.running.store(false, Ordering::Relaxed);
                        self.due = self.wanted.then(|| Instant::now() + RESTART);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.due = None;
                    if let Err(error) = self.start() {
                        console::print(&format!("cannot start {}: {error}", self.name));
                        self.due = Some(Instant::now() + RESTART);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn start(&mut self) -> io::Result<()> {
        let mut process = (self.command)()?.stdin(Stdio::null()).spawn()?;
        // Nobody else waits for it, so that its id is still its own.
        let id = i32::try_from(process.id()).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::NotFound)?;
        self.process = Some(pidfd_open(id, PidfdFlags::empty())?);
        self.running.store(true, Ordering::Relaxed);
        let sender = self.sender.clone();
        thread::spawn(move || {
            if let Ok(status) = process.wait() {
                let _ = sender.send(Event::Ended(status));
            }
        });
        Ok(())
    }
}

/// Ends the machine, which is then booted again. Its first process ends with this one, and the kernel kills all others.
fn reboot() -> ! {
    console::print("reboot: the SSM agent was asked for it");
    going_down::reboot()
}

/// Whether a process that was waited for is this one: it cannot be sent a signal any more.
fn has_ended(process: &OwnedFd) -> bool {
    rustix::process::pidfd_send_signal(process, Signal::CONT).is_err()
}
