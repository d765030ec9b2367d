//! `nightproof run`: a whole drill on the embedded cloud.

use nightproof_drill::{DrillResult, FailurePoint, Native, Outcome};

use crate::arguments::{CloudFormationKind, CloudKind, Format, RunOptions, Telling};
use crate::embedded::{self, LocalRegion};
use crate::local_times::LocalTimes;
use crate::rehearse::Rehearsal;
use crate::report::Reports;
use crate::stage::{Setting, Stage};
use crate::{Exit, interrupt, operator, printer};

pub(crate) async fn run(options: Box<RunOptions>) -> Exit {
    match rehearsed(&options).await {
        Ok(exit) | Err(exit) => exit,
    }
}

async fn rehearsed(options: &RunOptions) -> Result<Exit, Exit> {
    let Telling { format, journal, report } = &options.telling;
    let reports = Reports::named(report)?;
    let rehearsal =
        Rehearsal { nights: options.nights, keep: options.keep, ..Rehearsal::chosen(&options.stack, &options.drill)? };
    let journal = embedded::open_journal(journal.as_deref())?;
    let native = options.cloudformation == CloudFormationKind::Native;
    check(options, native)?;
    let setting = Setting {
        native,
        ssm_agent: options.ssm_agent.clone(),
        operator_policy: operator::Policy::read(options.operator_policy.as_deref())?,
        ..Setting::of_a_drill(options.machine.clone())?
    };
    let cancel = interrupt::token()?;
    printer::follow(&journal, *format);
    let stage = Stage::open(&setting, &journal, &cancel).await?;
    let mut plan = rehearsal.plan_on(&stage);
    if native {
        plan.native = stage.native(&setting.account).map(|endpoint| Native { endpoint, mend: options.mend });
    }
    let outcome = nightproof_drill::run(plan, Some(LocalRegion::of(&stage.region)), &journal, cancel.clone()).await;
    LocalTimes::keep(&outcome);
    reports.write(&journal);
    if *format == Format::Text {
        summary(&outcome);
    }
    if options.keep && !cancel.is_cancelled() {
        printer::note(&format!("kept in `{}`; end with Ctrl-C. To look around:", stage.folder().display()));
        match stage.exports() {
            Ok(exports) => printer::note(&exports),
            Err(error) => printer::error(&error.to_string(), None),
        }
        cancel.cancelled().await;
    }
    stage.close(&journal).await?;
    Ok(exit_of(&outcome))
}

/// Refuses options of which one needs another.
fn check(options: &RunOptions, native: bool) -> Result<(), Exit> {
    if native && options.machine.cloud.cloud != CloudKind::Localstack {
        printer::error("`--cloudformation native` is LocalStack's", Some("add `--cloud localstack`"));
        return Err(Exit::Input);
    }
    if options.mend && !native {
        printer::error("`--mend` sets what LocalStack's own CloudFormation dropped", Some("add `--cloudformation native`"));
        return Err(Exit::Input);
    }
    Ok(())
}

pub(crate) fn exit_of(outcome: &Outcome) -> Exit {
    match outcome.result {
        DrillResult::Failed if outcome.failure.as_ref().is_some_and(|failure| failure.point == FailurePoint::Input) => {
            Exit::Input
        }
        DrillResult::Failed | DrillResult::Interrupted => Exit::Failed,
        DrillResult::NotSupported => Exit::NotSupported,
        DrillResult::Passed if !outcome.leftovers.is_empty() => Exit::Leftovers,
        DrillResult::Passed => Exit::Passed,
    }
}

pub(crate) fn summary(outcome: &Outcome) {
    for archive in outcome.nights.iter().flat_map(|night| &night.archives) {
        printer::line(&format!("\narchive  s3://{}/{}", archive.bucket, archive.key));
        printer::line(&format!(
            "         {} bytes, {} {}",
            archive.bytes,
            archive.encryption,
            archive.key_id.as_deref().unwrap_or("")
        ));
        printer::line(&format!(
            "restore  {} files, {}",
            archive.files,
            if archive.identical { "all identical" } else { "NOT identical" }
        ));
    }
    for told in outcome.told.iter().filter(|told| told.night > 0) {
        printer::line(&format!("told     {}", told.whole()));
    }
    for leftover in &outcome.leftovers {
        printer::line(&format!("leftover {leftover}"));
    }
    if !outcome.not_supported.is_empty() {
        printer::line("\nCannot be rehearsed here, since this local region does not support:");
        for item in &outcome.not_supported {
            printer::line(&format!("  {item}"));
        }
    }
    if let Some(failure) = &outcome.failure {
        let what = if outcome.not_supported.is_empty() { "The chain broke at" } else { "The night ended at" };
        printer::line(&format!("\n{what} {}: {}", failure.point, failure.reason));
        for line in &failure.evidence {
            printer::line(&format!("  {line}"));
        }
    }
    printer::line(match outcome.result {
        DrillResult::Passed => "\nPASSED: the backup restores.",
        DrillResult::Failed => "\nFAILED",
        DrillResult::NotSupported => "\nNOT SUPPORTED: nothing is said of the backup.",
        DrillResult::Interrupted => "\nINTERRUPTED",
    });
}
