//! `nightproof prove`: the drill of a stack, then its negative controls, each of which the drill must notice.

use std::path::PathBuf;
use std::sync::Arc;

use nightproof_drill::{Data, DrillResult, Local, Outcome};
use nightproof_incident::{Incident, Scene};
use nightproof_journal::Journal;
use nightproof_prove::{Able, Control, Made, NAMES, Proof, Rehearsed, controls};
use nightproof_report::proof_page;
use tokio_util::sync::CancellationToken;

use crate::arguments::{MachineKind, ProveOptions};
use crate::error::Error;
use crate::evidence::{Evidence, Subject};
use crate::format::Format;
use crate::local_environment::LocalEnvironment;
use crate::rehearsal::{Rehearsal, rehearse};
use crate::setting::Setting;
use crate::{Exit, embedded, interrupt, journal_file, operator, outcome, printer};

pub(crate) async fn prove(options: &ProveOptions) -> Result<Exit, Error> {
    for file in &options.report {
        if file.extension().is_none_or(|extension| extension != "html") {
            return Err(Error::ReportForm(file.clone()));
        }
    }
    if let Some(unknown) = options.only.iter().find(|id| !NAMES.contains(&id.as_str())) {
        return Err(Error::UnknownControl { id: unknown.clone(), known: NAMES.join(", ") });
    }
    let rehearsal = Rehearsal::chosen(&options.stack, Some(&options.existing), &options.drill)?;
    let operator_policy = operator::Policy::read(options.operator_policy.as_deref())?;
    let setting = Setting { operator_policy, ..Setting::new(options.machine.clone())? };
    let journal = journal_file::open(options.journal.as_deref())?;
    let evidence = Evidence::begin(&options.evidence, &journal)?;
    let cancel = interrupt::token()?;
    let (good, _) = rehearse(&rehearsal, &setting, &journal, &cancel).await?;
    journal_file::flush(&journal);
    if good.result != DrillResult::Passed {
        outcome::summary(&good);
        printer::note("nothing is proven: a control says something only where the drill itself passes");
        return Ok(outcome::exit(&good));
    }
    let rehearsed = Rehearsed::new(&good, &journal);
    let is_sandbox = options.machine.kind() == MachineKind::Sandbox;
    let able = Able { disks: is_sandbox && matches!(rehearsal.data, Data::Generated(_)), clocks: is_sandbox };
    let mut chosen = controls(&rehearsed, &rehearsal.data_path, able);
    chosen.retain(|control| options.only.is_empty() || options.only.iter().any(|id| id == control.id));
    let mut proof = Proof::new(&rehearsed);
    for (number, control) in chosen.iter().enumerate() {
        match tried(control, &rehearsal, &setting, &cancel).await? {
            Some((outcome, journal)) => proof.check(control, &rehearsed, &outcome, &journal),
            None => proof.leave_out(control),
        }
        if cancel.is_cancelled() {
            return Err(Error::Interrupted);
        }
        printer::note(&format!("{} of {} controls tried: {}", number + 1, chosen.len(), control.title));
    }
    if let Some(evidence) = evidence {
        let subject = Subject {
            template: options.stack.template.as_deref(),
            text: &rehearsal.template,
            cloud: options.machine.cloud_name(),
            account: &setting.account,
            caller: &operator::arn(&setting.account, setting.operator_policy.as_ref()),
            proof: Some(&proof),
        };
        evidence.write(&good, &subject, &rehearsal.demands.budgets).await?;
    }
    print(&proof, options)?;
    Ok(if proof.is_whole() { Exit::Passed } else { Exit::Failed })
}

/// The drill of a control; `None` if it does not apply.
async fn tried(
    control: &Control,
    rehearsal: &Rehearsal,
    setting: &Setting,
    cancel: &CancellationToken,
) -> Result<Option<(Outcome, Journal)>, Error> {
    let journal = Journal::default();
    let outcome = match &control.made {
        Made::NotApplicable(_) => return Ok(None),
        Made::Archive(archive) => {
            let rehearsal = Rehearsal { control: Some(*archive), ..rehearsal.clone() };
            rehearse(&rehearsal, setting, &journal, cancel).await?.0
        }
        Made::Incident(text) => {
            let own = |why| Error::Incident(nightproof_incident::IncidentError::Format { path: PathBuf::from(control.id), why });
            let incident = Incident::parse(text).map_err(own)?;
            let rehearsal = Rehearsal { nights: incident.nights, ..rehearsal.clone() };
            in_scene(&incident, &rehearsal, setting, &journal, cancel).await?
        }
    };
    Ok(Some((outcome, journal)))
}

/// One drill in which the incident happens, in a region of its own.
async fn in_scene(
    incident: &Incident,
    rehearsal: &Rehearsal,
    setting: &Setting,
    journal: &Journal,
    cancel: &CancellationToken,
) -> Result<Outcome, Error> {
    let setting = Setting { disk_mib: incident.disk_mib, ..setting.clone() };
    let environment = LocalEnvironment::open(&setting, journal, cancel).await?;
    let plan = match rehearsal.plan_on(&environment, &setting.tools) {
        Ok(plan) => plan,
        Err(error) => {
            environment.close(journal).await?;
            return Err(error);
        }
    };
    if incident.is_interposed() {
        environment.region.machines.interposer().prepare();
    }
    let local = embedded::local(&environment.region);
    let scene = Scene::new(incident, &environment.region.region, &environment.region.faults, local, &plan.stack());
    scene.lift_faults_before_destruction(journal);
    let scene: Arc<dyn Local> = scene;
    let outcome = nightproof_drill::run(plan, Some(scene), journal, cancel.clone()).await;
    environment.close(journal).await?;
    Ok(outcome)
}

fn print(proof: &Proof, options: &ProveOptions) -> Result<(), Error> {
    match options.format {
        Format::Text => printer::line(&proof.to_string()),
        Format::Json => printer::line(&serde_json::to_string(proof).unwrap_or_default()),
    }
    for file in &options.report {
        std::fs::write(file, proof_page(proof)).map_err(|source| Error::WriteReport { path: file.clone(), source })?;
    }
    Ok(())
}
