//! Before anything is made: as whom, in which account, and what is there already.

use nightproof_drill::{Endpoint, Identity};

use crate::account::{self, refused};
use crate::arguments::AccountOptions;
use crate::{Exit, printer};

/// Where AWS is, and who asks; in an account that is not allowed nothing is done.
pub(super) async fn endpoint(options: &AccountOptions) -> Result<(Endpoint, Identity), Exit> {
    if options.accounts.is_empty() {
        let hint = "name each account that drills may run in by --account ID, or all of them by NIGHTPROOF_ACCOUNTS=ID,ID";
        printer::error("no account is allowed, so nothing is done in any", Some(hint));
        return Err(Exit::Input);
    }
    let (endpoint, identity) = account::of_environment(&options.region).await?;
    if !options.accounts.contains(&identity.account) {
        printer::error(
            &format!("these credentials are of account {}, which is not allowed", identity.account),
            Some("--account names the accounts that drills may run in"),
        );
        return Err(Exit::Input);
    }
    printer::note(&format!("account {} as {}, region {}", identity.account, identity.arn, options.region));
    Ok((endpoint, identity))
}

/// Tells of earlier runs that are still there. They are no obstacle: a sweep removes them when they have expired.
pub(super) async fn tell_of_others(endpoint: &Endpoint) -> Result<(), Exit> {
    let runs = nightproof_drill::list(endpoint).await.map_err(|failure| refused(&failure))?;
    for run in &runs {
        printer::note(&format!("an earlier run is still there: {} (expires {})", run.run, run.expires));
    }
    if !runs.is_empty() {
        printer::note("`nightproof sweep --cloud aws --yes` removes those that have expired");
    }
    Ok(())
}
