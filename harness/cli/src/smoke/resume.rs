//! `nightproof resume`: removes what an interrupted run made.

use super::run_file::RunFile;
use super::{preflight, tell_remedy};
use crate::arguments::{AccountOptions, ResumeOptions};
use crate::{Exit, printer};

pub(crate) async fn resume(options: ResumeOptions) -> Exit {
    match resumed(options).await {
        Ok(exit) | Err(exit) => exit,
    }
}

async fn resumed(options: ResumeOptions) -> Result<Exit, Exit> {
    let file = RunFile::read(&options.run).map_err(|error| {
        let hint = "a run that left nothing is forgotten; `nightproof sweep --cloud aws` finds others by their tags";
        printer::error(&format!("nothing is noted of the run `{}`: {error}", options.run), Some(hint));
        Exit::Input
    })?;
    let account = AccountOptions { region: file.region.clone(), ..options.account };
    let (endpoint, identity) = preflight::endpoint(&account).await?;
    if identity.account != file.account {
        printer::error(&format!("the run was in account {}", file.account), Some("take credentials of that account"));
        return Err(Exit::Input);
    }
    let leftovers = nightproof_drill::destroy(&endpoint, &file.made()).await;
    if !leftovers.is_empty() {
        tell_remedy(&file, &leftovers);
        return Ok(Exit::Leftovers);
    }
    printer::line(&format!("run {}: nothing is left", file.run));
    if let Err(error) = file.remove() {
        printer::error(&format!("cannot remove `{}`: {error}", file.path().display()), None);
    }
    Ok(Exit::Passed)
}
