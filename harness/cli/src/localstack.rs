//! `--cloud localstack`: the store of a stage, started or found.

use std::path::Path;
use std::time::Duration;

use nightproof_machine::container::{Engine, Images, LocalStack, Owner, Purpose};
use nightproof_store::Store;
use tokio_util::sync::CancellationToken;

use crate::arguments::CloudKind;
use crate::embedded::REGION;
use crate::stage::Setting;
use crate::{Exit, containers, printer};

/// Objects and messages, wherever they are.
pub(crate) enum Place {
    /// In this process.
    Embedded,
    /// At an endpoint that runs already.
    Found(Store),
    /// In a container of this stage.
    Started(LocalStack, Store),
}

impl Place {
    /// Gets ready what the setting wants; what goes wrong has been said. `folder` is the run's.
    pub(crate) async fn open(setting: &Setting, folder: &Path, cancel: &CancellationToken) -> Result<Self, Exit> {
        let wanted = &setting.machine.cloud;
        match (wanted.cloud, &wanted.localstack) {
            (CloudKind::Embedded, _) => Ok(Self::Embedded),
            (CloudKind::Localstack, Some(url)) => found(url, &setting.account).await.map(Self::Found),
            (CloudKind::Localstack, None) => tokio::select! {
                started = started(setting, folder) => started.map(|(localstack, store)| Self::Started(localstack, store)),
                () = cancel.cancelled() => Err(Exit::Failed),
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

    /// Removes what was started; what could not be removed has been said.
    pub(crate) async fn close(self) -> Result<(), Exit> {
        let Self::Started(localstack, _) = self else { return Ok(()) };
        localstack.remove().await.map_err(|error| {
            printer::error(&printer::chain(&error), Some("`nightproof sweep` removes it"));
            Exit::Leftovers
        })
    }
}

async fn found(url: &str, account: &str) -> Result<Store, Exit> {
    let store = Store::new(url, REGION).map_err(|error| {
        printer::error(&error.to_string(), Some("`--localstack` wants http://HOST:PORT"));
        Exit::Input
    })?;
    store.check(account).await.map_err(|error| {
        printer::error(
            &printer::chain(&error),
            Some("start it, with the services s3 and sqs, or leave `--localstack` out to have one started"),
        );
        Exit::Missing
    })?;
    Ok(store)
}

async fn started(setting: &Setting, folder: &Path) -> Result<(LocalStack, Store), Exit> {
    let engine = Engine::connect().await.map_err(|error| containers::no_engine(&error))?;
    containers::clear(&engine).await?;
    let images = Images::new(&engine, containers::pull(setting.machine.pull), &printer::note);
    let image = match &setting.machine.cloud.localstack_image {
        Some(image) => images.named(image).await,
        None => images.localstack().await,
    };
    let image = image.map_err(|error| containers::no_image(&error))?;
    printer::note(&format!("starting LocalStack ({image})"));
    let owner = Owner::of(folder, setting.lifetime);
    let purpose = if setting.native { Purpose::Native(folder.join("localstack")) } else { Purpose::Store };
    let patience = Duration::from_secs(setting.machine.cloud.localstack_timeout);
    let answers = |url: String| {
        let account = setting.account.clone();
        async move {
            let store = Store::new(&url, REGION).map_err(|error| error.to_string())?;
            store.check(&account).await.map_err(|error| error.to_string())
        }
    };
    let localstack = LocalStack::start(engine, &owner, &image, &purpose, patience, answers).await.map_err(|error| {
        printer::error(&printer::chain(&error), Some(error.hint()));
        Exit::Missing
    })?;
    let store = Store::new(&localstack.url, REGION).map_err(|error| {
        printer::error(&error.to_string(), None);
        Exit::Missing
    })?;
    Ok((localstack, store))
}
