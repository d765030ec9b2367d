//! Incidents: what went wrong somewhere, as a file that makes it go wrong here.

mod expectation;
mod file;
mod judge;
mod scene;

use std::path::Path;

use nightproof_drill::{DrillResult, Outcome};
use nightproof_faults::Rule;

use crate::arguments::{Format, MachineKind, ReproduceOptions, Telling};
use crate::error::Error;
use crate::reports::Reports;
use crate::stage::{Setting, Stage};
use crate::{Exit, interrupt, journal_file, printer, run};
use expectation::{Expectation, Text};
pub(crate) use file::Incident;
use file::Kind;
use scene::Scene;

/// `nightproof reproduce`: has the incident happen, and says whether it did as described.
pub(crate) async fn reproduce(options: &ReproduceOptions) -> Result<Exit, Error> {
    let Telling { format, journal, report } = &options.telling;
    let reports = Reports::new(report)?;
    let incident = file::read(&options.file)?;
    let rehearsal = incident.rehearsal(&options.file)?;
    let journal = journal_file::open(journal.as_deref())?;
    if options.machine.kind() == MachineKind::Container {
        refuse_in_containers(&incident)?;
    }
    let setting = Setting { disk_mib: incident.disk_mib, ..Setting::new(options.machine.clone())? };
    let cancel = interrupt::token()?;
    printer::follow(&journal, *format);
    if *format == Format::Text {
        printer::line(&format!("incident {} ({})", incident.title, incident.source));
    }
    let stage = Stage::open(&setting, &journal, &cancel).await?;
    let plan = rehearsal.plan_on(&stage);
    let scene = Scene::new(&incident, &stage.region, &plan.stack());
    scene.lift_faults_before_destruction(&journal);
    let outcome = nightproof_drill::run(plan, Some(scene), &journal, cancel.clone()).await;
    reports.write(&journal);
    let differences = judge::differences(&incident.expect, &outcome, &journal);
    stage.close(&journal).await?;
    if cancel.is_cancelled() {
        return Ok(Exit::Failed);
    }
    if *format == Format::Text {
        run::summary(&outcome);
    }
    // What the region lacks is neither the incident nor its mending, unless the file says so.
    if outcome.result == DrillResult::NotSupported && !differences.is_empty() {
        printer::note("NOT SUPPORTED: whether it happens cannot be seen here");
        return Ok(Exit::NotSupported);
    }
    Ok(if options.expect_fixed { fixed(&incident.expect, &outcome) } else { shown(&differences) })
}

/// Refuses an incident that no container can show.
fn refuse_in_containers(incident: &Incident) -> Result<(), Error> {
    match incident {
        Incident { disk_mib: Some(_), .. } => Err(Error::DiskInContainers),
        Incident { machine: Some(Kind::Sandbox), .. } => Err(Error::MountInContainers),
        incident if incident.is_interposed() => Err(Error::InterposedInContainers),
        _ => Ok(()),
    }
}

/// Whether the drill passes in spite of the incident, without the finding that its file names.
fn fixed(expect: &Expectation, outcome: &Outcome) -> Exit {
    if outcome.result != DrillResult::Passed {
        printer::note("NOT FIXED");
        return run::exit_of(outcome);
    }
    if let Some(Text(id)) = expect.finding.as_ref().filter(|_| judge::has_finding(expect, outcome)) {
        printer::note(&format!("NOT FIXED: the drill still has the finding `{id}`"));
        return Exit::Failed;
    }
    printer::note("FIXED: the incident does not happen any more");
    run::exit_of(outcome)
}

/// Whether the incident shows as described.
fn shown(differences: &[String]) -> Exit {
    for difference in differences {
        printer::note(&format!("not as described: {difference}"));
    }
    let shown = differences.is_empty();
    printer::note(if shown { "REPRODUCED: it shows as described" } else { "NOT REPRODUCED" });
    if shown { Exit::Passed } else { Exit::Failed }
}

/// The `faults` of a file that has nothing else, for `nightproof up` with machines of this kind.
pub(crate) fn faults(file: Option<&Path>, machine: MachineKind) -> Result<Vec<Rule>, Error> {
    let faults = file.map_or_else(|| Ok(Vec::new()), file::faults)?;
    if machine == MachineKind::Container && faults.iter().any(Rule::is_interposed) {
        return Err(Error::InterposedInContainers);
    }
    Ok(faults)
}
