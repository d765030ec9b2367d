//! `firedrill access`: which permissions a drill used, was denied, and never needed.

mod held;
mod mutate;
mod neighbour;
mod operator_grants;
mod report;
mod usage;

use firedrill_drill::DrillResult;
use firedrill_journal::Journal;
use firedrill_template::Template;

use crate::arguments::{AccessOptions, Format};
use crate::rehearse::{Rehearsal, rehearse};
use crate::stage::Setting;
use crate::{Exit, interrupt, operator, printer, run};

pub(crate) async fn access(options: AccessOptions) -> Exit {
    match looked_at(&options).await {
        Ok(exit) | Err(exit) => exit,
    }
}

async fn looked_at(options: &AccessOptions) -> Result<Exit, Exit> {
    let rehearsal = Rehearsal::of(&options.stack)?;
    let Ok(parsed) = Template::parse(&rehearsal.template) else { return Err(Exit::Input) };
    let operator_policy = operator::Policy::read(options.operator_policy.as_deref())?;
    let setting = Setting { operator_policy, ..Setting::of_a_drill(options.machine.clone())? };
    let cancel = interrupt::token()?;
    let journal = Journal::default();
    let (outcome, _) = rehearse(&rehearsal, &setting, &journal, &cancel).await?;
    let report = report::report(&journal, &parsed, options.stack.template.as_deref());
    match options.format {
        Format::Text => report::print(&report),
        Format::Json => printer::line(&serde_json::to_string(&report).unwrap_or_default()),
    }
    if outcome.result != DrillResult::Passed {
        run::summary(&outcome);
        return Ok(Exit::Failed);
    }
    if !options.mutate {
        return Ok(Exit::Passed);
    }
    let trial = Trial { rehearsal, setting, cancel };
    match &trial.setting.operator_policy {
        Some(policy) => mutate::mutate_operator(&trial, policy, options.format).await,
        None => mutate::mutate(&trial, &parsed, &journal, options.format).await,
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
    /// Runs it with one thing changed.
    async fn with(mut self, changed: Changed) -> Result<firedrill_drill::Outcome, Exit> {
        match changed {
            Changed::Template(template) => self.rehearsal.template = template,
            Changed::Operator(policy) => self.setting.operator_policy = Some(policy),
        }
        rehearse(&self.rehearsal, &self.setting, &Journal::default(), &self.cancel).await.map(|(outcome, _)| outcome)
    }
}
