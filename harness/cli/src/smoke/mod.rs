//! `nightproof smoke`: the drill on a real account, and what ends one that could not end by itself.

mod cost;
mod preflight;
mod resume;
mod reviewer;
mod run_file;
mod sweep;

pub(crate) use resume::resume;
pub(crate) use sweep::sweep;

use std::io::IsTerminal as _;
use std::sync::Arc;

use jiff::SignedDuration;
use nightproof_drill::{FireBy, Outcome, Plan};
use nightproof_journal::Event;
use nightproof_template::Unsupported;

use crate::arguments::{FireKind, Format, SmokeOptions, Telling};
use crate::local_times::LocalTimes;
use crate::rehearse::Rehearsal;
use crate::report::Reports;
use crate::workspace::Workspace;
use crate::{Exit, embedded, interrupt, printer, run};
use reviewer::Reviewer;
use run_file::{RunFile, now};

pub(crate) async fn smoke(options: Box<SmokeOptions>) -> Exit {
    match smoked(&options).await {
        Ok(exit) | Err(exit) => exit,
    }
}

async fn smoked(options: &SmokeOptions) -> Result<Exit, Exit> {
    let Telling { format, journal, report } = &options.telling;
    let reports = Reports::named(report)?;
    let ask = !options.yes && !options.dry_run;
    if ask && !std::io::stdin().is_terminal() {
        printer::error("nobody is there to approve the change set", Some("--yes runs unattended; --dry-run only shows"));
        return Err(Exit::Input);
    }
    let rehearsal = Rehearsal::chosen(&options.stack, &options.drill)?;
    let cancel = interrupt::token()?;
    let (endpoint, identity) = preflight::endpoint(&options.account).await?;
    preflight::tell_of_others(&endpoint).await?;
    let workspace = Workspace::new()?;

    let expires = now().saturating_add(SignedDuration::from_hours(i64::from(options.expires))).unwrap_or_else(|_| now());
    let mut plan = rehearsal.plan(endpoint, workspace.path());
    "aws".clone_into(&mut plan.cloud);
    plan.expires = Some(expires.to_string());
    plan.fire_by = match options.fire {
        FireKind::Schedule => FireBy::Schedule,
        FireKind::Invoke => FireBy::Invoke,
    };
    if options.dry_run {
        return preview(&plan, options.expires).await;
    }
    plan.recorded_as = Some(identity.clone());
    plan.review = Some(Arc::new(Reviewer { ask, hours: options.expires }));

    let journal = embedded::open_journal(journal.as_deref())?;
    let file = RunFile::of(&plan, &identity.account, expires);
    file.write().map_err(|error| {
        printer::error(&format!("cannot note the run in `{}`: {error}", file.path().display()), None);
        Exit::Missing
    })?;
    let noted = file.clone();
    journal.subscribe(move |record| {
        if let Event::StepStarted { step, .. } = &record.event {
            // That it runs was written; at which step is a help to the reader.
            let _ = noted.at_step(step);
        }
    });
    printer::follow(&journal, *format);
    let local = LocalTimes::last();
    if let Some(local) = &local {
        journal.record(local.event());
    }
    let outcome = nightproof_drill::run(plan, None, &journal, cancel).await;
    reports.write(&journal);
    if *format == Format::Text {
        run::summary(&outcome);
        for line in local.iter().flat_map(|local| local.beside(&outcome.steps)) {
            printer::line(&line);
        }
    }
    embedded::flush_journal(&journal);
    conclude(&file, &outcome)
}

/// Shows what would be made.
async fn preview(plan: &Plan, hours: u32) -> Result<Exit, Exit> {
    match nightproof_drill::preview(plan).await {
        Ok(changes) => {
            reviewer::show(&plan.stack(), &changes, hours);
            printer::note("dry run: nothing was made");
            Ok(Exit::Passed)
        }
        Err(failure) if Unsupported::items(&failure.reason).is_some() => {
            printer::error(&failure.reason, None);
            Ok(Exit::NotSupported)
        }
        Err(failure) => {
            printer::error(&format!("{}: {}", failure.point, failure.reason), None);
            Ok(Exit::Failed)
        }
    }
}

/// Forgets a run that left nothing; of another it says how to remove what is left.
fn conclude(file: &RunFile, outcome: &Outcome) -> Result<Exit, Exit> {
    if outcome.leftovers.is_empty() {
        if let Err(error) = file.remove() {
            printer::error(&format!("cannot remove `{}`: {error}", file.path().display()), None);
        }
        return Ok(run::exit_of(outcome));
    }
    tell_remedy(file, &outcome.leftovers);
    Ok(Exit::Leftovers)
}

/// What remains of a run, and how to remove it.
fn tell_remedy(file: &RunFile, leftovers: &[String]) {
    for leftover in leftovers {
        printer::note(&format!("left in account {}: {leftover}", file.account));
    }
    printer::note(&format!("`nightproof resume {}` tries again. By hand:", file.run));
    for command in file.commands() {
        printer::note(&format!("  {command}"));
    }
}
