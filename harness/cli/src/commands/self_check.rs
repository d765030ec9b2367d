//! `nightproof self-check`: whether an installed nightproof works on this machine, by what it needs and by one whole drill.

use std::time::Instant;

use nightproof_journal::Journal;
use nightproof_machine::doctor;

use crate::arguments::{MachineKind, SelfCheckOptions, StackOptions};
use crate::error::Error;
use crate::rehearsal::{Rehearsal, rehearse};
use crate::setting::Setting;
use crate::{Exit, interrupt, outcome, printer};

pub(crate) async fn self_check(options: SelfCheckOptions) -> Result<Exit, Error> {
    let itself = std::env::current_exe().map_err(Error::OwnProgram)?;
    printer::line(&format!("nightproof {} ({})", env!("CARGO_PKG_VERSION"), itself.display()));
    let lacking: Vec<_> = match options.machine.kind() {
        MachineKind::Sandbox => doctor::checks(&itself).into_iter().filter(|check| !check.ok).collect(),
        MachineKind::Container => Vec::new(),
    };
    for check in &lacking {
        printer::line(&format!("LACK {}: {}", check.name, check.detail));
    }
    if !lacking.is_empty() {
        printer::note("`nightproof doctor` says what to do");
        return Ok(Exit::Missing);
    }
    let cancel = interrupt::token()?;
    let setting = Setting::new(options.machine)?;
    let begun = Instant::now();
    let rehearsal = Rehearsal::new(&StackOptions::default(), None)?;
    let (drilled, _) = rehearse(&rehearsal, &setting, &Journal::default(), &cancel).await?;
    let exit = outcome::exit(&drilled);
    if exit == Exit::Passed {
        printer::line(&format!("ok: a drill of the bundled stack passed in {:.1} s", begun.elapsed().as_secs_f64()));
    } else {
        outcome::summary(&drilled);
    }
    Ok(exit)
}
