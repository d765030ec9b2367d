//! `nightproof run`: a whole drill on the embedded cloud.

use nightproof_drill::{DrillResult, FailurePoint, Native, Outcome};

use crate::arguments::{CloudFormationKind, CloudKind, Format, RunOptions, Telling};
use crate::embedded;
use crate::error::Error;
use crate::local_times::LocalTimes;
use crate::rehearse::Rehearsal;
use crate::report::Reports;
use crate::stage::{Setting, Stage};
use crate::{Exit, interrupt, journal_file, operator, printer};

pub(crate) async fn run(options: &RunOptions) -> Result<Exit, Error> {
    let Telling { format, journal, report } = &options.telling;
    let reports = Reports::new(report)?;
    let rehearsal =
        Rehearsal { nights: options.nights, keep: options.keep, ..Rehearsal::chosen(&options.stack, &options.drill)? };
    let journal = journal_file::open(journal.as_deref())?;
    let native = options.cloudformation == CloudFormationKind::Native;
    check(options, native)?;
    let setting = Setting {
        native,
        ssm_agent: options.ssm_agent.clone(),
        operator_policy: operator::Policy::read(options.operator_policy.as_deref())?,
        ..Setting::new(options.machine.clone())?
    };
    let cancel = interrupt::token()?;
    printer::follow(&journal, *format);
    let stage = Stage::open(&setting, &journal, &cancel).await?;
    let mut plan = rehearsal.plan_on(&stage);
    if native {
        plan.native = stage.native(&setting.account).map(|endpoint| Native { endpoint, mend: options.mend });
    }
    let outcome = nightproof_drill::run(plan, Some(embedded::local(&stage.region)), &journal, cancel.clone()).await;
    LocalTimes::keep(&outcome);
    reports.write(&journal);
    if *format == Format::Text {
        summary(&outcome);
    }
    if options.keep && !cancel.is_cancelled() {
        printer::note(&format!("kept in `{}`; end with Ctrl-C. To look around:", stage.folder().display()));
        match stage.exports() {
            Ok(exports) => printer::note(&exports),
            Err(error) => printer::warning(&Error::WriteExports(error)),
        }
        cancel.cancelled().await;
    }
    stage.close(&journal).await?;
    Ok(exit_of(&outcome))
}

/// Refuses options of which one needs another.
fn check(options: &RunOptions, native: bool) -> Result<(), Error> {
    if native && options.machine.cloud.cloud != CloudKind::Localstack {
        return Err(Error::NativeWithoutLocalstack);
    }
    if options.mend && !native {
        return Err(Error::MendWithoutNative);
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
