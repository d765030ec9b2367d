//! What this host has and lacks for machines.

use std::path::Path;
use std::process::{Command, Stdio};

use super::error::remedy;
use crate::node::Node;
use crate::tools::Python;

/// One thing that a drill needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What is looked at.
    pub name: &'static str,
    /// Whether it is there.
    pub ok: bool,
    /// What was seen.
    pub detail: String,
    /// What to do where it is not.
    pub remedy: Option<String>,
}

/// Looks at everything that a drill on the embedded cloud needs. `itself` is nightproof.
pub fn checks(itself: &Path) -> Vec<Check> {
    vec![namespaces(itself), python(), program("sh"), program("bash"), program("tar"), program("gzip"), program("curl")]
}

/// Whether sandboxes can be made. `itself` is nightproof.
pub fn allows_sandboxes(itself: &Path) -> bool {
    namespaces(itself).ok
}

/// Looks at what only some instances need.
pub fn optional_checks() -> Vec<Check> {
    vec![program("dash")]
}

/// Looks at what makes a sandbox more like an instance.
pub fn likeness_checks() -> Vec<Check> {
    vec![overlay(), users()]
}

/// Tries to mount an overlay over /usr in a user namespace.
fn overlay() -> Check {
    let script = "mount -t tmpfs none /mnt && mkdir /mnt/layer && mount -t overlay none -o ro,lowerdir=/mnt/layer:/usr /usr";
    let tried =
        Command::new("unshare").args(["--user", "--map-root-user", "--mount", "sh", "-c", script]).stdin(Stdio::null()).output();
    let ok = tried.is_ok_and(|output| output.status.success());
    Check {
        name: "overlay",
        ok,
        detail: if ok {
            "instances see the programs that their image has, and may write to /usr".to_owned()
        } else {
            "no overlay can be mounted in a user namespace: instances see all of this host's programs".to_owned()
        },
        remedy: (!ok).then(|| "use Linux 5.11 or newer, or `--machine container`".to_owned()),
    }
}

/// A sandbox is made with one id, so that it takes neither root nor `/etc/subuid`.
fn users() -> Check {
    Check {
        name: "users",
        ok: false,
        detail: "a sandbox has root's ids alone: `sudo -u` and `su` give a user's environment, home and shell, and `chown` to another fails"
            .to_owned(),
        remedy: Some("use `--machine container` for scripts to which owners matter".to_owned()),
    }
}

/// Tries to make the namespaces, with util-linux's `unshare`, which every distribution has, and a machine's `/proc` and network in them. A container
/// whose own `/proc` is masked in part may not mount another.
fn namespaces(itself: &Path) -> Check {
    let tried = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "--pid", "--fork", "--mount-proc", "--net", "--uts", "--ipc"])
        .args([itself.as_os_str(), nightproof_machine_protocol::NETWORK.as_ref()])
        .stdin(Stdio::null())
        .output();
    let (ok, detail) = match tried {
        Ok(output) if output.status.success() => {
            (true, "user, mount, pid, network, uts and ipc namespaces, and a network in them, can be made".to_owned())
        }
        Ok(output) => (false, String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => (false, format!("cannot run `unshare`: {error}")),
    };
    Check { name: "namespaces", ok, detail, remedy: (!ok).then(remedy) }
}

fn python() -> Check {
    match Python::find() {
        Some(python) => Check {
            name: "python",
            ok: true,
            detail: format!("{} (Python {})", python.executable.display(), python.version),
            remedy: None,
        },
        None => Check {
            name: "python",
            ok: false,
            detail: "no Python 3.10 or newer with venv and pip".to_owned(),
            remedy: Some(crate::tools::ToolsError::Python.hint().to_owned()),
        },
    }
}

/// Looks at what only some functions need.
pub fn function_checks() -> Vec<Check> {
    vec![node()]
}

fn node() -> Check {
    let found = Node::of_host();
    Check {
        name: "node",
        ok: found.is_some(),
        detail: match found {
            Some(node) => {
                format!("{} (Node.js {}), under nightproof's own runtime client", node.executable.display(), node.version)
            }
            None => "no Node.js 18 or newer: functions in Node.js cannot run".to_owned(),
        },
        remedy: found
            .is_none()
            .then(|| "install `nodejs`, of the version of your functions' runtime, or use `--machine container`".to_owned()),
    }
}

/// Machines see the host's /usr; scripts expect what their platform has there.
fn program(name: &'static str) -> Check {
    let found = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]
        .iter()
        .map(|folder| format!("{folder}/{name}"))
        .find(|path| std::path::Path::new(path).exists());
    Check {
        name,
        ok: found.is_some(),
        detail: found.clone().unwrap_or_else(|| "not found in /usr/bin".to_owned()),
        remedy: found.is_none().then(|| format!("install `{name}` with your distribution's package manager")),
    }
}
