//! Before anything is made: as whom, in which account, and what is there already.

use nightproof_drill::{Endpoint, Identity};

use crate::account;
use crate::arguments::AccountOptions;
use crate::error::Error;
use crate::printer;

/// The endpoint and the caller, whose account must be an allowed one.
pub(super) async fn endpoint(options: &AccountOptions) -> Result<(Endpoint, Identity), Error> {
    if options.accounts.is_empty() {
        return Err(Error::NoAccountAllowed);
    }
    let (endpoint, identity) = account::from_environment(&options.region).await?;
    if !options.accounts.contains(&identity.account) {
        return Err(Error::AccountNotAllowed(identity.account));
    }
    printer::note(&format!("account {} as {}, region {}", identity.account, identity.arn, options.region));
    Ok((endpoint, identity))
}

/// Prints earlier runs that are still there. They are no obstacle: a sweep removes them when they have expired.
pub(super) async fn list_others(endpoint: &Endpoint) -> Result<(), Error> {
    let runs = nightproof_drill::list(endpoint).await.map_err(Error::Refused)?;
    for run in &runs {
        printer::note(&format!("an earlier run is still there: {} (expires {})", run.run, run.expires));
    }
    if !runs.is_empty() {
        printer::note("`nightproof sweep --cloud aws --yes` removes those that have expired");
    }
    Ok(())
}
