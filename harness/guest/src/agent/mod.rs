//! The SSM agent: polls for commands, runs their documents, and reports, by the protocol of amazon-ssm-agent.

mod api;
pub(crate) mod api_error;
pub(crate) mod clock;
mod commands;
mod control_flow;
mod document;
mod download_content;
pub(crate) mod https;
pub(crate) mod imds;
mod output;
mod parameter_store;
mod record;
mod reply;
pub(crate) mod s3;
mod script;
pub(crate) mod session;
pub(crate) mod signing;
mod upload;
mod version;
pub(crate) mod worker;

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use nightproof_machine_image::Platform;
use nightproof_machine_protocol::spec::Task;
use serde_json::{Value, json};

use self::api::Api;
use self::api_error::ApiError;
use self::commands::Commands;
use self::version::VERSION;
use crate::console;

/// How long a message stays invisible to others once it was given to us, in seconds.
const VISIBILITY: u64 = 10;
/// How often the agent says that it is there.
const PING: Duration = Duration::from_secs(300);

/// Runs for as long as nobody stops it.
pub(crate) fn main() -> ExitCode {
    let task = match crate::task::read() {
        Ok(task) => task,
        Err(error) => {
            console::print(&format!("ssm agent: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let mut pause = Duration::from_millis(100);
    loop {
        match serve(&task) {
            Ok(never) => match never {},
            Err(error) => console::print(&format!("ssm agent: {error}")),
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_secs(15));
    }
}

enum Never {}

fn serve(task: &Task) -> Result<Never, ApiError> {
    let api = Api::connect(task)?;
    register(task, &api)?;
    let commands = Commands::new(api.clone());
    commands.take_up();
    session::keep(api.clone(), commands.clone());
    let (pinger, described) = (api.clone(), task.clone());
    thread::spawn(move || {
        loop {
            thread::sleep(PING);
            if let Err(error) = register(&described, &pinger) {
                console::print(&format!("ssm agent: {error}"));
            }
        }
    });
    let mut failures = 0;
    loop {
        match poll(&api, &commands) {
            Ok(()) => failures = 0,
            Err(error) if failures < 10 => {
                failures += 1;
                console::print(&format!("ssm agent: {error}"));
                thread::sleep(Duration::from_millis(500) * failures);
            }
            Err(error) => return Err(error),
        }
    }
}

fn poll(api: &Api, commands: &Commands) -> Result<(), ApiError> {
    let answer = api.messages(
        "GetMessages",
        &json!({
            "Destination": api.instance,
            "MessagesRequestId": uuid::Uuid::new_v4().to_string(),
            "VisibilityTimeoutInSeconds": VISIBILITY,
        }),
    )?;
    let messages = answer.get("Messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for message in messages {
        commands.take(message);
    }
    if messages.is_empty() {
        // The service holds an empty answer back; one that does not is not hammered.
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Tells the service that the agent is there, and what it runs on.
fn register(task: &Task, api: &Api) -> Result<(), ApiError> {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let field = |name: &str| {
        let line = release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.map(|value| value.trim_matches('"').to_owned()).filter(|value| !value.is_empty())
    };
    let platform = task.platform.as_ref().and_then(|platform| Platform::by_key(&platform.key));
    let (name, version) = match platform {
        Some(platform) => (platform.name.to_owned(), platform.version.to_owned()),
        None => (field("NAME").unwrap_or_else(|| "Linux".to_owned()), field("VERSION_ID").unwrap_or_else(|| "0".to_owned())),
    };
    let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    api.ssm(
        "UpdateInstanceInformation",
        &json!({
            "InstanceId": api.instance,
            "AgentName": "amazon-ssm-agent",
            "AgentStatus": "Active",
            "AgentVersion": VERSION,
            "AvailabilityZone": api.zone,
            "ComputerName": hostname.trim(),
            "IPAddress": api.address,
            "PlatformName": name,
            "PlatformType": "Linux",
            "PlatformVersion": version,
            "SSMConnectionChannel": "ec2messages",
        }),
    )?;
    Ok(())
}
