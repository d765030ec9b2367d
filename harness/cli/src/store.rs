//! `--cloud localstack`: the store of a local environment, started or found.

use std::path::Path;
use std::time::Duration;

use nightproof_machine::container::{Engine, EngineError, Images, LocalStack, Owner, Purpose};
use nightproof_store::Store;
use tokio_util::sync::CancellationToken;

use crate::arguments::{CloudKind, PullPolicy, StartedLocalstack};
use crate::error::Error;
use crate::setting::{REGION, Setting};
use crate::{containers, printer};

/// Objects and messages, wherever they are.
pub(crate) enum StoreLocation {
    /// In this process.
    Embedded,
    /// At an endpoint that runs already.
    Found(Store),
    /// In a container of this environment.
    Started(LocalStack, Store),
}

impl StoreLocation {
    /// Starts or finds the store that the setting names. `folder` is the run's.
    pub(crate) async fn open(setting: &Setting, folder: &Path, cancel: &CancellationToken) -> Result<Self, Error> {
        let wanted = &setting.machine.cloud;
        match (wanted.cloud, &wanted.localstack) {
            (CloudKind::Embedded, _) => Ok(Self::Embedded),
            (CloudKind::Localstack, Some(url)) => found(url, &setting.account).await.map(Self::Found),
            (CloudKind::Localstack, None) => tokio::select! {
                started = started(setting, folder) => started.map(|(localstack, store)| Self::Started(localstack, store)),
                () = cancel.cancelled() => Err(Error::Interrupted),
            },
        }
    }

    /// The store, if it is not in this process.
    pub(crate) fn store(&self) -> Option<Store> {
        match self {
            Self::Embedded => None,
            Self::Found(store) => Some(store.clone()),
            Self::Started(_, store) => Some(store.clone()),
        }
    }

    /// Removes the container, if one was started.
    pub(crate) async fn close(self) -> Result<(), EngineError> {
        match self {
            Self::Started(localstack, _) => localstack.remove().await,
            Self::Embedded | Self::Found(_) => Ok(()),
        }
    }
}

async fn found(url: &str, account: &str) -> Result<Store, Error> {
    let store = Store::new(url, REGION).map_err(Error::StoreUrl)?;
    store.check(account).await.map_err(Error::Store)?;
    Ok(store)
}

async fn started(setting: &Setting, folder: &Path) -> Result<(LocalStack, Store), Error> {
    let purpose = if setting.native { Purpose::Native(folder.join("localstack")) } else { Purpose::Store };
    let owner = Owner::of(folder, setting.lifetime);
    start(&setting.machine.cloud.started, setting.machine.pull, &owner, &purpose, &setting.account).await
}

/// Starts LocalStack in a container and waits until it answers.
pub(crate) async fn start(
    wanted: &StartedLocalstack,
    pull: PullPolicy,
    owner: &Owner,
    purpose: &Purpose,
    account: &str,
) -> Result<(LocalStack, Store), Error> {
    let engine = Engine::connect().await.map_err(Error::Engine)?;
    containers::clear(&engine).await?;
    let images = Images::new(&engine, containers::pull(pull), &printer::note);
    let image = match &wanted.localstack_image {
        Some(image) => images.named(image).await,
        None => images.localstack().await,
    };
    let image = image.map_err(Error::Image)?;
    printer::note(&format!("starting LocalStack ({image})"));
    let timeout = Duration::from_secs(wanted.localstack_timeout);
    let answers = |url: String| async move {
        let store = Store::new(&url, REGION).map_err(|error| error.to_string())?;
        store.check(account).await.map_err(|error| error.to_string())
    };
    let localstack = LocalStack::start(engine, owner, &image, purpose, timeout, answers).await.map_err(Error::LocalStack)?;
    let store = Store::new(&localstack.url, REGION).map_err(Error::Store)?;
    Ok((localstack, store))
}
