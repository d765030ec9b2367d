//! User data: a script that runs once, as root, when an instance first boots.
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html>

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use nightproof_machine_protocol::spec::Task;

use super::imds::Imds;
use crate::console;

const FOLDER: &str = "/var/lib/cloud/instance/scripts";
const SCRIPT: &str = "/var/lib/cloud/instance/scripts/part-001";
const LOG: &str = "/var/log/cloud-init-output.log";

/// Fetches user data and runs it if it is a script; the outcome goes to the console, as cloud-init's does. Returns what failed.
pub(crate) fn run(task: &Task) -> Vec<String> {
    let failed = |error: String| {
        console::print(&format!("user data: {error}"));
        vec![error]
    };
    let text = match Imds::open().and_then(|imds| imds.find("user-data")) {
        Ok(Some(text)) => text,
        Ok(None) => return Vec::new(),
        Err(error) => return failed(error.to_string()),
    };
    if !text.starts_with("#!") {
        return failed("only scripts (`#!`) are run here; cloud-config and other forms are not".to_owned());
    }
    match execute(task, &text) {
        Ok(status) if status.success() => {
            console::print("user data: finished");
            Vec::new()
        }
        Ok(status) => {
            console::print(&format!("user data: failed ({status}); see {LOG}"));
            vec!["('scripts_user', RuntimeError('Runparts: 1 failures (part-001) in 1 attempted commands'))".to_owned()]
        }
        Err(error) => failed(error.to_string()),
    }
}

fn execute(task: &Task, text: &str) -> io::Result<std::process::ExitStatus> {
    fs::create_dir_all(FOLDER)?;
    fs::create_dir_all("/var/log")?;
    fs::write(SCRIPT, text)?;
    fs::set_permissions(SCRIPT, fs::Permissions::from_mode(0o700))?;
    let log = File::create(LOG)?;
    Command::new(SCRIPT)
        .env_clear()
        // cloud-init is a service: no login, no `HOME`.
        .envs(task.environment.iter().filter(|(name, _)| *name != "HOME"))
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .status()
}
