//! `cfn-hup`: looks for changes of a stack's resources, and runs what is hooked to them.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/cfn-hup.html>

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::client::Client;
use super::hook::{Configuration, Hook};
use super::log::Log;
use super::options::{Definition, Failure, Options};
use super::program;
use super::stack_resource::StackResource;

const OPTIONS: [Definition; 3] = [(Some('c'), "config", true), (None, "no-daemon", false), (Some('v'), "verbose", false)];
/// What the hooks' paths had when they were last looked at.
const DATA: &str = "/var/lib/cfn-hup/data";
const SEEN: &str = "/var/lib/cfn-hup/data/metadata.json";
/// Minutes between two looks, where nothing else is said.
const INTERVAL: u64 = 15;
/// In the environment of the process that goes on in the background.
const DETACHED: &str = "NIGHTPROOF_CFN_HUP";

pub(super) fn main(arguments: &[String]) -> Result<u8, Failure> {
    let options = Options::parse(&[&OPTIONS], arguments)?;
    let log = Log::open("cfn-hup", true);
    let failed = |reason: String| {
        log.error(format!("Error: {reason}"));
        Failure::Failed(format!("Error: {reason}"))
    };
    let folder = Path::new(options.get("config").unwrap_or("/etc/cfn"));
    if !folder.is_dir() {
        return Err(failed(format!("Could not find configuration at {}", folder.display())));
    }
    let configuration = Configuration::read(folder).map_err(failed)?;
    let minutes = match configuration.get("interval").map(str::parse) {
        None => INTERVAL,
        Some(Ok(minutes @ 1..)) => minutes,
        Some(_) => return Err(failed("Invalid interval (must be 1 minute or greater)".to_owned())),
    };
    if options.has("no-daemon") {
        look(&configuration, &log).map_err(failed)?;
        return Ok(0);
    }
    if std::env::var_os(DETACHED).is_none() {
        return detach(arguments).map(|()| 0).map_err(|error| failed(error.to_string()));
    }
    loop {
        if let Err(reason) = look(&configuration, &log) {
            log.error(reason);
        }
        thread::sleep(Duration::from_secs(60 * minutes));
    }
}

/// Goes on as a process of its own, as a daemon does.
fn detach(arguments: &[String]) -> std::io::Result<()> {
    Command::new("/opt/aws/bin/cfn-hup")
        .args(arguments)
        .env(DETACHED, "1")
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(drop)
}

/// Looks once. The error is that of the calls.
fn look(configuration: &Configuration, log: &Log) -> Result<(), String> {
    let client = Client::new(&configuration.access())?;
    let stack = configuration.get("stack").unwrap_or_default();
    let text = fs::read_to_string(SEEN).unwrap_or_default();
    let mut seen: Map<String, Value> = serde_json::from_str(&text).unwrap_or_default();
    for hook in &configuration.hooks {
        let Some(now) = current(&client, stack, &hook.path)? else { continue };
        let key = format!("{}|{}", hook.name, hook.path);
        let now = Some(now).filter(|now| !now.is_null());
        if hook.is_triggered(seen.get(&key), now.as_ref()) {
            log.info(format!("Running action for {}", hook.name));
            let code = act(hook, seen.get(&key), now.as_ref()).map_err(|error| format!("{}: {error}", hook.name))?;
            if code != 0 {
                log.warn(format!("Action for {} exited with {code}; will retry on next iteration", hook.name));
                continue;
            }
        }
        match now {
            Some(now) => drop(seen.insert(key, now)),
            None => drop(seen.remove(&key)),
        }
    }
    let keep = || {
        fs::create_dir_all(DATA)?;
        fs::write(SEEN, Value::Object(seen).to_string())
    };
    keep().map_err(|error: std::io::Error| format!("{SEEN}: {error}"))
}

/// What is at a path now, null if nothing is; `None` while the resource is being changed.
fn current(client: &Client, stack: &str, path: &str) -> Result<Option<Value>, String> {
    let mut parts = path.splitn(4, '.');
    let (Some("Resources"), Some(id)) = (parts.next(), parts.next()) else {
        return Err(format!("Unexpected path {path}: only paths that begin with Resources.ID are looked at"));
    };
    let resource = match StackResource::describe(client, stack, id) {
        Ok(resource) => resource,
        Err(reason) if reason.contains("does not exist") => return Ok(Some(Value::Null)),
        Err(reason) => return Err(reason),
    };
    if resource.status.ends_with("IN_PROGRESS") {
        return Ok(None);
    }
    Ok(Some(match (parts.next(), parts.next()) {
        (Some("Metadata"), inner) => {
            StackResource::at(&resource.metadata, inner.unwrap_or_default()).cloned().unwrap_or_default()
        }
        (Some("PhysicalResourceId") | None, None) => json!(resource.physical_id),
        _ => return Err(format!("Unexpected path {path}")),
    }))
}

fn act(hook: &Hook, before: Option<&Value>, now: Option<&Value>) -> std::io::Result<i32> {
    let mut command = match hook.user.as_deref().filter(|user| *user != "root") {
        Some(user) => {
            let mut command = Command::new("su");
            command.args([user, "-c", &hook.action]);
            command
        }
        None => {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", &hook.action]);
            command
        }
    };
    let text = |value: Option<&Value>| value.map(Value::to_string).unwrap_or_default();
    command.env("CFN_OLD_METADATA", text(before)).env("CFN_NEW_METADATA", text(now)).env_remove(DETACHED);
    Ok(program::run(&mut command)?.code)
}
