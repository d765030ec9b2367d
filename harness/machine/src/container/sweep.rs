//! Finding and removing containers whose run has ended or whose time is over.

use std::collections::HashMap;

use async_recursion::async_recursion;
use jiff::Timestamp;
use testcontainers::bollard;
use testcontainers::bollard::query_parameters::{ListContainersOptionsBuilder, RemoveContainerOptionsBuilder};

use super::engine::{Engine, EngineError, is_absent, refused};
use super::owner::{self, EXPIRES, Owner, RUN};

/// A container that is nobody's any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abandoned {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The run that made it.
    pub run: String,
    /// The engine's words for its state: `Up 3 minutes`, `Created`.
    pub status: String,
    /// Why it is nobody's.
    pub why: Why,
}

/// Why a container is nobody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The nightproof process that made it has ended.
    Gone,
    /// Its time was over then; the label as it is.
    Expired(String),
}

/// Lists the containers of nightproof that are nobody's.
///
/// # Errors
/// The engine refused.
#[async_recursion]
pub async fn sweep(engine: &Engine) -> Result<Vec<Abandoned>, EngineError> {
    let filters = HashMap::from([("label", vec![RUN])]);
    let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
    let found = engine.docker.list_containers(Some(options)).await.map_err(refused("list containers"))?;
    let now = owner::now();
    let abandoned = found.into_iter().filter_map(|container| {
        let labels = container.labels.unwrap_or_default();
        Some(Abandoned {
            id: container.id?,
            name: container.names.into_iter().flatten().next().unwrap_or_default().trim_start_matches('/').to_owned(),
            why: why(&labels, now)?,
            run: labels.get(RUN).cloned().unwrap_or_default(),
            status: container.status.unwrap_or_default(),
        })
    });
    Ok(abandoned.collect())
}

/// The ids of all containers of a run.
pub(super) async fn of_run(engine: &Engine, owner: &Owner) -> Result<Vec<String>, EngineError> {
    let filters = HashMap::from([("label", vec![format!("{RUN}={}", owner.run)])]);
    let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
    let found = engine.docker.list_containers(Some(options)).await.map_err(refused("list containers"))?;
    Ok(found.into_iter().filter_map(|container| container.id).collect())
}

fn why(labels: &HashMap<String, String>, now: Timestamp) -> Option<Why> {
    if owner::is_gone(labels) {
        Some(Why::Gone)
    } else if owner::is_expired(labels, now) {
        Some(Why::Expired(labels.get(EXPIRES).cloned().unwrap_or_default()))
    } else {
        None
    }
}

/// Removes a container with all that runs in it; one that is gone already is no error.
///
/// # Errors
/// The engine refused.
#[async_recursion]
pub async fn remove(engine: &Engine, id: &str) -> Result<(), EngineError> {
    let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
    match engine.docker.remove_container(id, Some(options)).await {
        Err(error) if !is_removed(&error) => Err(refused(format!("remove the container {id}"))(error)),
        _ => Ok(()),
    }
}

/// Whether the engine refused a removal because the container is gone, or on its way: `removal of container … is already in progress`.
pub(super) fn is_removed(error: &bollard::errors::Error) -> bool {
    is_absent(error)
        || matches!(error, bollard::errors::Error::DockerResponseServerError { status_code: 409, message } if message.contains("in progress"))
}
