//! `sudo`. <https://www.sudo.ws/docs/man/sudo.man/>

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use nightproof_machine_image::Family;
use nightproof_machine_protocol::spec::inside;

use super::environment::{certificates, has_own_files, platform};
use super::terminal::{complain, say};
use super::user::User;

/// What a command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Request {
    user: Option<String>,
    login: bool,
    shell: bool,
    background: bool,
    /// All of the caller's environment.
    preserve: bool,
    /// Parts of it, by name.
    preserved: Vec<String>,
    directory: Option<String>,
    /// `NAME=value` before the command.
    assigned: Vec<(String, String)>,
    command: Vec<OsString>,
    /// Asks for nothing to be run.
    only_says: Option<&'static str>,
}

pub(super) fn main(arguments: &[OsString]) -> u8 {
    match parse(arguments) {
        Ok(request) => run(&request),
        Err(reason) => {
            complain(&format!("sudo: {reason}"));
            1
        }
    }
}

fn parse(arguments: &[OsString]) -> Result<Request, String> {
    let mut request = Request::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let text = argument.to_string_lossy();
        let mut value = |name: &str| {
            rest.next()
                .map(|value| value.to_string_lossy().into_owned())
                .ok_or_else(|| format!("option requires an argument -- '{name}'"))
        };
        match text.as_ref() {
            "--" => {
                request.command = rest.cloned().collect();
                break;
            }
            "--login" => request.login = true,
            "--shell" => request.shell = true,
            "--background" => request.background = true,
            "--preserve-env" => request.preserve = true,
            "--non-interactive" | "--set-home" | "--stdin" | "--reset-timestamp" | "--askpass" | "--preserve-groups" => {}
            "--validate" | "--remove-timestamp" => request.only_says = Some(""),
            "--version" => request.only_says = Some("Sudo version 1.9.15p5"),
            "--user" => request.user = Some(value("u")?),
            "--group" | "--prompt" => drop(value("g")?),
            "--chdir" => request.directory = Some(value("D")?),
            long if long.starts_with("--") => match long.split_once('=') {
                Some(("--user", user)) => request.user = Some(user.to_owned()),
                Some(("--chdir", directory)) => request.directory = Some(directory.to_owned()),
                Some(("--preserve-env", names)) => request.preserved.extend(names.split(',').map(str::to_owned)),
                Some(("--group" | "--prompt", _)) => {}
                _ => return Err(format!("unrecognized option '{long}'")),
            },
            short if short.len() > 1 && short.starts_with('-') => {
                let letters = short.char_indices().skip(1);
                for (at, letter) in letters {
                    let rest_of_it = short.get(at + letter.len_utf8()..).unwrap_or_default();
                    let mut operand =
                        || if rest_of_it.is_empty() { value(&letter.to_string()) } else { Ok(rest_of_it.to_owned()) };
                    match letter {
                        'i' => request.login = true,
                        's' => request.shell = true,
                        'b' => request.background = true,
                        'E' => request.preserve = true,
                        'n' | 'H' | 'S' | 'k' | 'A' | 'P' | 'N' | 'B' => {}
                        'v' | 'K' => request.only_says = Some(""),
                        'V' => request.only_says = Some("Sudo version 1.9.15p5"),
                        'l' => request.only_says = Some("    (ALL) NOPASSWD: ALL"),
                        'u' => {
                            request.user = Some(operand()?);
                            break;
                        }
                        'D' => {
                            request.directory = Some(operand()?);
                            break;
                        }
                        'g' | 'p' | 'C' | 'T' | 'U' | 'R' => {
                            operand()?;
                            break;
                        }
                        other => return Err(format!("invalid option -- '{other}'")),
                    }
                }
            }
            other => match other.split_once('=') {
                Some((name, value)) if !name.is_empty() && !name.contains('/') => {
                    request.assigned.push((name.to_owned(), value.to_owned()));
                }
                _ => {
                    request.command = std::iter::once(argument).chain(rest).cloned().collect();
                    break;
                }
            },
        }
    }
    Ok(request)
}

fn run(request: &Request) -> u8 {
    let name = request.user.as_deref().unwrap_or("root");
    let Some(user) = User::find(name) else {
        complain(&format!("sudo: unknown user {name}\nsudo: error initializing audit plugin sudoers_audit"));
        return 1;
    };
    if let Some(line) = request.only_says.filter(|_| request.command.is_empty()) {
        if !line.is_empty() {
            say(line);
        }
        return 0;
    }
    if request.command.is_empty() && !request.login && !request.shell {
        complain("usage: sudo -h | -K | -k | -V\nusage: sudo [-ABbEHknPS] [-u user] [VAR=value] [-i | -s] [command [arg ...]]");
        return 1;
    }
    let mut command = command(request, &user);
    environment(&mut command, request, &user);
    let home = request.login.then_some(&user.home);
    if let Some(directory) = request.directory.as_ref().or(home) {
        command.current_dir(directory);
    }
    if request.background {
        return match command.spawn() {
            Ok(_) => 0,
            Err(error) => failed(request, &error),
        };
    }
    let error = command.exec();
    failed(request, &error)
}

fn failed(request: &Request, error: &std::io::Error) -> u8 {
    let program = request.command.first().map(|program| program.to_string_lossy().into_owned()).unwrap_or_default();
    match error.kind() {
        std::io::ErrorKind::NotFound => complain(&format!("sudo: {program}: command not found")),
        _ => complain(&format!("sudo: unable to execute {program}: {error}")),
    }
    1
}

/// The program itself, or a shell that runs it.
fn command(request: &Request, user: &User) -> Command {
    let (program, arguments) =
        request.command.split_first().map_or((OsStr::new(""), [].as_slice()), |(program, arguments)| (program, arguments));
    if !request.login && !request.shell {
        let found = if program.to_string_lossy().contains('/') { None } else { locate(program) };
        let mut command = Command::new(found.as_deref().unwrap_or(Path::new(program)));
        command.arg0(program).args(arguments);
        return command;
    }
    let mut command = Command::new(&user.shell);
    if request.login {
        command.arg0(format!("-{}", Path::new(&user.shell).file_name().unwrap_or_default().to_string_lossy()));
    }
    if !request.command.is_empty() {
        let words: Vec<String> = request.command.iter().map(|word| quoted(&word.to_string_lossy())).collect();
        command.arg("-c").arg(words.join(" "));
    }
    command
}

/// As sudo hands a word to a shell: with every character escaped that is neither a letter, a digit, nor one of `_-$`.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-$".contains(letter);
    word.chars().flat_map(|letter| (!plain(letter)).then_some('\\').into_iter().chain([letter])).collect()
}

/// The path in which programs are looked for.
fn path() -> String {
    let family = platform().map_or(Family::RedHat, |platform| platform.family);
    let path = family.sudo_path();
    // Without a layer, what the machine has of its own is there alone.
    if Path::new(inside::USR).exists() || has_own_files() {
        path.to_owned()
    } else {
        format!("/usr/local/bin:/usr/local/sbin:{path}")
    }
}

fn locate(program: &OsStr) -> Option<std::path::PathBuf> {
    path().split(':').map(|folder| Path::new(folder).join(program)).find(|found| found.is_file())
}

fn environment(command: &mut Command, request: &Request, user: &User) {
    let line: Vec<_> = request.command.iter().map(|word| word.to_string_lossy()).collect();
    let caller = std::env::vars_os();
    let kept = |name: &OsStr| {
        let name = name.to_string_lossy();
        request.preserve
            || request.preserved.iter().any(|preserved| *preserved == name)
            || ["TERM", "LANG", "LANGUAGE", "DISPLAY", "COLORS"].contains(&name.as_ref())
            || name.starts_with("LC_")
    };
    command.env_clear().envs(caller.filter(|(name, _)| kept(name))).envs(certificates());
    command.env("PATH", path()).env("HOME", &user.home).env("SHELL", &user.shell);
    command.env("USER", &user.name).env("LOGNAME", &user.name).env("MAIL", format!("/var/spool/mail/{}", user.name));
    command.env("SUDO_COMMAND", line.join(" ")).env("SUDO_USER", "root").env("SUDO_UID", "0").env("SUDO_GID", "0");
    command.envs(request.assigned.iter().map(|(name, value)| (name, value)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Request, String> {
        parse(&line.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn options_end_where_the_command_begins() {
        let request = parsed("-nEu ec2-user LANG=C tar -czf x").unwrap();
        assert_eq!(request.user.as_deref(), Some("ec2-user"));
        assert_eq!(request.assigned, [("LANG".to_owned(), "C".to_owned())]);
        assert_eq!(request.command, ["tar", "-czf", "x"]);
        assert!(request.preserve && !request.login);
        assert_eq!(parsed("--user=ubuntu -i -- -x").unwrap().command, ["-x"]);
        assert_eq!(parsed("-Z ls"), Err("invalid option -- 'Z'".to_owned()));
        assert_eq!(parsed("-u"), Err("option requires an argument -- 'u'".to_owned()));
    }

    #[test]
    fn a_shell_gets_each_word_as_one() {
        assert_eq!(quoted("a b;$HOME"), "a\\ b\\;$HOME");
    }
}
