//! What makes a machine an instance or a function's environment.

use std::fs;
use std::io::{self, Read as _};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::thread;

use nightproof_machine_protocol::spec::{Agent, Task, inside};

use crate::commands::{finish, start_enabled};
use crate::gate::Gate;
use crate::re_exec::{AGENT, re_exec};
use crate::service::Service;
use crate::{cloud_init, console, control, cpu_throttle, furnish, limits, relay, service, timers, usage};

/// Where functions find the Lambda Runtime API.
const RUNTIME_API: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9001);

/// `WorkingDirectory=` of the SSM agent's unit.
const AGENTS_FOLDER: &str = "/usr/bin";

/// Is there once a guest has begun.
const BEGUN: &str = "/run/nightproof/begun";

/// The SSM agent's service.
const SERVICE: &str = "amazon-ssm-agent";

pub(crate) fn main() -> ExitCode {
    match run() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            console::print(&format!("guest: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<u8, String> {
    let task = crate::task::read()?;
    if task.runtime_api {
        let listener = TcpListener::bind(RUNTIME_API).map_err(|error| format!("cannot carry port 9001: {error}"))?;
        relay::serve(listener, relay::RUNTIME_API, Gate::new());
    }
    if task.instance {
        thread::spawn(relay::take_inbound);
        thread::spawn(cpu_throttle::keep);
        thread::spawn(timers::keep);
    }
    // A guest that takes another's place finds the machine as that one left it.
    let again = Path::new(BEGUN).exists();
    if !again {
        fs::write(BEGUN, "").map_err(|error| format!("cannot write {BEGUN}: {error}"))?;
        copy(Path::new(inside::FILES), Path::new("/"))
            .map_err(|error| format!("cannot put the machine's files in place: {error}"))?;
        if task.instance {
            furnish::furnish(task.platform.as_ref()).map_err(|error| format!("cannot furnish the machine: {error}"))?;
        }
    }
    let region = relay::announce().map_err(|error| format!("cannot reach the region: {error}"))?;
    if task.follows_region {
        thread::spawn(move || end_with(region));
    }

    if task.instance && !again {
        let task = task.clone();
        thread::spawn(move || boot(&task));
    }
    let agent = match task.agent {
        Agent::None => None,
        Agent::Guest => Some(service::keep(SERVICE, again, || {
            let mut agent = re_exec(AGENT)?;
            agent.current_dir(AGENTS_FOLDER);
            Ok(agent)
        })),
        Agent::Real => Some(keep_real_agent(&task, again)?),
    };
    if task.instance {
        control::serve(agent).map_err(|error| format!("cannot take orders from the machine: {error}"))?;
    }
    if task.command.is_empty() {
        loop {
            thread::park();
        }
    }
    run_command(&task)
}

/// What happens at a boot: services that are enabled start, and user data has its say, most of it at the first.
fn boot(task: &Task) {
    start_enabled();
    let errors = cloud_init::run(task, task.user_data);
    if let Err(error) = finish(&errors) {
        console::print(&format!("cloud-init: {error}"));
    }
}

/// Ends this process, and so the machine, when the region has ended, however it did.
fn end_with(mut region: UnixStream) {
    let _ = region.read_to_end(&mut Vec::new());
    std::process::exit(0);
}

/// Runs the task's command to its end; returns its exit code, or 128 and the signal's number as shells do.
fn run_command(task: &Task) -> Result<u8, String> {
    let (program, arguments) = task.command.split_first().ok_or("the command is empty")?;
    let usage = match task.runtime_api {
        true => Some(usage::watch(task.memory_mib).map_err(|error| format!("cannot reach the region: {error}"))?),
        false => None,
    };
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(&task.environment).current_dir(&task.directory).stdin(Stdio::null());
    let lower = if task.runtime_api { limits::lower_function } else { limits::lower_script };
    let mut child = lower(&mut command).spawn().map_err(|error| format!("cannot run `{program}`: {error}"))?;
    let status = child.wait().map_err(|error| format!("cannot wait for `{program}`: {error}"))?;
    if let Some(usage) = usage {
        usage.ended(child.id(), status);
    }
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    Ok(u8::try_from(code & 0xff).unwrap_or(1))
}

/// Keeps an amazon-ssm-agent running from the folder that was given; its output goes to the console.
fn keep_real_agent(task: &Task, again: bool) -> Result<Service, String> {
    for folder in ["/var/lib/amazon/ssm", "/var/log/amazon/ssm"] {
        fs::create_dir_all(folder).map_err(|error| format!("cannot make {folder}: {error}"))?;
    }
    let mut environment = task.environment.clone();
    // A system service has none.
    environment.remove("HOME");
    Ok(service::keep(SERVICE, again, move || {
        let mut agent = Command::new(format!("{}/amazon-ssm-agent", inside::AGENT));
        agent.env_clear().envs(&environment).current_dir(AGENTS_FOLDER);
        Ok(agent)
    }))
}

/// Copies what is below `from` to the same places below `to`, permissions included.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(from) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir_all(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
