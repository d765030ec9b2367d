//! `--machine auto`: sandboxes where the kernel allows them, else containers where Docker is.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::OnceLock;

use nightproof_machine::doctor;

use crate::printer;

/// Whether machines are containers on this host. Looked at once, and said where it is not the usual.
pub(crate) fn takes_containers() -> bool {
    static CHOSEN: OnceLock<bool> = OnceLock::new();
    *CHOSEN.get_or_init(|| {
        let containers = choose(sandbox_works, docker_answers);
        if containers {
            printer::note(
                "this machine allows no sandbox (`nightproof doctor` says why): instances and functions run in Docker containers",
            );
        }
        containers
    })
}

/// Where neither works, the sandbox's error says what to do.
fn choose(sandbox: impl FnOnce() -> bool, docker: impl FnOnce() -> bool) -> bool {
    !sandbox() && docker()
}

fn sandbox_works() -> bool {
    std::env::current_exe().is_ok_and(|itself| doctor::allows_sandboxes(&itself))
}

/// Whether somebody listens at the socket of the engine that machines would be started by.
fn docker_answers() -> bool {
    let host = std::env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty());
    let socket = match &host {
        Some(host) => host.strip_prefix("unix://").map(PathBuf::from),
        None => Some(PathBuf::from("/var/run/docker.sock")),
    };
    socket.is_some_and(|socket| UnixStream::connect(socket).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_taken_where_there_is_no_sandbox_and_docker_is() {
        assert!(!choose(|| true, || panic!("nobody asks Docker")));
        assert!(choose(|| false, || true));
        assert!(!choose(|| false, || false));
    }
}
