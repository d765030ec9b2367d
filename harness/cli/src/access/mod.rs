//! `firedrill access`: which permissions a drill used, was denied, and never needed.

mod held;
mod mutate;
mod neighbour;
mod report;
mod usage;

use firedrill_drill::DrillResult;
use firedrill_journal::Journal;
use firedrill_template::Template;

use crate::arguments::{AccessOptions, Format};
use crate::rehearse::{Rehearsal, rehearse};
use crate::stage::Setting;
use crate::{Exit, interrupt, printer, run};

pub(crate) async fn access(options: AccessOptions) -> Exit {
    match looked_at(&options).await {
        Ok(exit) | Err(exit) => exit,
    }
}

async fn looked_at(options: &AccessOptions) -> Result<Exit, Exit> {
    let rehearsal = Rehearsal::of(&options.stack)?;
    let Ok(parsed) = Template::parse(&rehearsal.template) else { return Err(Exit::Input) };
    let setting = Setting::of_a_drill(options.machine.clone())?;
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
    mutate::mutate(&Trial { rehearsal, setting, cancel }, &parsed, &journal, options.format).await
}

/// A drill that can be tried again with another template.
#[derive(Clone)]
struct Trial {
    rehearsal: Rehearsal,
    setting: Setting,
    cancel: tokio_util::sync::CancellationToken,
}

impl Trial {
    /// Runs it with `template`.
    async fn with(mut self, template: String) -> Result<firedrill_drill::Outcome, Exit> {
        self.rehearsal.template = template;
        rehearse(&self.rehearsal, &self.setting, &Journal::default(), &self.cancel).await.map(|(outcome, _)| outcome)
    }
}
