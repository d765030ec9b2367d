//! Orders of the machine's own commands to the guest: a line each, on a socket in the machine.

use std::fmt;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use nightproof_machine_protocol::connection::Purpose;
use nightproof_machine_protocol::finding;
pub(crate) use nightproof_machine_protocol::finding::Kind;
use nightproof_machine_protocol::spec::inside;

use crate::service::Service;
use crate::{going_down, relay};

/// What a command asks of the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// The machine is to go down and up again, after so many seconds.
    Reboot(u64),
    /// The machine is to go down, after so many seconds.
    PowerOff(u64),
    /// What was to happen later is not to.
    Cancel,
    /// The SSM agent's service is to run.
    StartAgent,
    /// The SSM agent's service is to end.
    StopAgent,
    /// Whether the SSM agent runs: the answer is `active` or `inactive`.
    Agent,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reboot(after) => write!(f, "reboot {after}"),
            Self::PowerOff(after) => write!(f, "poweroff {after}"),
            Self::Cancel => f.write_str("cancel"),
            Self::StartAgent => f.write_str("start-agent"),
            Self::StopAgent => f.write_str("stop-agent"),
            Self::Agent => f.write_str("agent"),
        }
    }
}

impl Order {
    fn read(line: &str) -> Option<Self> {
        let (word, number) = line.split_once(' ').unwrap_or((line, "0"));
        let after = number.parse().ok()?;
        Some(match word {
            "reboot" => Self::Reboot(after),
            "poweroff" => Self::PowerOff(after),
            "cancel" => Self::Cancel,
            "start-agent" => Self::StartAgent,
            "stop-agent" => Self::StopAgent,
            "agent" => Self::Agent,
            _ => return None,
        })
    }
}

/// Gives the order; returns the answer.
pub(crate) fn order(order: Order) -> io::Result<String> {
    let mut guest = UnixStream::connect(inside::CONTROL)?;
    writeln!(guest, "{order}")?;
    let mut answer = String::new();
    guest.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Tells the region's user something of this machine.
pub(crate) fn finding(kind: Kind, text: &str) -> io::Result<()> {
    relay::connect(Purpose::Finding)?.write_all(finding::write(kind, text).as_bytes())
}

/// Takes orders from now on.
pub(crate) fn serve(agent: Option<Service>) -> io::Result<()> {
    match fs::remove_file(inside::CONTROL) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(inside::CONTROL)?;
    // Counts the plans to go down: only the latest is carried out.
    let plans = Arc::new(AtomicU64::new(0));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A command that cannot be answered has gone.
            let _ = take(&stream, agent.as_ref(), &plans);
        }
    });
    Ok(())
}

fn take(mut stream: &UnixStream, agent: Option<&Service>, plans: &Arc<AtomicU64>) -> io::Result<()> {
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    match Order::read(line.trim_end()) {
        Some(Order::Reboot(after)) => plan(plans, after, || going_down::reboot()),
        Some(Order::PowerOff(after)) => plan(plans, after, || going_down::power_off()),
        Some(Order::Cancel) => {
            plans.fetch_add(1, Ordering::Relaxed);
        }
        Some(Order::StartAgent) => agent.into_iter().for_each(Service::start),
        Some(Order::StopAgent) => agent.into_iter().for_each(Service::stop),
        Some(Order::Agent) => {
            let word = if agent.is_some_and(Service::is_running) { "active" } else { "inactive" };
            stream.write_all(word.as_bytes())?;
        }
        None => {}
    }
    Ok(())
}

/// Has the machine go down in so many seconds, unless another order comes first.
fn plan(plans: &Arc<AtomicU64>, after: u64, act: fn()) {
    let (plans, plan) = (Arc::clone(plans), plans.fetch_add(1, Ordering::Relaxed) + 1);
    thread::spawn(move || {
        thread::sleep(Duration::from_secs(after));
        if plans.load(Ordering::Relaxed) == plan {
            act();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_as_it_was_written() {
        for order in [Order::Reboot(60), Order::PowerOff(0), Order::Cancel, Order::StartAgent, Order::StopAgent, Order::Agent] {
            assert_eq!(Order::read(&order.to_string()), Some(order));
        }
        assert_eq!(Order::read("dance"), None);
    }
}
