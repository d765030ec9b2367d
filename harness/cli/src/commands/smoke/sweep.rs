//! `nightproof sweep --cloud aws`: finds the expired runs of an account by their tags, and removes them.

use jiff::Timestamp;

use super::preflight;
use super::run_file::now;
use crate::arguments::SweepOptions;
use crate::error::Error;
use crate::{Exit, printer};

pub(crate) async fn sweep(options: SweepOptions) -> Result<Exit, Error> {
    let (endpoint, _) = preflight::endpoint(&options.account).await?;
    let runs = nightproof_drill::list(&endpoint).await.map_err(Error::Refused)?;
    let mut exit = Exit::Passed;
    for run in runs {
        let parts = run.stack.iter().map(|stack| format!("stack {stack}"));
        let parts = parts.chain(run.seed_bucket.iter().map(|bucket| format!("bucket {bucket}")));
        let what = format!("run {}: {}", run.run, parts.collect::<Vec<_>>().join(", "));
        match run.expires.parse::<Timestamp>() {
            Ok(expires) if expires > now() => {
                printer::line(&format!("{what}; expires {expires}, stays"));
                continue;
            }
            Ok(expires) => printer::line(&format!("{what}; expired {expires}")),
            Err(_) => {
                printer::line(&format!("{what}; its tag `nightproof:expires` is no time: {}, stays", run.expires));
                continue;
            }
        }
        if !options.yes || options.dry_run {
            continue;
        }
        let leftovers = nightproof_drill::destroy(&endpoint, &run).await;
        for leftover in &leftovers {
            printer::note(&format!("left: {leftover}"));
        }
        if leftovers.is_empty() {
            printer::line(&format!("run {}: removed", run.run));
        } else {
            exit = Exit::Leftovers;
        }
    }
    if !options.yes {
        printer::note("nothing was removed; --yes removes what has expired");
    }
    Ok(exit)
}
