//! `dnf`, `yum`, `apt-get` and `apt`: what this host has is brought to light, anything else cannot be reached.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use nightproof_machine_image::{Family, programs};
use nightproof_machine_protocol::command::CFN_FOLDER;
use nightproof_machine_protocol::spec::inside;

use super::terminal::{complain, say};
use crate::{console, control, timers};

/// Where installed programs of the host's are linked to, each in the folder that it has there: below the first that can be written to.
const INSTALLED: [&str; 2] = ["/usr", "/usr/local"];
/// Folders of programs.
const PROGRAMS: [&str; 2] = ["bin", "sbin"];
/// Where programs are, as everybody finds them.
const VISIBLE: [&str; 6] = ["/usr/local/bin", "/usr/bin", "/usr/sbin", "/bin", "/sbin", CFN_FOLDER];
/// Options of either family that have a value.
const WITH_VALUE: [&str; 8] = ["-o", "--option", "-c", "--config", "-t", "--target-release", "-x", "--exclude"];

pub(super) fn main(manager: &str, arguments: &[String]) -> u8 {
    let words = words(arguments);
    let Some((verb, names)) = words.split_first() else {
        complain(&format!("{manager}: a command is needed"));
        return 1;
    };
    match *verb {
        "install" | "reinstall" | "localinstall" => install(manager, names),
        "remove" | "erase" | "purge" => remove(names),
        // Every package that is here is the latest that can be reached.
        "update" | "upgrade" | "dist-upgrade" | "full-upgrade" | "upgrade-minimal" | "makecache" | "clean" | "autoremove"
        | "autoclean" | "check-update" => {
            if !names.is_empty() && manager_is_deb(manager) {
                return install(manager, names);
            }
            say(if manager_is_deb(manager) {
                "Reading package lists... Done"
            } else {
                "Dependencies resolved.\nNothing to do.\nComplete!"
            });
            0
        }
        other => {
            complain(&format!("{manager}: `{other}` is not served in this machine: it installs, removes and updates packages"));
            1
        }
    }
}

fn manager_is_deb(manager: &str) -> bool {
    manager.starts_with("apt")
}

/// What is left of a command line without its options.
fn words(arguments: &[String]) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = arguments.iter().map(String::as_str);
    while let Some(argument) = rest.next() {
        if WITH_VALUE.contains(&argument) {
            rest.next();
        } else if !argument.starts_with('-') {
            words.push(argument);
        }
    }
    words
}

/// How a package can be had.
#[derive(Debug, PartialEq, Eq)]
enum Package {
    /// Its programs are there.
    Here,
    /// The host has these of its programs.
    OnHost(Vec<PathBuf>),
    /// The guest is its program under these names, each with its folder.
    Ours(&'static [&'static str]),
    Nowhere,
}

/// Whether the programs of a package are there.
pub(crate) fn is_here(name: &str) -> bool {
    look(name) == Package::Here
}

fn look(name: &str) -> Package {
    let programs = programs(name);
    if programs.iter().any(|program| VISIBLE.iter().any(|folder| Path::new(folder).join(program).exists())) {
        return Package::Here;
    }
    if cron(name) {
        return Package::Ours(if timers::system::family() == Family::Debian {
            &["bin/crontab", "sbin/cron"]
        } else {
            &["bin/crontab", "sbin/crond"]
        });
    }
    let folders = PROGRAMS.map(|folder| Path::new(inside::USR).join(folder));
    let found: Vec<PathBuf> = programs
        .iter()
        .flat_map(|program| folders.each_ref().map(|folder| folder.join(program)))
        .filter(|path| path.exists())
        .collect();
    if found.is_empty() { Package::Nowhere } else { Package::OnHost(found) }
}

/// Whether it is the package of cron's daemon.
fn cron(package: &str) -> bool {
    ["cron", "cronie", "cronie-anacron", "crontabs"].contains(&package)
}

fn install(manager: &str, names: &[&str]) -> u8 {
    let (mut missing, mut links): (Vec<&str>, Vec<(PathBuf, String)>) = (Vec::new(), Vec::new());
    let mut has_cron = false;
    for name in names {
        match look(name) {
            Package::Here => say(&already(manager, name)),
            Package::OnHost(programs) => links.extend(programs.into_iter().map(|program| {
                let name = program.strip_prefix(inside::USR).unwrap_or(&program).to_string_lossy().into_owned();
                (program, name)
            })),
            Package::Ours(programs) => {
                has_cron = true;
                links.extend(programs.iter().map(|name| (PathBuf::from(inside::GUEST), (*name).to_owned())));
            }
            Package::Nowhere => missing.push(*name),
        }
    }
    // As a transaction: all of them or none.
    if !missing.is_empty() {
        complain(&unreachable(manager, &missing));
        let all = missing.join(", ");
        let told = control::finding(
            control::Kind::MissingPackage,
            &format!(
                "`{manager} install` of {all} failed: a machine reaches no mirror, and this host does not have what is asked for. Install it on this host"
            ),
        );
        if let Err(error) = told {
            console::print(&format!("{manager}: {error}"));
        }
        return if manager_is_deb(manager) { 100 } else { 1 };
    }
    for (program, name) in links {
        let mut linked = INSTALLED.iter().map(|folder| Path::new(folder).join(&name));
        if !linked.any(|link| symlink(&program, &link).is_ok() || link.exists()) {
            complain(&format!("{manager}: cannot make {}: Read-only file system", program.display()));
            return 1;
        }
    }
    if has_cron && let Err(error) = furnish_cron(manager) {
        complain(&format!("{manager}: {error}"));
        return 1;
    }
    say(if manager_is_deb(manager) { "Processing triggers for man-db ..." } else { "Complete!" });
    0
}

/// The folders that cron's package brings. Debian's packages start their services, and others' do not.
fn furnish_cron(manager: &str) -> std::io::Result<()> {
    for folder in timers::cron::FOLDERS {
        fs::create_dir_all(folder)?;
    }
    if manager_is_deb(manager) { timers::cron::start() } else { Ok(()) }
}

fn already(manager: &str, name: &str) -> String {
    if manager_is_deb(manager) {
        format!("{name} is already the newest version.")
    } else {
        format!("Package {name} is already installed.")
    }
}

/// What the package manager says of a mirror that does not answer.
fn unreachable(manager: &str, names: &[&str]) -> String {
    if manager_is_deb(manager) {
        let lines = names
            .iter()
            .map(|name| format!("E: Failed to fetch {name}  Could not connect to the archive: connection timed out\n"));
        return lines.collect::<String>()
            + "E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?";
    }
    format!(
        "Errors during downloading metadata for repository 'amazonlinux':\n  - Curl error (28): Timeout was reached\n\
         Error: Failed to download metadata for repo 'amazonlinux': Cannot prepare internal mirrorlist (for {})",
        names.join(", ")
    )
}

fn remove(names: &[&str]) -> u8 {
    for program in names.iter().flat_map(|name| programs(name)) {
        let places = INSTALLED.iter().flat_map(|parent| PROGRAMS.map(|folder| Path::new(parent).join(folder)));
        for link in places.map(|folder| folder.join(program)) {
            if fs::read_link(&link).is_ok_and(|target| target.starts_with(inside::USR) || target == Path::new(inside::GUEST)) {
                let _ = fs::remove_file(link);
            }
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_no_packages() {
        let line =
            ["-y", "-o", "Dpkg::Options::=--force-confdef", "install", "--no-install-recommends", "jq", "zip"].map(str::to_owned);
        assert_eq!(words(&line), ["install", "jq", "zip"]);
    }

    #[test]
    fn a_package_whose_program_is_there_is_there() {
        assert_eq!((look("tar"), look("no-such-package")), (Package::Here, Package::Nowhere));
    }
}
