//! Programs that every system has and a sandbox cannot take from its host: each is this program under another name.
//!
//! A sandbox has the ids of root alone, so that to become another user is to have that user's environment, home and shell; `nightproof doctor`
//! says so.

pub(crate) mod accounts;
mod cfn;
mod cloud_init;
mod crontab;
mod ec2_metadata;
mod environment;
pub(crate) mod packages;
mod power;
mod sudo;
mod switch_user;
mod systemctl;
mod terminal;
mod unit;
mod user;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

pub(crate) use cloud_init::{finish, is_finished};
pub(crate) use environment::platform;
use nightproof_machine_protocol::command;
use nightproof_machine_protocol::spec::inside;
pub(crate) use unit::{Unit, start_enabled};
pub(crate) use user::User;

/// The command that this program was started as, in a machine.
pub(crate) fn named(program: &OsStr) -> Option<String> {
    let name = Path::new(program).file_name()?.to_str().filter(|name| command::is_ours(name))?;
    Path::new(inside::TASK).exists().then(|| name.to_owned())
}

/// Runs it.
pub(crate) fn main(command: &str, arguments: &[OsString]) -> ExitCode {
    let texts = || arguments.iter().map(|argument| argument.to_string_lossy().into_owned()).collect::<Vec<_>>();
    let code = match command {
        "sudo" => sudo::main(arguments),
        "su" => switch_user::main("su", arguments),
        "runuser" => switch_user::main("runuser", arguments),
        "shutdown" => power::shutdown(&texts()),
        "reboot" | "poweroff" | "halt" => power::main(command, &texts()),
        "systemctl" => systemctl::main(&texts()),
        "cloud-init" => cloud_init::main(&texts()),
        "crontab" => crontab::main(&texts()),
        // As the first of its unit's processes would be: it runs on.
        "crond" | "cron" => systemctl::main(&["start".to_owned(), crate::timers::cron::unit().to_owned()]),
        "ec2-metadata" => ec2_metadata::main(&texts()),
        script if command::CFN.contains(&script) => cfn::main(script, &texts()),
        manager => packages::main(manager, &texts()),
    };
    ExitCode::from(code)
}
