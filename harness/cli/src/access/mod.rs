//! `nightproof access`: which permissions a drill used, was denied, and never needed.

mod bad_night;
mod held;
mod mutants;
mod mutate;
mod neighbour;
mod operator_grants;
mod report;
mod service_neighbour;
mod usage;

use nightproof_drill::{Course, DrillResult, Failure, FailurePoint, Outcome};
use nightproof_journal::Journal;
use nightproof_template::to_json;

use crate::arguments::{AccessOptions, Format, Telling};
use crate::error::Error;
use crate::rehearse::{Rehearsal, rehearse};
use crate::reports::Reports;
use crate::stage::Setting;
use crate::{Exit, interrupt, journal_file, operator, printer, run, template};

pub(crate) async fn access(options: &AccessOptions) -> Result<Exit, Error> {
    let Telling { format, journal, report } = &options.telling;
    let reports = Reports::new(report)?;
    let rehearsal = Rehearsal::new(&options.stack)?;
    let parsed = template::parse(options.stack.template.as_deref(), &rehearsal.template)?;
    let operator_policy = operator::Policy::read(options.operator_policy.as_deref())?;
    let setting = Setting { operator_policy, ..Setting::new(options.machine.clone())? };
    let journal = journal_file::open(journal.as_deref())?;
    let cancel = interrupt::token()?;
    let (outcome, _) = rehearse(&rehearsal, &setting, &journal, &cancel).await?;
    journal_file::flush(&journal);
    reports.write(&journal);
    let whole = to_json(&rehearsal.template).unwrap_or_default();
    let report = report::report(&journal, &parsed, &whole, options.stack.template.as_deref());
    match format {
        Format::Text => report::print(&report),
        Format::Json => printer::line(&serde_json::to_string(&report).unwrap_or_default()),
    }
    if outcome.result != DrillResult::Passed {
        run::summary(&outcome);
        return Ok(run::exit_of(&outcome));
    }
    if !options.mutate {
        return Ok(Exit::Passed);
    }
    let trial = Trial { rehearsal, setting, cancel };
    match &trial.setting.operator_policy {
        Some(policy) => mutate::mutate_operator(&trial, policy, *format).await,
        None => mutate::mutate(&trial, &parsed, &whole, &journal, *format).await,
    }
}

/// What a trial has in place of what was given.
enum Changed {
    /// The text of a template.
    Template(String),
    Operator(operator::Policy),
}

/// A drill that can be tried again.
#[derive(Clone)]
struct Trial {
    rehearsal: Rehearsal,
    setting: Setting,
    cancel: tokio_util::sync::CancellationToken,
}

impl Trial {
    /// The same with one thing changed.
    fn changed(mut self, changed: Changed) -> Self {
        match changed {
            Changed::Template(template) => self.rehearsal.template = template,
            Changed::Operator(policy) => self.setting.operator_policy = Some(policy),
        }
        self
    }

    /// Rehearses this night.
    async fn night(&self, course: Course) -> Result<(Outcome, Journal), Error> {
        let journal = Journal::default();
        let rehearsal = Rehearsal { course, ..self.rehearsal.clone() };
        let (outcome, _) = rehearse(&rehearsal, &self.setting, &journal, &self.cancel).await?;
        Ok((outcome, journal))
    }
}

/// Where a night broke and why: of findings, the first.
fn why(failure: &Failure) -> String {
    let finding = failure.evidence.first().filter(|_| failure.point == FailurePoint::Findings);
    format!("{}: {}", failure.point, first_line(finding.unwrap_or(&failure.reason)))
}

/// Lambda's logs part the lines of a traceback by carriage returns.
fn first_line(text: &str) -> &str {
    text.split(['\r', '\n']).next().unwrap_or_default()
}
