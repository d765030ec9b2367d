//! What user data has done at a boot, stage by stage.
//! <https://cloudinit.readthedocs.io/en/latest/explanation/boot.html>

use std::fs;
use std::io;
use std::path::Path;

use nightproof_machine_image::{Family, Platform};
use nightproof_machine_protocol::spec::Task;

use super::config::{Config, script};
use super::part::{self, Kind, Part};
use super::{scripts, user_list, write_files, yaml};
use crate::agent::imds::Imds;
use crate::{console, control};

const INSTANCE: &str = "/var/lib/cloud/instance";
const SCRIPTS: &str = "/var/lib/cloud/instance/scripts";
const BOOTHOOKS: &str = "/var/lib/cloud/instance/boothooks";
/// User data as it was at the first boot.
const USER_DATA: &str = "/var/lib/cloud/instance/user-data.txt";

/// What a boot does, and what of it went wrong: in cloud-init's words.
struct Boot<'a> {
    task: &'a Task,
    config: Config,
    errors: Vec<String>,
}

/// Does what user data asks for at this boot, which is the `first` or a later one; returns what failed. The console has the outcome.
pub(crate) fn run(task: &Task, first: bool) -> Vec<String> {
    let bytes = match user_data(first) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Vec::new(),
        Err(error) => {
            console::print(&format!("user data: {error}"));
            return vec![error];
        }
    };
    let (parts, wrong) = part::read(&bytes);
    for reason in wrong.iter().filter(|_| first) {
        unserved(reason);
    }
    let mut boot = Boot { task, config: Config::default(), errors: wrong };
    boot.read_config(&parts, first);
    boot.stages(&parts, first);
    if boot.errors.is_empty() {
        console::print("user data: finished");
    } else {
        console::print(&format!("user data: failed ({}); see {}", boot.errors.join("; "), scripts::LOG));
    }
    boot.errors
}

/// Of the metadata service at the first boot, and kept from then on.
fn user_data(first: bool) -> Result<Option<Vec<u8>>, String> {
    if !first {
        return Ok(fs::read(USER_DATA).ok());
    }
    let Some(bytes) = Imds::open().and_then(|imds| imds.find_bytes("user-data")).map_err(|error| error.to_string())? else {
        return Ok(None);
    };
    let keep = || {
        fs::create_dir_all(INSTANCE)?;
        fs::write(USER_DATA, &bytes)
    };
    keep().map_err(|error: io::Error| format!("{USER_DATA}: {error}"))?;
    Ok(Some(bytes))
}

/// Says on the console and to the region's user what is not acted upon.
fn unserved(reason: &str) {
    console::print(&format!("user data: {reason}"));
    if let Err(error) = control::finding(control::Kind::NotActedUpon, reason) {
        console::print(&format!("user data: {error}"));
    }
}

impl Boot<'_> {
    fn read_config(&mut self, parts: &[Part], first: bool) {
        let documents = parts.iter().filter(|part| part.kind == Kind::CloudConfig);
        let read: Result<Vec<_>, String> = documents.map(|part| yaml::read(&part.text)).collect();
        match read.and_then(yaml::merged) {
            Ok(members) => self.config = Config::new(members),
            Err(reason) => self.errors.push(format!("Failed loading yaml blob. {reason}")),
        }
        let names = self.config.unserved();
        if first && !names.is_empty() {
            unserved(&format!("of cloud-config `{}` is not acted upon in this machine", names.join("`, `")));
        }
    }

    /// Notes how the module `name` ended.
    fn module(&mut self, name: &str, ended: Result<(), String>) {
        if let Err(reason) = ended {
            console::print(&format!("user data: {name}: {reason}"));
            self.errors.push(format!("('{name}', RuntimeError('{reason}'))"));
        }
    }

    fn stages(&mut self, parts: &[Part], first: bool) {
        for part in parts.iter().filter(|part| part.kind == Kind::Boothook) {
            let ended = self.boothook(part);
            self.module("cloud-boothook", ended);
        }
        let ended = self.commands("bootcmd");
        self.module("bootcmd", ended);
        if first {
            self.once(parts);
        }
        if first || self.config.scripts_always_run() {
            let ended = self.scripts();
            self.module("scripts_user", ended);
        }
    }

    /// What is done at the first boot alone.
    fn once(&mut self, parts: &[Part]) {
        let files = self.config.list("write_files");
        let written = write_files::write(&files, false);
        let (groups, users) = (self.config.list("groups"), self.config.list("users"));
        let made = user_list::make_groups(&groups).and_then(|()| user_list::make_users(&users));
        let keys = self.keys();
        let deferred = |files: &[&serde_json::Value]| write_files::write(files, true);
        let kept = self.keep_scripts(parts);
        let installed = self.packages();
        let late = deferred(&self.config.list("write_files"));
        for (name, ended) in [
            ("write_files", written),
            ("users_groups", made),
            ("ssh", keys),
            ("scripts_user", kept),
            ("package_update_upgrade_install", installed),
            ("write_files_deferred", late),
        ] {
            self.module(name, ended);
        }
    }

    fn boothook(&self, part: &Part) -> Result<(), String> {
        let text = part.text.strip_prefix("#cloud-boothook").unwrap_or(&part.text).trim_start();
        let path = scripts::keep(Path::new(BOOTHOOKS), &part.name, text).map_err(|error| error.to_string())?;
        self.execute(&path)
    }

    /// Runs the script of a list of commands at once.
    fn commands(&self, name: &str) -> Result<(), String> {
        let commands = self.config.list(name);
        if commands.is_empty() {
            return Ok(());
        }
        let path = scripts::keep(Path::new("/run/cloud-init"), name, &script(&commands)?).map_err(|error| error.to_string())?;
        self.execute(&path)
    }

    /// Runs a script that knows its instance.
    fn execute(&self, path: &Path) -> Result<(), String> {
        let id = Imds::open().and_then(|imds| imds.get("meta-data/instance-id")).map_err(|error| error.to_string())?;
        match scripts::run(self.task, path, &[], &[("INSTANCE_ID", &id)]) {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("{} failed ({status})", path.display())),
            Err(error) => Err(format!("{}: {error}", path.display())),
        }
    }

    /// Keys of the image's own user.
    fn keys(&self) -> Result<(), String> {
        let listed = self.config.list("ssh_authorized_keys");
        let keys: Vec<String> = listed.into_iter().filter_map(|key| key.as_str().map(str::to_owned)).collect();
        let platform = self.platform();
        platform.map_or(Ok(()), |platform| user_list::authorize(platform.user.name, &keys)).map_err(|error| error.to_string())
    }

    /// Puts scripts where they are run from: those of user data, and `runcmd`.
    fn keep_scripts(&self, parts: &[Part]) -> Result<(), String> {
        let folder = Path::new(SCRIPTS);
        let keep = |name: &str, text: &str| scripts::keep(folder, name, text).map(drop).map_err(|error| error.to_string());
        for part in parts.iter().filter(|part| part.kind == Kind::Script) {
            keep(&part.name, &part.text)?;
        }
        let commands = self.config.list("runcmd");
        if commands.is_empty() { Ok(()) } else { keep("runcmd", &script(&commands)?) }
    }

    fn scripts(&self) -> Result<(), String> {
        let (failed, all) = scripts::run_parts(self.task, Path::new(SCRIPTS)).map_err(|error| error.to_string())?;
        if failed.is_empty() {
            return Ok(());
        }
        Err(format!("Runparts: {} failures ({}) in {all} attempted commands", failed.len(), failed.join(",")))
    }

    fn platform(&self) -> Option<&'static Platform> {
        self.task.platform.as_ref().and_then(|platform| Platform::by_key(&platform.key))
    }

    /// Updates and installs packages by the manager of the image's family.
    fn packages(&self) -> Result<(), String> {
        // A container's image is what it has.
        let debian = self.platform().map_or_else(|| Path::new("/usr/bin/dpkg").exists(), |one| one.family == Family::Debian);
        let names: &[&str] = if debian { &["apt-get"] } else { &["dnf", "yum"] };
        let places = names.iter().flat_map(|name| ["/usr/bin", "/usr/local/bin"].map(|folder| Path::new(folder).join(name)));
        let manager = places.into_iter().find(|path| path.exists());
        let run = |arguments: &[&str]| {
            let manager = manager.as_deref().ok_or("this machine has no package manager")?;
            let status = scripts::run(self.task, manager, arguments, &[("DEBIAN_FRONTEND", "noninteractive")]);
            match status {
                Ok(status) if status.success() => Ok(()),
                Ok(status) => Err(format!("{} {} failed ({status})", manager.display(), arguments.join(" "))),
                Err(error) => Err(format!("{}: {error}", manager.display())),
            }
        };
        let packages = self.config.packages()?;
        let update = self.config.any(&["package_update", "apt_update", "repo_update"]);
        if update || (debian && !packages.is_empty()) {
            run(if debian { &["update"] } else { &["-y", "makecache"] })?;
        }
        if self.config.any(&["package_upgrade", "apt_upgrade", "repo_upgrade"]) {
            run(if debian { &["-y", "dist-upgrade"] } else { &["-y", "upgrade"] })?;
        }
        if packages.is_empty() {
            return Ok(());
        }
        let arguments: Vec<&str> = ["-y", "install"].into_iter().chain(packages.iter().map(String::as_str)).collect();
        run(&arguments)
    }
}
