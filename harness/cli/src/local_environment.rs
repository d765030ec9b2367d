//! What a drill stands on: a region with its own folder and its machines, from an empty folder to an empty folder.

use std::path::Path;
use std::sync::Arc;

use nightproof_console::Console;
use nightproof_core::Caller;
use nightproof_drill::Endpoint;
use nightproof_journal::Journal;
use nightproof_region::embedded::Embedded;
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::operator::Key;
use crate::setting::Setting;
use crate::store::StoreLocation;
use crate::workspace::Workspace;
use crate::{containers, embedded, journal_file, operator, printer};

/// A running region and all that is its own. [`LocalEnvironment::close`] ends it; an environment that is dropped leaves nothing that the next start does
/// not sweep.
pub(crate) struct LocalEnvironment {
    /// The region.
    pub(crate) region: Embedded,
    /// The operator's.
    key: Key,
    store: StoreLocation,
    workspace: Workspace,
}

impl LocalEnvironment {
    /// Makes a folder, gets machines ready and starts the region.
    pub(crate) async fn open(setting: &Setting, journal: &Journal, cancel: &CancellationToken) -> Result<Self, Error> {
        let workspace = Workspace::new()?;
        let containers = containers::prepare(&setting.machine, workspace.path(), setting.lifetime, cancel).await?;
        let store = StoreLocation::open(setting, workspace.path(), cancel).await?;
        let region = match embedded::start(workspace.path(), setting, journal, store.store()).await {
            Ok(region) => region,
            Err(error) => {
                if let Err(left) = store.close().await {
                    printer::warning(&Error::Engine(left));
                }
                return Err(error);
            }
        };
        if let Some(containers) = containers {
            region.machines.set_containers(containers);
        }
        match operator::key(&region, &setting.account, setting.operator_policy.as_ref()).await {
            Ok(key) => Ok(Self { region, key, store, workspace }),
            Err(error) => {
                if let Err(left) = end(region, store, workspace, journal).await {
                    printer::warning(&left);
                }
                Err(error)
            }
        }
    }

    /// Where a drill finds the region, and as whom it calls it.
    pub(crate) fn endpoint(&self) -> Endpoint {
        embedded::endpoint(&self.region, &self.key)
    }

    /// Id and secret of the operator's access key.
    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    /// The same, called as the account's root user.
    pub(crate) fn root_endpoint(&self) -> Endpoint {
        let credentials = &self.region.credentials;
        embedded::endpoint(&self.region, &(credentials.access_key_id.clone(), credentials.secret_access_key.clone()))
    }

    /// Where LocalStack's own CloudFormation is, as the region's account; there is none on an embedded cloud.
    pub(crate) fn native(&self, account: &str) -> Option<Endpoint> {
        let store = self.store.store()?;
        Some(Endpoint::with_key(Some(store.url()), None, self.region.region.name(), (account, "of-no-account")))
    }

    /// Variables that point any AWS client at the region, as the same.
    pub(crate) fn variables(&self) -> std::io::Result<Vec<(String, String)>> {
        embedded::variables(&self.region, &self.key, self.folder())
    }

    /// Shell exports that point any AWS client at the region, as the same.
    pub(crate) fn exports(&self) -> std::io::Result<String> {
        embedded::exports(&self.region, &self.key, self.folder())
    }

    /// Serves the region's console, as the same, from now on.
    pub(crate) fn open_console(&self) -> Arc<Console> {
        let account = &self.region.region.settings().account;
        let caller = self.region.region.credentials().find(&self.key.0).map(|credential| credential.caller);
        Console::open(&self.region, caller.unwrap_or_else(|| Caller::root(account)))
    }

    /// What a drill on it runs against.
    pub(crate) fn cloud(&self) -> &'static str {
        match self.store {
            StoreLocation::Embedded => "embedded",
            StoreLocation::Found(_) | StoreLocation::Started(..) => "localstack",
        }
    }

    /// The folder of its files.
    pub(crate) fn folder(&self) -> &Path {
        self.workspace.path()
    }

    /// Ends machines and region, writes the journal out and removes the folder.
    pub(crate) async fn close(self, journal: &Journal) -> Result<(), Error> {
        end(self.region, self.store, self.workspace, journal).await
    }
}

async fn end(region: Embedded, store: StoreLocation, workspace: Workspace, journal: &Journal) -> Result<(), Error> {
    let mut left: Vec<String> = region.stop().await.iter().map(|error| printer::chain(error)).collect();
    journal_file::flush(journal);
    // All are tried, whatever becomes of the others.
    left.extend(store.close().await.err().map(|error| printer::chain(&error)));
    let folder = workspace.path().to_owned();
    left.extend(workspace.remove().err().map(|error| format!("`{}`: {error}", folder.display())));
    if left.is_empty() { Ok(()) } else { Err(Error::Leftovers(left)) }
}
