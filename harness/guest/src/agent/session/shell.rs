//! What a session runs, as the user that the agent makes for sessions: `ssm-user`, who may do all by `sudo`.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-getting-started-ssm-user-permissions.html>

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use rustix::process::{ioctl_tiocsctty, setsid};

use crate::commands::User;
use crate::commands::accounts::{self, NewUser};
use crate::console;
use crate::re_exec::{SESSION_SHELL, re_exec};

const USER: &str = "ssm-user";
const SUDOERS: &str = "/etc/sudoers.d/ssm-agent-users";
/// What stands for nobody but root.
const ROOT: &str = "root";

/// A command that runs `words` as a session does: with a terminal of its own if its standard input is one.
pub(super) fn command(words: &[&str], as_root: bool) -> io::Result<Command> {
    let (user, home) = if as_root {
        (ROOT, "/root".to_owned())
    } else {
        make_user()?;
        (USER, format!("/home/{USER}"))
    };
    let mut command = re_exec(SESSION_SHELL)?;
    command.arg(user).args(words).env("TERM", "xterm-256color").env("HOME", home);
    if std::env::var_os("LANG").is_none_or(|lang| lang.is_empty()) {
        command.env("LANG", "C.UTF-8");
    }
    Ok(command)
}

/// Makes the user, unless it is there.
fn make_user() -> io::Result<()> {
    if User::find(USER).is_some() {
        return Ok(());
    }
    accounts::add_user(&NewUser { name: USER, shell: "/bin/bash", makes_home: true, ..NewUser::default() })?;
    if !Path::new(SUDOERS).exists() {
        fs::create_dir_all("/etc/sudoers.d")?;
        fs::write(SUDOERS, format!("# User rules for {USER}\n{USER} ALL=(ALL) NOPASSWD:ALL\n"))?;
        fs::set_permissions(SUDOERS, fs::Permissions::from_mode(0o440))?;
    }
    Ok(())
}

/// Takes the terminal and the user on, and becomes the command of `arguments` (the user's name first).
pub(crate) fn main(arguments: &[OsString]) -> ExitCode {
    // A session of its own: what ends the terminal ends all of it.
    let _ = setsid();
    // Not every command has a terminal.
    let _ = ioctl_tiocsctty(io::stdin());
    let [user, program, rest @ ..] = arguments else { return ExitCode::FAILURE };
    let becomes = |command: &mut Command| command.exec();
    let mut error = io::Error::from(io::ErrorKind::InvalidInput);
    if let Some(user) = User::find(&user.to_string_lossy()).filter(|user| user.id != 0) {
        error = becomes(Command::new(program).args(rest).uid(user.id).gid(user.group));
    }
    // A sandbox has the ids of root alone.
    if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::PermissionDenied) {
        error = becomes(Command::new(program).args(rest));
    }
    console::print(&format!("ssm session worker: cannot run `{}`: {error}", program.to_string_lossy()));
    ExitCode::from(if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 })
}
