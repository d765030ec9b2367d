//! `nightproof access`: which permissions a drill used, was denied, and never needed.

use std::fmt::Display;
use std::sync::Arc;

use async_trait::async_trait;
use nightproof_audit::{Change, NoSuchGrant, Rehearse, Unfinished};
use nightproof_drill::{DrillResult, NightVariant, Outcome};
use nightproof_journal::Journal;
use nightproof_template::to_json;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::arguments::{AccessOptions, Telling};
use crate::error::Error;
use crate::format::Format;
use crate::rehearsal::{Rehearsal, rehearse};
use crate::reports::Reports;
use crate::setting::{ACCOUNT, Setting};
use crate::{Exit, interrupt, journal_file, operator, outcome, printer, template};

pub(crate) async fn access(options: &AccessOptions) -> Result<Exit, Error> {
    let Telling { format, journal, report } = &options.telling;
    let reports = Reports::new(report)?;
    let chosen = Rehearsal::chosen(&options.stack, Some(&options.existing), &options.drill)?;
    let rehearsal = Rehearsal { strict: true, ..chosen };
    let parsed = template::parse(options.stack.template.as_deref(), &rehearsal.template)?;
    let whole = to_json(&rehearsal.template).unwrap_or_default();
    let operator_policy = operator::Policy::read(options.operator_policy.as_deref())?;
    let setting = Setting { operator_policy, ..Setting::new(options.machine.clone())? };
    let journal = journal_file::open(journal.as_deref())?;
    let cancel = interrupt::token()?;
    let (outcome, _) = rehearse(&rehearsal, &setting, &journal, &cancel).await?;
    journal_file::flush(&journal);
    reports.write(&journal);
    print(&nightproof_audit::permissions(&journal, &parsed, &whole, options.stack.template.as_deref()), *format);
    if outcome.result != DrillResult::Passed {
        outcome::summary(&outcome);
        return Ok(outcome::exit(&outcome));
    }
    if !options.mutate {
        return Ok(Exit::Passed);
    }
    let drill = Arc::new(Drill { rehearsal, setting, cancel });
    let mutations = match &drill.setting.operator_policy {
        Some(policy) => nightproof_audit::mutate_operator(&drill, &policy.text, &options.grants).await?,
        None => nightproof_audit::mutate(&drill, &parsed, &whole, &journal, ACCOUNT, &options.grants).await?,
    };
    print(&mutations, *format);
    Ok(if mutations.is_clean() { Exit::Passed } else { Exit::Failed })
}

fn print<R: Display + Serialize>(report: &R, format: Format) {
    match format {
        Format::Text => printer::line(report.to_string().trim_end()),
        Format::Json => printer::line(&serde_json::to_string(report).unwrap_or_default()),
    }
}

/// The drill that is audited.
struct Drill {
    rehearsal: Rehearsal,
    setting: Setting,
    cancel: CancellationToken,
}

#[async_trait]
impl Rehearse for Drill {
    type Error = Error;

    async fn rehearse(&self, change: Option<&Change>, variant: NightVariant) -> Result<(Outcome, Journal), Error> {
        let mut rehearsal = Rehearsal { variant, ..self.rehearsal.clone() };
        let mut setting = self.setting.clone();
        match change {
            Some(Change::Template(template)) => rehearsal.template.clone_from(template),
            Some(Change::OperatorPolicy(text)) => {
                setting.operator_policy = setting.operator_policy.map(|policy| policy.with(text.clone()));
            }
            None => {}
        }
        let journal = Journal::default();
        let (outcome, _) = rehearse(&rehearsal, &setting, &journal, &self.cancel).await?;
        Ok((outcome, journal))
    }

    fn tried(&self, grants: usize, total: usize) {
        printer::note(&format!("{grants} of {total} grants tried"));
    }
}

impl From<NoSuchGrant> for Error {
    fn from(NoSuchGrant { name, grants }: NoSuchGrant) -> Self {
        Self::UnknownGrant { name, grants: grants.join("; ") }
    }
}

impl From<Unfinished> for Error {
    fn from(Unfinished(result): Unfinished) -> Self {
        Self::Drill(result)
    }
}
