//! `firedrill access`: which permissions a drill used, was denied, and never needed.

mod held;
mod mutate;
mod neighbour;
mod report;
mod usage;

use firedrill_journal::Journal;
use firedrill_template::Template;

use crate::arguments::{AccessOptions, Format};
use crate::rehearse::{Rehearsal, rehearse};
use crate::{Exit, embedded, interrupt, printer, run, template};
use firedrill_drill::DrillResult;

pub(crate) async fn access(options: AccessOptions) -> Exit {
    let text = match template::load(options.stack.template.as_deref()) {
        Ok(text) => text,
        Err(exit) => return exit,
    };
    let Ok(parsed) = Template::parse(&text) else { return Exit::Input };
    let tools = match embedded::ensure_tools() {
        Ok(tools) => tools,
        Err(exit) => return exit,
    };
    let cancel = match interrupt::token() {
        Ok(token) => token,
        Err(exit) => return exit,
    };
    let rehearsal = Rehearsal {
        template: text,
        parameters: options.stack.parameters.clone(),
        data: options.stack.data.clone(),
        data_path: options.stack.data_path.clone(),
        strict: true,
        tools,
        cancel,
    };
    let journal = Journal::default();
    let outcome = match rehearse(&rehearsal, &journal).await {
        Ok((outcome, _)) => outcome,
        Err(exit) => return exit,
    };
    let report = report::report(&journal, &parsed, options.stack.template.as_deref());
    match options.format {
        Format::Text => report::print(&report),
        Format::Json => printer::line(&serde_json::to_string(&report).unwrap_or_default()),
    }
    if outcome.result != DrillResult::Passed {
        run::summary(&outcome);
        return Exit::Failed;
    }
    if options.mutate { mutate::mutate(&rehearsal, &parsed, &journal, options.format).await } else { Exit::Passed }
}
