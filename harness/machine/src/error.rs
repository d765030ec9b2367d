//! Why a machine could not be booted, and what to do about it.

use std::path::PathBuf;
use std::time::Duration;

use super::container::{EngineError, ImageError};
use super::node::sdk::SdkError;

/// A machine that did not come up.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// Its folder could not be prepared.
    #[error("cannot prepare the machine's folder `{}`", path.display())]
    Folder {
        /// Which path.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The launcher could not be started.
    #[error("cannot start `{}` as launcher of a machine", program.display())]
    Launcher {
        /// The program.
        program: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The sandbox could not be made.
    #[error("cannot make a sandbox: {reason}; {remedy}")]
    Sandbox {
        /// The launcher's words.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// The host lacks the program that is `sh` on the machine's platform.
    #[error(
        "`sh` is {program} on {system}, and this host has no {program}: install `{program}` with your distribution's package manager"
    )]
    Shell {
        /// The platform.
        system: String,
        /// The program.
        program: &'static str,
    },
    /// The Docker engine did not start it.
    #[error("cannot start a container: {}; {}", chain(.0), .0.hint())]
    Engine(#[source] EngineError),
    /// The image of a function's runtime could not be got ready.
    #[error("no image for the function's runtime: {}; {}", chain(.0), .0.hint())]
    Image(#[source] ImageError),
    /// The AWS SDK for JavaScript that a function loads could not be got ready.
    #[error("no AWS SDK for JavaScript: {}", chain(.0))]
    Sdk(#[source] SdkError),
    /// Node.js for a function could not be found.
    #[error("no Node.js for the function: {0}")]
    Node(String),
    /// The machine ended before it was up.
    #[error("the machine ended while it booted (exit code {code}): {console}")]
    Ended {
        /// Exit code of its first process.
        code: i32,
        /// The end of its console.
        console: String,
    },
    /// The machine did not say that it is up.
    #[error("the machine was not up after {} s; its console: {console}", after.as_secs())]
    Late {
        /// How long was waited.
        after: Duration,
        /// The end of its console.
        console: String,
    },
}

/// These errors become an instance's `StateReason`, where nobody walks the chain.
fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

/// What to do where the kernel allows no namespaces.
pub(super) fn remedy() -> String {
    let read = |path: &str| std::fs::read_to_string(path).map(|text| text.trim().to_owned()).unwrap_or_default();
    if read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" {
        "AppArmor restricts user namespaces here: `nightproof doctor --fix` prints a profile for nightproof alone, or run `sudo sysctl \
         kernel.apparmor_restrict_unprivileged_userns=0`"
            .to_owned()
    } else if read("/proc/sys/user/max_user_namespaces") == "0" {
        "user namespaces are switched off: run `sudo sysctl user.max_user_namespaces=15000`".to_owned()
    } else if read("/proc/sys/kernel/unprivileged_userns_clone") == "0" {
        "unprivileged user namespaces are switched off: run `sudo sysctl kernel.unprivileged_userns_clone=1`".to_owned()
    } else {
        "this process may not make user, mount and network namespaces: inside a container, start it with \
         `--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined`, or run nightproof outside"
            .to_owned()
    }
}
