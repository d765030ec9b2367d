//! `nightproof resume`: removes what an interrupted run made.

use super::run_file::RunFile;
use super::{forget, preflight, tell_remedy};
use crate::arguments::{AccountOptions, ResumeOptions};
use crate::error::Error;
use crate::{Exit, printer};

pub(crate) async fn resume(options: ResumeOptions) -> Result<Exit, Error> {
    let file = RunFile::read(&options.run).map_err(|source| Error::UnknownRun { run: options.run, source })?;
    let account = AccountOptions { region: file.region.clone(), ..options.account };
    let (endpoint, identity) = preflight::endpoint(&account).await?;
    if identity.account != file.account {
        return Err(Error::OtherAccount(file.account));
    }
    let leftovers = nightproof_drill::destroy(&endpoint, &file.made()).await;
    if !leftovers.is_empty() {
        tell_remedy(&file, &leftovers);
        return Ok(Exit::Leftovers);
    }
    printer::line(&format!("run {}: nothing is left", file.run));
    forget(&file);
    Ok(Exit::Passed)
}
