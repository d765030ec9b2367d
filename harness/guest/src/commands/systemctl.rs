//! `systemctl`: power, the SSM agent's service, cron's, and services and timers that an administrator has written.
//! <https://www.freedesktop.org/software/systemd/man/latest/systemctl.html>

use super::power;
use super::terminal::{complain, say};
use super::unit::Unit;
use crate::control::{self, Order};
use crate::timers::{self, cron};

/// The agent's unit, and what Ubuntu's snap calls it.
const AGENT: [&str; 2] = ["amazon-ssm-agent.service", "snap.amazon-ssm-agent.amazon-ssm-agent.service"];
/// `systemctl`'s own codes.
const NOT_ACTIVE: u8 = 3;
const NO_SUCH_UNIT: u8 = 4;
const NOT_INSTALLED: u8 = 5;

/// What a unit's name stands for.
enum Found {
    Agent,
    Cron,
    Unit(Unit),
    /// A socket, a mount and so on, which nothing here runs.
    Other,
    Nothing,
}

fn find(name: &str) -> Found {
    if AGENT.contains(&name) {
        return Found::Agent;
    }
    if name == cron::unit() && cron::is_installed() {
        return Found::Cron;
    }
    match Unit::find(name) {
        Some(unit) if name.ends_with(".service") || name.ends_with(".timer") => Found::Unit(unit),
        Some(_) => Found::Other,
        None => Found::Nothing,
    }
}

pub(super) fn main(arguments: &[String]) -> u8 {
    let words: Vec<&str> = arguments.iter().map(String::as_str).filter(|argument| !argument.starts_with('-')).collect();
    let has = |names: [&str; 2]| arguments.iter().any(|argument| names.contains(&argument.as_str()));
    let (quiet, now) = (has(["-q", "--quiet"]), has(["--now", "--now"]));
    let Some((verb, names)) = words.split_first() else {
        complain("systemctl: the list of units is not served in this machine");
        return 1;
    };
    match *verb {
        "reboot" | "poweroff" | "halt" => return power::main(verb, &[]),
        "daemon-reload" | "daemon-reexec" | "reset-failed" => return 0,
        "is-system-running" => {
            say("running");
            return 0;
        }
        _ => {}
    }
    let mut code = 0;
    for name in names {
        let name = if name.rsplit_once('.').is_some_and(|(_, kind)| KINDS.contains(&kind)) {
            (*name).to_owned()
        } else {
            format!("{name}.service")
        };
        let done = match *verb {
            "enable" if now => act("enable", &name, quiet).max(act("start", &name, quiet)),
            "disable" if now => act("disable", &name, quiet).max(act("stop", &name, quiet)),
            verb => act(verb, &name, quiet),
        };
        code = code.max(done);
    }
    code
}

const KINDS: [&str; 6] = ["service", "timer", "socket", "target", "mount", "path"];

fn act(verb: &str, name: &str, quiet: bool) -> u8 {
    let word = |word: &str, code: u8| {
        if !quiet {
            say(word);
        }
        code
    };
    let found = find(name);
    if let Found::Other = found {
        complain(&format!("Failed to {verb} {name}: only services and timers run in this machine, no sockets or mounts"));
        return 1;
    }
    match (verb, found) {
        ("start" | "restart" | "stop" | "reload" | "try-restart" | "reload-or-restart" | "enable" | "disable", Found::Agent) => {
            let orders: &[Order] = match verb {
                "start" => &[Order::StartAgent],
                "stop" => &[Order::StopAgent],
                "enable" | "disable" => &[],
                _ => &[Order::StopAgent, Order::StartAgent],
            };
            match orders.iter().try_for_each(|order| control::order(*order).map(drop)) {
                Ok(()) => 0,
                Err(error) => {
                    complain(&format!("Failed to {verb} {name}: {error}"));
                    1
                }
            }
        }
        ("is-active" | "is-failed" | "status" | "is-enabled", Found::Agent) => {
            let state = control::order(Order::Agent).unwrap_or_default();
            match (verb, state.as_str()) {
                ("is-enabled", _) => word("enabled", 0),
                ("status", state) => {
                    say(&format!("● {name} - amazon-ssm-agent\n     Loaded: loaded (enabled)\n     Active: {state}"));
                    if state == "active" { 0 } else { NOT_ACTIVE }
                }
                ("is-failed", state) => word(state, 1),
                (_, state) => word(state, if state == "active" { 0 } else { NOT_ACTIVE }),
            }
        }
        ("is-active", Found::Nothing) => word("inactive", NO_SUCH_UNIT),
        ("is-enabled", Found::Nothing) => word("not-found", NO_SUCH_UNIT),
        ("status", Found::Nothing) => {
            complain(&format!("Unit {name} could not be found."));
            NO_SUCH_UNIT
        }
        ("enable" | "disable" | "mask" | "unmask", Found::Nothing) => {
            complain(&format!("Failed to {verb} unit: Unit file {name} does not exist."));
            1
        }
        ("start" | "stop" | "restart" | "reload" | "try-restart" | "reload-or-restart", Found::Nothing) => {
            let loaded = if verb == "stop" { "not loaded" } else { "not found" };
            complain(&format!("Failed to {verb} {name}: Unit {name} {loaded}."));
            NOT_INSTALLED
        }
        (_, Found::Cron) => on_cron(verb, name, quiet),
        (_, Found::Unit(unit)) => on_unit(verb, &unit, quiet),
        _ => {
            complain(&format!("systemctl: `{verb}` is not served in this machine"));
            1
        }
    }
}

fn on_cron(verb: &str, name: &str, quiet: bool) -> u8 {
    let word = |word: &str, code: u8| {
        if !quiet {
            say(word);
        }
        code
    };
    let (is_running, is_enabled) = (cron::is_running(), cron::is_enabled());
    let state = if is_running { "active" } else { "inactive" };
    let done = match verb {
        "start" => cron::start(),
        "stop" => cron::stop(),
        // Its tables are read whenever it looks.
        "restart" | "reload" | "try-restart" | "reload-or-restart" => cron::start(),
        "enable" => cron::enable(true),
        "disable" => cron::enable(false),
        "is-active" => return word(state, if is_running { 0 } else { NOT_ACTIVE }),
        "is-failed" => return word(state, 1),
        "is-enabled" => return if is_enabled { word("enabled", 0) } else { word("disabled", 1) },
        "status" => {
            say(&format!("● {name} - Command Scheduler\n     Loaded: loaded\n     Active: {state}"));
            return if is_running { 0 } else { NOT_ACTIVE };
        }
        other => {
            complain(&format!("systemctl: `{other}` is not served in this machine"));
            return 1;
        }
    };
    match done {
        Ok(()) => 0,
        Err(error) => {
            complain(&format!("Failed to {verb} {name}: {error}"));
            1
        }
    }
}

fn on_unit(verb: &str, unit: &Unit, quiet: bool) -> u8 {
    let name = &unit.name;
    let word = |word: &str, code: u8| {
        if !quiet {
            say(word);
        }
        code
    };
    if matches!(verb, "start" | "restart")
        && let Some(setting) = timers::not_acted_upon(unit)
    {
        let text = format!(
            "{}: {setting}= of `{name}` is not acted upon: timers of this machine follow the calendar alone",
            unit.path.display()
        );
        complain(&text);
        let _ = control::finding(control::Kind::NotActedUpon, &text);
    }
    let done = match verb {
        "start" => unit.start(),
        "stop" => unit.stop(),
        "restart" | "try-restart" | "reload-or-restart" => unit.stop().and_then(|()| unit.start()),
        "enable" => unit
            .enable()
            .map(|link| complain(&format!("Created symlink {} → {}.", link.display(), unit.path.display())))
            .map_err(|error| error.to_string()),
        "disable" => unit.disable().map_err(|error| error.to_string()),
        "is-active" => return if unit.is_active() { word("active", 0) } else { word("inactive", NOT_ACTIVE) },
        "is-failed" => return word(if unit.is_active() { "active" } else { "inactive" }, 1),
        "is-enabled" => return if unit.is_enabled() { word("enabled", 0) } else { word("disabled", 1) },
        "status" => {
            let state = if unit.is_active() { "active (running)" } else { "inactive (dead)" };
            say(&format!(
                "● {name} - {}\n     Loaded: loaded ({})\n     Active: {state}",
                unit.description(),
                unit.path.display()
            ));
            return if unit.is_active() { 0 } else { NOT_ACTIVE };
        }
        other => {
            complain(&format!("systemctl: `{other}` is not served in this machine"));
            return 1;
        }
    };
    match done {
        Ok(()) => 0,
        Err(reason) => {
            complain(&format!("Job for {name} failed because the control process exited with error code.\n{reason}"));
            1
        }
    }
}
