//! `crontab`. <https://man7.org/linux/man-pages/man1/crontab.1.html>

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;

use super::terminal::{complain, say};
use super::user::User;
use crate::timers;

enum Request {
    Install(String),
    List,
    Remove,
}

pub(super) fn main(arguments: &[String]) -> u8 {
    let (mut request, mut user) = (None, None);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "-u" => user = rest.next().cloned(),
            "-l" => request = Some(Request::List),
            "-r" => request = Some(Request::Remove),
            "-ri" | "-ir" => request = Some(Request::Remove),
            "-i" => {}
            "-" => request = Some(Request::Install("-".to_owned())),
            "-e" | "-T" | "-n" | "-c" | "-s" | "-V" | "-x" => {
                complain(&format!("crontab: `{argument}` is not served in this machine: it installs, lists and removes tables"));
                return 1;
            }
            option if option.starts_with('-') => {
                complain(&format!("crontab: invalid option -- '{}'", option.trim_start_matches('-')));
                return 1;
            }
            file => request = Some(Request::Install(file.to_owned())),
        }
    }
    let name = user.unwrap_or_else(current);
    if User::find(&name).is_none() {
        complain(&format!("crontab:  user `{name}' unknown"));
        return 1;
    }
    let table = timers::user_table(&name);
    let done = match request.unwrap_or_else(|| Request::Install("-".to_owned())) {
        Request::List => match fs::read_to_string(&table) {
            Ok(text) => {
                say(text.trim_end_matches('\n'));
                Ok(())
            }
            Err(_) => Err(format!("no crontab for {name}")),
        },
        Request::Remove => fs::remove_file(&table).map_err(|_| format!("no crontab for {name}")),
        Request::Install(file) => install(&file, &table),
    };
    match done {
        Ok(()) => 0,
        Err(reason) => {
            complain(&reason);
            1
        }
    }
}

/// By whom it was called, as far as the environment says.
fn current() -> String {
    let named = ["LOGNAME", "USER"].into_iter().find_map(|name| std::env::var(name).ok());
    named.filter(|name| User::find(name).is_some()).unwrap_or_else(|| "root".to_owned())
}

fn install(file: &str, table: &std::path::Path) -> Result<(), String> {
    let mut text = String::new();
    if file == "-" {
        io::stdin().read_to_string(&mut text).map_err(|error| format!("-: {error}"))?;
    } else {
        text = fs::read_to_string(file).map_err(|_| format!("{file}: No such file or directory"))?;
    }
    if let Some((line, why)) = timers::problem(&text, timers::system::dialect()) {
        return Err(format!("\"{file}\":{line}: {why}\nerrors in crontab file, can't install."));
    }
    let written = table.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(table, text));
    written
        .and_then(|()| fs::set_permissions(table, fs::Permissions::from_mode(0o600)))
        .map_err(|error| format!("{}: {error}", table.display()))
}
