//! `nightproof run`: a whole drill on the embedded cloud.

use nightproof_drill::Native;

use crate::arguments::{CloudFormationKind, CloudKind, RunOptions, Telling};
use crate::embedded;
use crate::error::Error;
use crate::evidence::{Evidence, Subject};
use crate::format::Format;
use crate::history::History;
use crate::local_environment::LocalEnvironment;
use crate::local_times::LocalTimes;
use crate::rehearsal::Rehearsal;
use crate::reports::Reports;
use crate::setting::Setting;
use crate::{Exit, interrupt, journal_file, operator, outcome, printer, template};

pub(crate) async fn run(options: &RunOptions) -> Result<Exit, Error> {
    let Telling { format, journal, report } = &options.telling;
    let reports = Reports::new(report)?;
    let rehearsal = Rehearsal {
        nights: options.nights.unwrap_or(1),
        keep: options.keep,
        attack: options.attack,
        ..Rehearsal::chosen(&options.stack, Some(&options.existing), &options.drill)?
    };
    let history = History::open(options.history.as_deref())?;
    let template = template::name(options.stack.template.as_deref());
    let journal = journal_file::open(journal.as_deref())?;
    let evidence = Evidence::begin(&options.evidence, &journal)?;
    let native = options.cloudformation == CloudFormationKind::Native;
    check(options, native)?;
    if native && !rehearsal.values.existing.is_empty() {
        return Err(Error::NativeWithExisting);
    }
    let setting = Setting {
        native,
        ssm_agent: options.ssm_agent.clone(),
        operator_policy: operator::Policy::read(options.operator_policy.as_deref())?,
        ..Setting::new(options.machine.clone())?
    };
    let cancel = interrupt::token()?;
    printer::follow(&journal, *format);
    let environment = LocalEnvironment::open(&setting, &journal, &cancel).await?;
    let mut plan = match rehearsal.plan_on(&environment, &setting.tools) {
        Ok(plan) => plan,
        Err(error) => {
            environment.close(&journal).await?;
            return Err(error);
        }
    };
    if let Some(history) = &history {
        plan.demands.budgets.before = history.before(&plan.cloud, &template);
        journal.record(history.event());
    }
    let (cloud, budgets) = (plan.cloud.clone(), plan.demands.budgets.clone());
    if native {
        plan.native = environment.native(&setting.account).map(|endpoint| Native { endpoint, mend: options.mend });
    }
    let outcome = nightproof_drill::run(plan, Some(embedded::local(&environment.region)), &journal, cancel.clone()).await;
    LocalTimes::keep(&outcome);
    if let Some(history) = &history {
        history.append(&outcome, &cloud, &template);
    }
    reports.write(&journal);
    let subject = Subject {
        template: options.stack.template.as_deref(),
        text: &rehearsal.template,
        cloud: &cloud,
        account: &setting.account,
        caller: &operator::arn(&setting.account, setting.operator_policy.as_ref()),
        proof: None,
    };
    let written = match evidence {
        Some(evidence) => evidence.write(&outcome, &subject, &budgets).await,
        None => Ok(()),
    };
    if *format == Format::Text {
        outcome::summary(&outcome);
    }
    if options.keep && !cancel.is_cancelled() {
        printer::note(&format!("kept in `{}`; end with Ctrl-C. To look around:", environment.folder().display()));
        match environment.exports() {
            Ok(exports) => printer::note(&exports),
            Err(error) => printer::warning(&Error::WriteExports(error)),
        }
        cancel.cancelled().await;
    }
    environment.close(&journal).await?;
    written?;
    Ok(outcome::exit(&outcome))
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
