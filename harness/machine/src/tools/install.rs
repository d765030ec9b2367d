//! Installing the tools, once, into a folder of their own.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use etcetera::base_strategy::{BaseStrategy as _, Xdg};
use nightproof_machine_protocol::spec::{LOCAL, inside};
use sha2::{Digest as _, Sha256};

use super::Python;
use crate::library;
use crate::role::Role;

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// Where the packages are inside a machine.
const PACKAGES: &str = "/opt/nightproof/packages";

/// Where an instance with a root file system of its own has what of this host the interpreter is loaded from. It is on nobody's path.
const HOST: &str = "/opt/nightproof/host";

/// Folders of a host that programs are loaded from.
const LOADED_FROM: [&str; 4] = ["/usr", "/lib", "/lib64", "/lib32"];

/// The installed tools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tools {
    folder: PathBuf,
    python: Python,
}

/// The tools could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum ToolsError {
    /// No Python was found that can install packages.
    #[error("no Python 3.10 or newer with venv and pip was found")]
    Python,
    /// A file could not be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// pip failed.
    #[error("cannot install the AWS CLI, boto3, the Lambda runtime client and the SAM translator: `{command}` failed: {output}")]
    Install {
        /// Its command line.
        command: String,
        /// The end of what it said.
        output: String,
    },
    /// What is compiled of the runtime client does not find a library.
    #[error("cannot load the Lambda runtime client: {reason}")]
    Load {
        /// What Python said.
        reason: String,
    },
}

impl ToolsError {
    /// What the user can do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Python => "run `sudo apt-get install -y python3 python3-venv python3-pip`, or your distribution's equivalent",
            Self::Write { .. } => "set XDG_CACHE_HOME to a folder that can be written to",
            Self::Install { .. } => {
                "the first drill needs PyPI once; see that pip can reach it (PIP_INDEX_URL, PIP_CERT), then run again"
            }
            Self::Load { .. } => "run `sudo apt-get install -y libstdc++6`, or your distribution's equivalent",
        }
    }
}

/// The tools, installed at the first call on this machine. `progress` is told before that takes its time.
///
/// # Errors
/// [`ToolsError`], with a hint for the user.
pub fn ensure(progress: impl Fn(&str)) -> Result<Tools, ToolsError> {
    let python = Python::find().ok_or(ToolsError::Python)?;
    let digest = hex::encode(Sha256::digest(format!("{REQUIREMENTS}{}{}", python.version, python.executable.display())));
    let cache = cache_folder();
    let folder = cache.join(format!("tools-{}", digest.get(..16).unwrap_or(&digest)));
    let tools = Tools { folder, python };
    if tools.folder.join("complete").exists() {
        return Ok(tools);
    }
    fs::create_dir_all(&cache).map_err(write_error(&cache))?;
    // Two at once must not install into one folder; the second finds the first one's work.
    let lock = cache.join("lock");
    let held = File::create(&lock).and_then(|file| file.lock().map(|()| file)).map_err(write_error(&lock))?;
    if !tools.folder.join("complete").exists() {
        progress("installing the AWS CLI, boto3, the Lambda runtime client and the SAM translator from PyPI (once)");
        tools.install(&cache)?;
    }
    drop(held);
    Ok(tools)
}

fn write_error(path: &Path) -> impl FnOnce(io::Error) -> ToolsError {
    let path = path.to_owned();
    move |source| ToolsError::Write { path, source }
}

/// A lock in the cache's folder, held until it is dropped.
pub(crate) fn lock(name: &str) -> io::Result<File> {
    let cache = cache_folder();
    fs::create_dir_all(&cache)?;
    let held = File::create(cache.join(format!("{name}.lock")))?;
    held.lock()?;
    Ok(held)
}

/// Where this machine keeps what is installed once.
pub(crate) fn cache_folder() -> PathBuf {
    let cache = Xdg::new().ok().map(|folders| folders.cache_dir()).filter(|folder| folder.is_absolute());
    cache.unwrap_or_else(std::env::temp_dir).join("nightproof")
}

impl Tools {
    /// The interpreter inside a machine.
    pub fn python(&self) -> &Python {
        &self.python
    }

    /// Where the packages are on this host: on `PYTHONPATH`, `python -m awscli` is the AWS CLI.
    pub fn packages(&self) -> PathBuf {
        self.folder.join("packages")
    }

    /// What goes on `PYTHONPATH` of a function, inside its machine.
    pub fn python_path(&self) -> &'static str {
        PACKAGES
    }

    /// Whether `/usr/local` must be the host's, as the Python that runs the tools is there.
    pub(crate) fn need_local(&self) -> bool {
        self.python.prefix.starts_with(LOCAL)
    }

    /// What a machine must see: outside path, inside path. An instance has links to the AWS CLI where its image has that.
    pub(crate) fn binds(&self, role: Role) -> Vec<(PathBuf, String)> {
        let programs = if self.need_local() || role == Role::Function { "/usr/local/bin" } else { inside::TOOLS };
        let mut binds = vec![(self.packages(), PACKAGES.to_owned()), (self.folder.join("bin"), programs.to_owned())];
        if !self.python.is_systems() {
            binds.push((self.python.prefix.clone(), self.python.prefix.display().to_string()));
        }
        binds
    }

    /// What an instance with a root file system of its own must see, outside and inside path, and the script that is its AWS CLI. That runs in this
    /// host's interpreter, started by its own loader with its own libraries: the root file system needs no Python.
    pub(crate) fn on_rootfs(&self) -> io::Result<(Vec<(PathBuf, String)>, String)> {
        let within = |path: &Path| format!("{HOST}{}", path.display());
        let folders = LOADED_FROM.map(Path::new).into_iter().filter(|folder| folder.is_dir() && !folder.is_symlink());
        let mut binds: Vec<(PathBuf, String)> = folders.map(|folder| (folder.to_owned(), within(folder))).collect();
        if !self.python.prefix.starts_with("/usr") {
            binds.push((self.python.prefix.clone(), within(&self.python.prefix)));
        }
        binds.push((self.packages(), PACKAGES.to_owned()));
        let executable = within(&self.python.executable);
        let libraries: Vec<PathBuf> = library::of(&self.python.executable, &executable)?
            .files
            .iter()
            .skip(1)
            .filter_map(|(outside, _)| outside.canonicalize().ok())
            .collect();
        let loader = libraries.iter().find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ld-")));
        let mut command = Vec::new();
        if let Some(loader) = loader {
            let folders: BTreeSet<String> = libraries.iter().filter_map(|path| path.parent()).map(within).collect();
            command = vec![within(loader), "--library-path".to_owned(), folders.into_iter().collect::<Vec<_>>().join(":")];
        }
        command.push(executable);
        let script = format!(
            "#!/bin/sh\nexec {} -I -S -c 'import sys\nsys.path.insert(0, \"{PACKAGES}\")\nsys.argv[0] = \"aws\"\nfrom awscli.clidriver import \
             main\nsys.exit(main())' \"$@\"\n",
            command.join(" ")
        );
        Ok((binds, script))
    }

    /// Installs into a temporary folder, which becomes the real one when all is there.
    fn install(&self, cache: &Path) -> Result<(), ToolsError> {
        let temporary = tempfile::Builder::new().prefix("new-").tempdir_in(cache).map_err(write_error(cache))?;
        let at = |name: &str| temporary.path().join(name);
        run(Command::new(&self.python.executable).args(["-I", "-m", "venv"]).arg(at("venv")))?;
        fs::write(at("requirements.txt"), REQUIREMENTS).map_err(write_error(&at("requirements.txt")))?;
        run(Command::new(at("venv/bin/python"))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--require-hashes",
                "--only-binary",
                ":all:",
                "--no-deps",
                "--target",
            ])
            .arg(at("packages"))
            .arg("--requirement")
            .arg(at("requirements.txt")))?;
        load(&self.python, &at("packages"))?;
        fs::remove_dir_all(at("venv")).map_err(write_error(&at("venv")))?;
        fs::create_dir_all(at("bin")).map_err(write_error(&at("bin")))?;
        let aws = format!(
            "#!{} -I\nimport sys\nsys.path.insert(0, '{PACKAGES}')\nfrom awscli.clidriver import main\nsys.exit(main())\n",
            self.python.executable.display()
        );
        fs::write(at("bin/aws"), aws).map_err(write_error(&at("bin/aws")))?;
        fs::set_permissions(at("bin/aws"), fs::Permissions::from_mode(0o755)).map_err(write_error(&at("bin/aws")))?;
        fs::write(at("complete"), "").map_err(write_error(&at("complete")))?;
        let made = temporary.keep();
        fs::set_permissions(&made, fs::Permissions::from_mode(0o755)).map_err(write_error(&made))?;
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).map_err(write_error(&self.folder))?;
        }
        fs::rename(&made, &self.folder).map_err(write_error(&self.folder))
    }
}

/// Loads the runtime client's compiled part, which would otherwise fail each function with an error that names no library.
fn load(python: &Python, packages: &Path) -> Result<(), ToolsError> {
    let script = "import sys; sys.path.insert(0, sys.argv[1]); import runtime_client";
    let mut command = Command::new(&python.executable);
    to_its_end(command.args(["-I", "-c", script]).arg(packages)).map_err(|reason| ToolsError::Load { reason })
}

fn run(command: &mut Command) -> Result<(), ToolsError> {
    to_its_end(command).map_err(|output| ToolsError::Install { command: format!("{command:?}"), output })
}

/// Runs a program to its end; the error is the end of what it said, or why it could not be started.
pub(crate) fn to_its_end(command: &mut Command) -> Result<(), String> {
    let output = command.env_remove("PYTHONPATH").output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.lines().collect();
    Err(lines.iter().skip(lines.len().saturating_sub(5)).copied().collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_client_that_cannot_be_loaded_is_named_with_what_it_lacks() {
        let python = Python::find().expect("a Python");
        let packages = tempfile::tempdir().unwrap();
        let says = "raise ImportError('libstdc++.so.6: cannot open shared object file')";
        fs::write(packages.path().join("runtime_client.py"), says).unwrap();
        let error = load(&python, packages.path()).unwrap_err();
        assert!(
            error.to_string().starts_with("cannot load the Lambda runtime client: ")
                && error.to_string().contains("libstdc++.so.6"),
            "{error}"
        );
        assert!(error.hint().contains("libstdc++6"), "{}", error.hint());
        fs::write(packages.path().join("runtime_client.py"), "").unwrap();
        load(&python, packages.path()).unwrap();
    }
}
