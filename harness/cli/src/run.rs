//! `nightproof run`: a whole drill on the embedded cloud.

use nightproof_drill::{DrillResult, FailurePoint, Native, Outcome};

use crate::arguments::{CloudFormationKind, CloudKind, Format, RunOptions, Telling};
use crate::embedded;
use crate::error::Error;
use crate::local_times::LocalTimes;
use crate::rehearse::Rehearsal;
use crate::reports::Reports;
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

/// Prints the summary of a drill.
pub(crate) fn summary(outcome: &Outcome) {
    printer::line(&nightproof_report::summary(outcome));
}
