//! Keeps a region up as a person would, by `nightproof up`, and runs clients against it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// How long to wait for what a busy machine does in seconds.
const LIMIT: Duration = Duration::from_secs(60);

/// A region that is up. Dropping it ends it, by SIGTERM, so that it removes its containers; by SIGKILL if that takes a minute.
#[derive(Debug)]
pub struct Up {
    folder: TempDir,
    child: Child,
    exports: BTreeMap<String, String>,
}

impl Up {
    /// Starts one by `program`, and returns when it has written its exports.
    ///
    /// # Errors
    /// It could not be started, or wrote no exports; what it said is in the error.
    pub fn start(program: &str) -> io::Result<Self> {
        Self::start_with(program, &[])
    }

    /// As [`Up::start`], with further arguments of `nightproof up`.
    ///
    /// # Errors
    /// As [`Up::start`].
    pub fn start_with(program: &str, arguments: &[&str]) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let (tmp, env, said) = (folder.path().join("tmp"), folder.path().join("env"), folder.path().join("said"));
        fs::create_dir(&tmp)?;
        fs::create_dir(folder.path().join("home"))?;
        let child = Command::new(program)
            .args(["up", "--env"])
            .arg(&env)
            .args(arguments)
            .env("TMPDIR", &tmp)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&said)?)
            .spawn()?;
        let mut up = Self { folder, child, exports: BTreeMap::new() };
        let written = until(|| env.exists() || !matches!(up.child.try_wait(), Ok(None)));
        if !written || !env.exists() {
            return Err(io::Error::other(format!("no exports: {}", fs::read_to_string(&said).unwrap_or_default())));
        }
        up.exports = fs::read_to_string(&env)?.lines().filter_map(export).collect();
        Ok(up)
    }

    /// What the exports set.
    pub fn exports(&self) -> &BTreeMap<String, String> {
        &self.exports
    }

    /// The folder that the region has for temporary files.
    pub fn tmp(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    /// Runs `program` with the region's exports, in a folder of its own, to its end.
    ///
    /// # Errors
    /// It could not be started.
    pub fn run(&self, program: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> io::Result<Output> {
        let folder = tempfile::tempdir_in(self.folder.path())?;
        self.command(program).args(arguments).envs(environment.iter().copied()).current_dir(folder.path()).output()
    }

    /// `program` with the region's exports and a home of its own. What runs this may have settings of its own; clients are to know the
    /// exports alone.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
            command.env_remove(name);
        }
        command.env("HOME", self.home()).env_remove("XDG_STATE_HOME").env("PYTHONDONTWRITEBYTECODE", "1").envs(&self.exports);
        command
    }

    /// The home of the clients.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// All processes below the region's own, by number.
    ///
    /// # Errors
    /// The list of processes could not be read.
    pub fn descendants(&self) -> io::Result<Vec<u32>> {
        descendants(self.child.id())
    }

    /// Sends the region a signal (`TERM`), waits for its end, and answers its exit code; -1 if the signal ended it.
    ///
    /// # Errors
    /// It did not end in a minute.
    pub fn end_by(&mut self, signal: &str) -> io::Result<i32> {
        let sent = Command::new("kill").args(["-s", signal, &self.child.id().to_string()]).status()?;
        if !sent.success() || !until(|| !matches!(self.child.try_wait(), Ok(None))) {
            return Err(io::Error::other(format!("`up` did not end by SIG{signal}")));
        }
        Ok(self.child.wait()?.code().unwrap_or(-1))
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // It may have ended already.
        if matches!(self.child.try_wait(), Ok(None)) && self.end_by("TERM").is_err() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// All processes below `ancestor`, by number.
///
/// # Errors
/// The list of processes could not be read.
pub fn descendants(ancestor: u32) -> io::Result<Vec<u32>> {
    let mut parents = BTreeMap::new();
    for entry in fs::read_dir("/proc")? {
        let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        if let Some(parent) = parent_of(id) {
            parents.insert(id, parent);
        }
    }
    let is_below = |mut id: u32| {
        while let Some(parent) = parents.get(&id) {
            if *parent == ancestor {
                return true;
            }
            id = *parent;
        }
        false
    };
    Ok(parents.keys().copied().filter(|id| is_below(*id)).collect())
}

/// Whether a process is there and not just waiting to be collected.
pub fn is_alive(id: u32) -> bool {
    stat(id).is_some_and(|fields| !fields.starts_with('Z'))
}

/// Looks again and again until `look` sees it; whether it did within a minute.
pub fn until(mut look: impl FnMut() -> bool) -> bool {
    nightproof_poll::until_blocking(LIMIT, || if look() { Ok(()) } else { Err(()) }).is_ok()
}

fn parent_of(id: u32) -> Option<u32> {
    stat(id)?.split(' ').nth(1)?.parse().ok()
}

/// State, parent and more of a process: what follows its name, which may hold anything.
fn stat(id: u32) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    text.rsplit_once(") ").map(|(_, rest)| rest.to_owned())
}

/// `export NAME=value`.
fn export(line: &str) -> Option<(String, String)> {
    let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
    Some((name.to_owned(), value.to_owned()))
}
