//! The SSM agent as a service: started with the machine, stopped and started by order, started again after it failed.
//!
//! As the agent's systemd unit has it: `KillMode=process`, so that what the agent runs outlives it, `Restart=on-failure` and
//! `RestartSec=15min`. <https://docs.aws.amazon.com/systems-manager/latest/userguide/configure-proxy-ssm-agent.html> shows the unit.

use std::io::{self, Read as _};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use nightproof_machine_protocol::order::{SERVICE_START, SERVICE_STOP};
use nightproof_machine_protocol::spec::REBOOT;
use rustix::fd::OwnedFd;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::console;
use crate::relay;

/// How long a service that failed is left alone.
const RESTART: Duration = Duration::from_secs(15 * 60);

/// What a service is told, and what becomes of it.
enum Event {
    Start,
    Stop,
    Ended(ExitStatus),
}

/// Keeps the program that `command` answers running for as long as the machine does, by the region's orders.
pub(crate) fn keep(name: &'static str, command: impl Fn() -> io::Result<Command> + Send + 'static) {
    let (sender, events) = channel();
    let ordering = sender.clone();
    thread::spawn(move || take_orders(&ordering));
    thread::spawn(move || {
        Service { name, command, sender, process: None, wanted: true, due: Some(Instant::now()) }.run(&events);
    });
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

struct Service<C> {
    name: &'static str,
    command: C,
    sender: Sender<Event>,
    process: Option<OwnedFd>,
    /// Whether it is to run.
    wanted: bool,
    /// When it is to be started; nothing is due while it runs or is not wanted.
    due: Option<Instant>,
}

impl<C: Fn() -> io::Result<Command>> Service<C> {
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
                        self.due = (!status.success()).then(|| Instant::now() + RESTART);
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
    std::process::exit(REBOOT.into())
}

/// Whether a process that was waited for is this one: it cannot be sent a signal any more.
fn has_ended(process: &OwnedFd) -> bool {
    rustix::process::pidfd_send_signal(process, Signal::CONT).is_err()
}
