//! `nightproof localstack`: keeps one running for several drills, until interrupted.

use nightproof_machine::container::{Owner, Purpose};

use crate::arguments::LocalstackOptions;
use crate::error::Error;
use crate::setting::ACCOUNT;
use crate::workspace::Workspace;
use crate::{Exit, containers, interrupt, printer, store};

pub(crate) async fn keep(options: &LocalstackOptions) -> Result<Exit, Error> {
    let cancel = interrupt::token()?;
    let workspace = Workspace::new()?;
    let owner = Owner::of(workspace.path(), containers::KEPT);
    let (localstack, _) = tokio::select! {
        started = store::start(&options.started, options.images.pull, &owner, &Purpose::Store, ACCOUNT) => started?,
        () = cancel.cancelled() => return Err(Error::Interrupted),
    };
    printer::line(&localstack.url);
    cancel.cancelled().await;
    localstack.remove().await.map_err(|error| Error::Leftovers(vec![printer::chain(&error)]))?;
    let folder = workspace.path().to_owned();
    workspace.remove().map_err(|error| Error::Leftovers(vec![format!("`{}`: {error}", folder.display())]))?;
    Ok(Exit::Passed)
}
