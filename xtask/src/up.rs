//! `nightproof up`: a region for as long as its value lives.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::step::{self, StepError};

/// How long the start may take.
const BOUND: Duration = Duration::from_secs(60);

/// A running region.
pub(crate) struct Up {
    child: Child,
    exports: PathBuf,
    environment: Vec<(String, String)>,
}

impl Up {
    /// Starts one; its exports are in `folder` meanwhile.
    pub(crate) fn start(program: &Path, folder: &Path, arguments: &[&str]) -> Result<Self, StepError> {
        let exports = folder.join("exports");
        // Those of a region that was killed are not this one's.
        let _ = std::fs::remove_file(&exports);
        let mut command = Command::new(program);
        command.args(["up", "--env"]).arg(&exports).args(arguments).stdout(Stdio::null());
        let child = command.spawn().map_err(|source| StepError::Start { program: format!("{command:?}"), source })?;
        let mut up = Self { child, exports, environment: Vec::new() };
        let text = until(BOUND, "`nightproof up`", || std::fs::read_to_string(&up.exports).ok())?;
        let pairs = text.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
        up.environment = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(up)
    }

    /// The variables by which clients reach it.
    pub(crate) fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// Its resident memory now, in MiB; 0 if the kernel does not tell.
    pub(crate) fn resident_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        line.and_then(|kib| kib.trim().parse::<u64>().ok()).unwrap_or_default() / 1024
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let ended = step::said(Command::new("kill").arg(self.child.id().to_string())).map(drop);
        let waited =
            self.child.wait().map(drop).map_err(|source| StepError::Start { program: "nightproof up".to_owned(), source });
        for error in [ended, waited].into_iter().filter_map(Result::err) {
            step::fail(&error);
        }
        // The folder's own end is the caller's.
        let _ = std::fs::remove_file(&self.exports);
    }
}

/// Looks until `what` is there.
pub(crate) fn until<T>(bound: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> Result<T, StepError> {
    let late = |()| StepError::Found(format!("{what} is not there after {} s", bound.as_secs()));
    nightproof_poll::until_blocking(bound, || look().ok_or(())).map_err(late)
}
