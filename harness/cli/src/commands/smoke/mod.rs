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

use crate::arguments::{FireKind, SmokeOptions, Telling};
use crate::error::Error;
use crate::evidence::{Evidence, Subject};
use crate::format::Format;
use crate::history::History;
use crate::local_times::LocalTimes;
use crate::rehearsal::Rehearsal;
use crate::reports::Reports;
use crate::tools;
use crate::workspace::Workspace;
use crate::{Exit, interrupt, journal_file, outcome, printer, template};
use reviewer::Reviewer;
use run_file::{RunFile, now};

pub(crate) async fn smoke(options: &SmokeOptions) -> Result<Exit, Error> {
    let Telling { format, journal, report } = &options.telling;
    let reports = Reports::new(report)?;
    let ask = !options.yes && !options.dry_run;
    if ask && !std::io::stdin().is_terminal() {
        return Err(Error::NobodyToApprove);
    }
    let rehearsal = Rehearsal::chosen(&options.stack, None, &options.drill)?;
    let history = History::open(options.history.as_deref())?;
    let template = template::name(options.stack.template.as_deref());
    let cancel = interrupt::token()?;
    let (endpoint, identity) = preflight::endpoint(&options.account).await?;
    preflight::list_others(&endpoint).await?;
    let workspace = Workspace::new()?;

    let expires = now().saturating_add(SignedDuration::from_hours(i64::from(options.expires))).unwrap_or_else(|_| now());
    let mut plan = rehearsal.plan(endpoint, workspace.path());
    "aws".clone_into(&mut plan.cloud);
    if rehearsal.assembly()?.is_some() {
        return Err(Error::AssemblyOnAws);
    }
    if rehearsal.names_paths() {
        plan.provisions.package = rehearsal.package(&plan, &tools::ensure()?, None);
    }
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

    if let Some(wanted) = &options.archives {
        let age = nightproof_drill::age(&plan.endpoint, wanted, now().as_second()).await.map_err(Error::Refused)?;
        printer::note(&format!("newest archive: {age}"));
        plan.demands.age = Some(age);
    }

    let journal = journal_file::open(journal.as_deref())?;
    let evidence = Evidence::begin(&options.evidence, &journal)?;
    let file = RunFile::of(&plan, &identity.account, expires);
    file.write().map_err(|source| Error::WriteRunFile { path: file.path(), source })?;
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
    if let Some(history) = &history {
        plan.demands.budgets.before = history.before(&plan.cloud, &template);
        journal.record(history.event());
    }
    let budgets = plan.demands.budgets.clone();
    let outcome = nightproof_drill::run(plan, None, &journal, cancel).await;
    if let Some(history) = &history {
        history.append(&outcome, "aws", &template);
    }
    reports.write(&journal);
    let subject = Subject {
        template: options.stack.template.as_deref(),
        text: &rehearsal.template,
        cloud: "aws",
        account: &identity.account,
        caller: &identity.arn,
        proof: None,
    };
    let written = match evidence {
        Some(evidence) => evidence.write(&outcome, &subject, &budgets).await,
        None => Ok(()),
    };
    if *format == Format::Text {
        outcome::summary(&outcome);
        for line in local.iter().flat_map(|local| local.beside(&outcome.steps)) {
            printer::line(&line);
        }
    }
    journal_file::flush(&journal);
    let exit = conclude(&file, &outcome);
    written?;
    Ok(exit)
}

/// Shows what would be made.
async fn preview(plan: &Plan, hours: u32) -> Result<Exit, Error> {
    let changes = nightproof_drill::preview(plan).await.map_err(Error::Refused)?;
    reviewer::show(&plan.stack(), &changes, hours);
    printer::note("dry run: nothing was made");
    Ok(Exit::Passed)
}

/// Forgets a run that left nothing; for another, prints how to remove what is left.
fn conclude(file: &RunFile, outcome: &Outcome) -> Exit {
    if outcome.leftovers.is_empty() {
        forget(file);
        return outcome::exit(outcome);
    }
    tell_remedy(file, &outcome.leftovers);
    Exit::Leftovers
}

/// Removes the note of a run; a failure is a warning.
fn forget(file: &RunFile) {
    if let Err(source) = file.remove() {
        printer::warning(&Error::RemoveFile { path: file.path(), source });
    }
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
