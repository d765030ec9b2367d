//! `su` and `runuser`. <https://man7.org/linux/man-pages/man1/su.1.html>, <https://man7.org/linux/man-pages/man1/runuser.1.html>

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use super::environment::certificates;
use super::terminal::complain;
use super::user::User;

/// What a login has for its path, by `/etc/login.defs`: root, and everybody else.
const PATHS: [&str; 2] = ["/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "/usr/local/bin:/usr/bin:/bin"];

/// What a command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Request {
    user: Option<String>,
    login: bool,
    preserve: bool,
    shell: Option<String>,
    command: Option<String>,
    /// Of the shell; with `-u`, the command itself.
    arguments: Vec<OsString>,
    /// `runuser -u`: no shell at all.
    direct: bool,
}

pub(super) fn main(program: &str, arguments: &[OsString]) -> u8 {
    let request = match parse(program, arguments) {
        Ok(request) => request,
        Err(reason) => {
            complain(&format!("{program}: {reason}\nTry '{program} --help' for more information."));
            return 1;
        }
    };
    let name = request.user.as_deref().unwrap_or("root");
    let Some(user) = User::find(name) else {
        complain(&format!("{program}: user {name} does not exist or the user entry does not contain all the required fields"));
        return 1;
    };
    let mut command = command(&request, &user);
    let error = command.exec();
    complain(&format!("{program}: failed to execute {}: {error}", command.get_program().to_string_lossy()));
    if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 }
}

fn parse(program: &str, arguments: &[OsString]) -> Result<Request, String> {
    let mut request = Request::default();
    let mut rest = arguments.iter();
    let mut positional = Vec::new();
    while let Some(argument) = rest.next() {
        let text = argument.to_string_lossy();
        let (name, attached) = match text.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name.to_owned(), Some(value.to_owned())),
            _ => (text.clone().into_owned(), None),
        };
        let mut value = || {
            attached
                .clone()
                .or_else(|| rest.next().map(|value| value.to_string_lossy().into_owned()))
                .ok_or_else(|| format!("option requires an argument -- '{}'", name.trim_start_matches('-')))
        };
        match name.as_str() {
            "-" | "-l" | "--login" => request.login = true,
            "-m" | "-p" | "--preserve-environment" => request.preserve = true,
            "-f" | "--fast" | "-P" | "--pty" => {}
            "-c" | "--command" | "--session-command" => request.command = Some(value()?),
            "-lc" => {
                request.login = true;
                request.command = Some(value()?);
            }
            "-s" | "--shell" => request.shell = Some(value()?),
            "-g" | "--group" | "-G" | "--supp-group" | "-w" | "--whitelist-environment" => drop(value()?),
            "-u" | "--user" if program == "runuser" => {
                request.user = Some(value()?);
                request.direct = true;
            }
            "--" => {
                positional.extend(rest.cloned());
                break;
            }
            other if other.starts_with('-') && positional.is_empty() => {
                return Err(format!("invalid option -- '{}'", other.trim_start_matches('-')));
            }
            _ => {
                positional.push(argument.clone());
                if request.direct || request.user.is_some() {
                    positional.extend(rest.cloned());
                    break;
                }
                request.user = Some(text.into_owned());
                positional.clear();
            }
        }
    }
    request.arguments = positional;
    if request.direct && request.arguments.is_empty() {
        return Err("no command was specified".to_owned());
    }
    Ok(request)
}

fn command(request: &Request, user: &User) -> Command {
    if let (true, Some((program, arguments))) = (request.direct, request.arguments.split_first()) {
        let mut command = Command::new(program);
        command.args(arguments);
        return command;
    }
    let shell = request.shell.as_ref().unwrap_or(&user.shell);
    let mut command = Command::new(shell);
    let name = Path::new(shell).file_name().unwrap_or_default().to_string_lossy().into_owned();
    command.arg0(if request.login { format!("-{name}") } else { name });
    if let Some(text) = &request.command {
        command.arg("-c").arg(text);
    }
    command.args(&request.arguments);
    if request.login {
        let terminal = std::env::var_os("TERM");
        command.env_clear().envs(certificates()).envs(terminal.map(|terminal| ("TERM", terminal)));
        let [roots, others] = PATHS;
        command.env("PATH", if user.id == 0 { roots } else { others });
        // A home that is gone is no reason not to log in.
        if Path::new(&user.home).is_dir() {
            command.current_dir(&user.home);
        }
    }
    if !request.preserve || request.login {
        command.env("HOME", &user.home).env("SHELL", shell);
        if user.id != 0 || request.login {
            command.env("USER", &user.name).env("LOGNAME", &user.name);
        }
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(program: &str, words: &[&str]) -> Result<Request, String> {
        parse(program, &words.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn a_user_may_come_before_or_after_the_command() {
        for words in [["-", "ec2-user", "-c", "id -un"], ["-l", "-c", "id -un", "ec2-user"]] {
            let request = parsed("su", &words).unwrap();
            assert_eq!(
                (request.user.as_deref(), request.command.as_deref(), request.login),
                (Some("ec2-user"), Some("id -un"), true)
            );
        }
        let request = parsed("su", &["ec2-user", "-s", "/bin/sh", "--", "-x"]).unwrap();
        assert_eq!((request.shell.as_deref(), request.arguments), (Some("/bin/sh"), vec![OsString::from("-x")]));
    }

    #[test]
    fn runuser_runs_a_command_without_a_shell() {
        let request = parsed("runuser", &["-u", "ec2-user", "--", "ls", "-l"]).unwrap();
        assert_eq!((request.direct, request.arguments.len()), (true, 2));
        assert!(parsed("runuser", &["-u", "ec2-user"]).is_err());
        assert!(parsed("su", &["-u", "ec2-user"]).is_err());
    }
}
