//! The Docker engine on this machine.

use std::path::PathBuf;
use std::time::Duration;

use async_recursion::async_recursion;
use etcetera::base_strategy::{BaseStrategy as _, Xdg};
use testcontainers::bollard::{self, Docker};
use testcontainers::core::client::docker_client_instance;
use testcontainers::core::error::TestcontainersError;

/// How long the engine may take until it begins to answer; it may be unpacking an image of hundreds of megabytes.
const TIMEOUT: Duration = Duration::from_secs(600);

/// Where an engine of the system's listens.
const USUAL_SOCKET: &str = "/var/run/docker.sock";

/// A connection to the engine.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(super) docker: Docker,
    /// Processors that the engine can give to containers.
    pub(super) processors: i64,
}

/// There is no engine to be used.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// `DOCKER_HOST` leads elsewhere.
    #[error("DOCKER_HOST is `{0}`, but machines need a Docker engine on this host, by a unix socket")]
    Remote(String),
    /// There is no socket.
    #[error("there is no Docker engine: `{}` does not exist", .0.display())]
    Missing(PathBuf),
    /// There is only one of the user's own.
    #[error("there is no Docker engine of the system's; the user's own at `{}` is used by `DOCKER_HOST` alone", .0.display())]
    Rootless(PathBuf),
    /// The socket is there, and may not be used.
    #[error("the Docker engine's socket `{}` may not be used by this user", .0.display())]
    Forbidden(PathBuf),
    /// The socket is there, and nobody answers.
    #[error("the Docker engine does not answer at `{}`: {reason}", socket.display())]
    Silent {
        /// The socket.
        socket: PathBuf,
        /// What was seen.
        reason: String,
    },
    /// The container that had an instance's disk is gone.
    #[error("the container {0} was removed by somebody else, and the instance's disk with it")]
    Removed(String),
    /// The engine refused a call.
    #[error("the Docker engine refused to {what}")]
    Refused {
        /// To do what.
        what: String,
        /// Its words.
        #[source]
        source: bollard::errors::Error,
    },
    /// A container could not be removed.
    #[error("cannot remove the container {name}")]
    Remove {
        /// Its name.
        name: String,
        /// Why.
        #[source]
        source: Box<TestcontainersError>,
    },
    /// A container could not be started.
    #[error("cannot start the container {name}")]
    Start {
        /// Its name.
        name: String,
        /// Why.
        #[source]
        source: Box<TestcontainersError>,
    },
}

/// What the user can do when the engine's disk is full.
pub(super) const DISK_FULL: &str = "make room on the engine's disk: `docker system df` says what takes it, `nightproof sweep` removes what ended drills left, \
     `docker image prune` images that nothing uses";

/// Whether the engine, or a program, says that a disk is full; the engine has no code for that.
pub(super) fn is_disk_full(words: &str) -> bool {
    words.to_ascii_lowercase().contains("no space left on device")
}

impl EngineError {
    /// What the user can do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Remote(_) => "unset DOCKER_HOST, or set it to unix:///path/to/docker.sock",
            Self::Missing(_) => {
                "install Docker (Debian: `sudo apt-get install docker.io`) or set DOCKER_HOST; `--machine sandbox` needs none"
            }
            Self::Rootless(_) => "set DOCKER_HOST to `unix://` and that path",
            Self::Forbidden(_) => "add yourself to the group `docker` (`sudo usermod -aG docker $USER`, then log in anew)",
            Self::Silent { .. } => "start it: `sudo systemctl start docker`; `--machine sandbox` needs none",
            Self::Removed(_) => "start a new instance; leave containers with the label `nightproof.run` to nightproof",
            Self::Refused { source, .. } if is_disk_full(&source.to_string()) => DISK_FULL,
            Self::Start { source, .. } if is_disk_full(&source.to_string()) => DISK_FULL,
            Self::Refused { .. } | Self::Start { .. } | Self::Remove { .. } => "`docker info` and the engine's log may say more",
        }
    }
}

impl Engine {
    /// Connects to the engine that `DOCKER_HOST` names, or to the one at its usual place.
    ///
    /// # Errors
    /// [`EngineError`], with a hint for the user.
    #[async_recursion]
    pub async fn connect() -> Result<Self, EngineError> {
        let socket = match std::env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty()) {
            Some(host) => PathBuf::from(host.strip_prefix("unix://").ok_or_else(|| EngineError::Remote(host.clone()))?),
            None => PathBuf::from(USUAL_SOCKET),
        };
        // The client's own errors do not say which of these it was.
        match tokio::net::UnixStream::connect(&socket).await {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(missing(socket)),
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return Err(EngineError::Forbidden(socket)),
            Err(error) => return Err(EngineError::Silent { socket, reason: error.to_string() }),
        }
        let docker = async {
            let docker = docker_client_instance().await.map_err(|error| error.to_string())?.with_timeout(TIMEOUT);
            let docker = docker.negotiate_version().await.map_err(|error| error.to_string())?;
            let info = docker.info().await.map_err(|error| error.to_string())?;
            Ok((docker, info))
        };
        let (docker, info) = docker.await.map_err(|reason| EngineError::Silent { socket, reason })?;
        Ok(Self { docker, processors: info.ncpu.unwrap_or(1).max(1) })
    }
}

/// There is no `socket`; an engine of the user's own, which containers are not started on without `DOCKER_HOST`, is pointed out.
fn missing(socket: PathBuf) -> EngineError {
    let own = Xdg::new().ok().and_then(|folders| folders.runtime_dir()).map(|folder| folder.join("docker.sock"));
    match own.filter(|own| own.exists() && *own != socket) {
        Some(own) => EngineError::Rootless(own),
        None => EngineError::Missing(socket),
    }
}

/// Names what was asked of the engine in its refusal.
pub(super) fn refused(what: impl Into<String>) -> impl FnOnce(bollard::errors::Error) -> EngineError {
    move |source| EngineError::Refused { what: what.into(), source }
}

/// Whether the engine says that there is no such thing.
pub(super) fn is_absent(error: &bollard::errors::Error) -> bool {
    matches!(error, bollard::errors::Error::DockerResponseServerError { status_code: 404, .. })
}
