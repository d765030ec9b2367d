//! One drill from an empty folder to an empty folder, for commands that run several.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nightproof_drill::{Data, Endpoint, FireBy, NightVariant, Outcome, Plan, RestoreScript};
use nightproof_journal::Journal;
use tokio_util::sync::CancellationToken;

use crate::arguments::{DrillOptions, StackOptions};
use crate::embedded;
use crate::error::Error;
use crate::local_environment::LocalEnvironment;
use crate::restore_script;
use crate::setting::Setting;
use crate::template;

/// What is rehearsed.
#[derive(Clone)]
pub(crate) struct Rehearsal {
    /// Text of the template.
    pub(crate) template: String,
    /// Its parameters.
    pub(crate) parameters: Vec<(String, String)>,
    /// What the web server gets.
    pub(crate) data: Data,
    /// Where it goes.
    pub(crate) data_path: String,
    /// The rule to fire, for templates with several.
    pub(crate) rule: Option<String>,
    /// The bucket that gets the archives, for templates with several.
    pub(crate) bucket: Option<String>,
    /// How the backup is restored that the drill does not open itself.
    pub(crate) restore_script: Option<RestoreScript>,
    /// Which night it is.
    pub(crate) variant: NightVariant,
    /// How many nights in a row; at least 1.
    pub(crate) nights: u32,
    /// Findings fail the drill.
    pub(crate) strict: bool,
    /// Nothing is destroyed at the end.
    pub(crate) keep: bool,
}

impl Rehearsal {
    /// One strict night of what `options` name.
    pub(crate) fn new(options: &StackOptions) -> Result<Self, Error> {
        let template = template::load(options.template.as_deref())?;
        if let Some(folder) = options.data.as_ref().filter(|folder| !folder.is_dir()) {
            return Err(Error::DataFolder(folder.clone()));
        }
        Ok(Self {
            template,
            parameters: options.parameters.clone(),
            data: options.data.clone().map_or(Data::Generated(options.data_profile.into()), Data::Folder),
            data_path: options.data_path.clone(),
            rule: None,
            bucket: None,
            restore_script: None,
            variant: NightVariant::Backup,
            nights: 1,
            strict: true,
            keep: false,
        })
    }

    /// As [`Rehearsal::new`], with what `drill` chooses. The bundled stack has no excuse for a finding.
    pub(crate) fn chosen(stack: &StackOptions, drill: &DrillOptions) -> Result<Self, Error> {
        Ok(Self {
            rule: drill.rule.clone(),
            bucket: drill.bucket.clone(),
            restore_script: restore_script::read(drill)?,
            strict: drill.strict || stack.template.is_none(),
            ..Self::new(stack)?
        })
    }

    /// The plan of a drill in `environment`.
    pub(crate) fn plan_on(&self, environment: &LocalEnvironment) -> Plan {
        Plan { cloud: environment.cloud().to_owned(), ..self.plan(environment.endpoint(), environment.folder()) }
    }

    /// The plan of a drill at `endpoint`, with temporary files in `folder`.
    pub(crate) fn plan(&self, endpoint: Endpoint, folder: &Path) -> Plan {
        Plan {
            run: nightproof_drill::new_run(),
            expires: None,
            review: None,
            recorded_as: None,
            native: None,
            variant: self.variant,
            fire_by: FireBy::default(),
            endpoint,
            cloud: "embedded".to_owned(),
            template: self.template.clone(),
            parameters: self.parameters.clone(),
            data: self.data.clone(),
            data_path: self.data_path.clone(),
            rule: self.rule.clone(),
            bucket: self.bucket.clone(),
            restore_script: self.restore_script.clone(),
            nights: self.nights,
            strict: self.strict,
            keep: self.keep,
            folder: PathBuf::from(folder).join("drill"),
        }
    }
}

/// What was measured of a region.
pub(crate) struct Measured {
    /// From its first line of code to open endpoints.
    pub(crate) start: Duration,
    /// Mean time of a call.
    pub(crate) call: Duration,
    /// Mean time of a call's authorization.
    pub(crate) authorization: Duration,
}

/// Runs a drill in a region of its own, which is gone afterwards, and measures the region.
pub(crate) async fn rehearse(
    rehearsal: &Rehearsal,
    setting: &Setting,
    journal: &Journal,
    cancel: &CancellationToken,
) -> Result<(Outcome, Measured), Error> {
    let begun = Instant::now();
    let environment = LocalEnvironment::open(setting, journal, cancel).await?;
    let start = begun.elapsed();
    let plan = rehearsal.plan_on(&environment);
    let outcome = nightproof_drill::run(plan, Some(embedded::local(&environment.region)), journal, cancel.clone()).await;
    let timing = environment.region.gateway.timing();
    let measured = Measured { start, call: timing.call(), authorization: timing.authorization() };
    environment.close(journal).await?;
    Ok((outcome, measured))
}
