//! `nightproof reproduce`: has an incident happen, and compares the drill with its description.

use std::collections::BTreeMap;
use std::path::Path;

use nightproof_drill::{Data, DataProfile, DrillResult, NightVariant, Outcome};
use nightproof_drill_file::DrillFile;
use nightproof_incident::{Incident, Scene};

use crate::arguments::{DATA_PATH, DrillOptions, MachineKind, ReproduceOptions, StackOptions, Telling};
use crate::error::Error;
use crate::format::Format;
use crate::local_environment::LocalEnvironment;
use crate::rehearsal::Rehearsal;
use crate::reports::Reports;
use crate::setting::Setting;
use crate::values::Values;
use crate::{Exit, drill_file, embedded, interrupt, journal_file, operator, outcome, printer, restore_script, template};

pub(crate) async fn reproduce(options: &ReproduceOptions) -> Result<Exit, Error> {
    let Telling { format, journal, report } = &options.telling;
    let reports = Reports::new(report)?;
    let incident = Incident::read(&options.file).map_err(Error::Incident)?;
    let drill_file = match incident.drill_file(&options.file) {
        Some(file) => Some(DrillFile::read(&file).map_err(Error::DrillFile)?),
        None => None,
    };
    let rehearsal = rehearsal(&incident, &options.file, drill_file.as_ref())?;
    let mut machine = options.machine.clone();
    if let Some(file) = &drill_file {
        drill_file::fill_machine(&mut machine, file);
    }
    let journal = journal_file::open(journal.as_deref())?;
    if machine.kind() == MachineKind::Container {
        incident.check_in_containers().map_err(Error::Incident)?;
    }
    let policy = drill_file.as_ref().and_then(|file| file.operator_policy.as_deref());
    let operator_policy = operator::Policy::read(policy)?;
    let setting = Setting { disk_mib: incident.disk_mib, operator_policy, ..Setting::new(machine)? };
    let cancel = interrupt::token()?;
    printer::follow(&journal, *format);
    if *format == Format::Text {
        printer::line(&format!("incident {} ({})", incident.title, incident.source));
    }
    let environment = LocalEnvironment::open(&setting, &journal, &cancel).await?;
    let plan = rehearsal.plan_on(&environment, &setting.tools)?;
    if incident.is_interposed() {
        environment.region.machines.interposer().prepare();
    }
    let local = embedded::local(&environment.region);
    let scene = Scene::new(&incident, &environment.region.region, &environment.region.faults, local, &plan.stack());
    scene.lift_faults_before_destruction(&journal);
    let outcome = nightproof_drill::run(plan, Some(scene), &journal, cancel.clone()).await;
    reports.write(&journal);
    let differences = nightproof_incident::differences(&incident, &outcome, &journal);
    environment.close(&journal).await?;
    if cancel.is_cancelled() {
        return Ok(Exit::Failed);
    }
    if *format == Format::Text {
        outcome::summary(&outcome);
    }
    // What the region lacks is neither the incident nor its mending, unless the file says so.
    if outcome.result == DrillResult::NotSupported && !differences.is_empty() {
        printer::note("NOT SUPPORTED: whether it happens cannot be seen here");
        return Ok(Exit::NotSupported);
    }
    Ok(if options.expect_fixed { fixed(&incident, &outcome) } else { shown(&differences) })
}

/// What is rehearsed. `path` is the incident's own.
fn rehearsal(incident: &Incident, path: &Path, drill_file: Option<&DrillFile>) -> Result<Rehearsal, Error> {
    let mut stack = StackOptions {
        template: incident.template_file(path),
        data: incident.data_folder(path),
        data_path: incident.data_path.clone(),
        ..StackOptions::default()
    };
    let mut drill = DrillOptions::default();
    if let Some(file) = drill_file {
        drill_file::fill_stack(&mut stack, file)?;
        drill_file::fill_drill(&mut drill, file);
    }
    let template = incident.replaced(path, template::load(stack.template.as_deref())?).map_err(Error::Incident)?;
    template::parse(Some(path), &template)?;
    let mut parameters: BTreeMap<String, String> = stack.file_parameters.into_iter().collect();
    parameters.extend(incident.parameters.clone());
    let profile = stack.data_profile.map_or(DataProfile::Usual, DataProfile::from);
    Ok(Rehearsal {
        file: None,
        template,
        values: Values { parameters: parameters.into_iter().collect(), ..Values::default() },
        data: stack.data.map_or(Data::Generated(profile), Data::Folder),
        data_path: stack.data_path.unwrap_or_else(|| DATA_PATH.to_owned()),
        restore_script: restore_script::read(&drill)?,
        rule: drill.rule,
        bucket: drill.bucket,
        demands: stack.demands,
        variant: NightVariant::Backup,
        nights: incident.nights,
        attack: false,
        control: None,
        // A finding counts only where the file names it.
        strict: false,
        keep: false,
    })
}

/// Whether the drill passes in spite of the incident, without the finding that its file names.
fn fixed(incident: &Incident, outcome: &Outcome) -> Exit {
    if outcome.result != DrillResult::Passed {
        printer::note("NOT FIXED");
        return outcome::exit(outcome);
    }
    if let Some(id) = nightproof_incident::remaining_finding(incident, outcome) {
        printer::note(&format!("NOT FIXED: the drill still has the finding `{id}`"));
        return Exit::Failed;
    }
    printer::note("FIXED: the incident does not happen any more");
    outcome::exit(outcome)
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
