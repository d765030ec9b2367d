//! One drill from an empty folder to an empty folder, for commands that run several.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nightproof_drill::{
    ArchiveControl, Data, DataProfile, Demands, Endpoint, Existing, FireBy, NightVariant, Outcome, Package, Plan, Provisions,
    RestoreScript,
};
use nightproof_journal::Journal;
use nightproof_machine::tools::Tools;
use tokio_util::sync::CancellationToken;

use crate::arguments::{DATA_PATH, DrillOptions, ExistingOptions, StackOptions};
use crate::assembly::Assembly;
use crate::embedded;
use crate::error::Error;
use crate::local_environment::LocalEnvironment;
use crate::packager::{self, Packager};
use crate::restore_script;
use crate::setting::{ACCOUNT, REGION, Setting};
use crate::template;
use crate::values::Values;

/// What is rehearsed.
#[derive(Clone)]
pub(crate) struct Rehearsal {
    /// The template's file; the bundled stack has none.
    pub(crate) file: Option<PathBuf>,
    /// Text of the template.
    pub(crate) template: String,
    /// The values of its parameters.
    pub(crate) values: Values,
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
    /// What has to hold beside.
    pub(crate) demands: Demands,
    /// Which night it is.
    pub(crate) variant: NightVariant,
    /// How many nights in a row; at least 1.
    pub(crate) nights: u32,
    /// Whether the stack's roles try to destroy the archives.
    pub(crate) attack: bool,
    /// What is wrong with the archive, on purpose.
    pub(crate) control: Option<ArchiveControl>,
    /// Findings fail the drill.
    pub(crate) strict: bool,
    /// Nothing is destroyed at the end.
    pub(crate) keep: bool,
}

impl Rehearsal {
    /// One strict night of what `options` name. Without `existing`, nothing exists already that somebody could name.
    pub(crate) fn new(options: &StackOptions, existing: Option<&ExistingOptions>) -> Result<Self, Error> {
        let template = template::load(options.template.as_deref())?;
        if let Some(folder) = options.data.as_ref().filter(|folder| !folder.is_dir()) {
            return Err(Error::DataFolder(folder.clone()));
        }
        let profile = options.data_profile.map_or(DataProfile::Usual, DataProfile::from);
        Ok(Self {
            values: Values::new(options, existing, &template)?,
            file: options.template.clone(),
            template,
            data: options.data.clone().map_or_else(|| Data::Generated(profile), Data::Folder),
            data_path: options.data_path.clone().unwrap_or_else(|| DATA_PATH.to_owned()),
            rule: None,
            bucket: None,
            restore_script: None,
            demands: options.demands.clone(),
            variant: NightVariant::Backup,
            nights: 1,
            attack: false,
            control: None,
            strict: true,
            keep: false,
        })
    }

    /// As [`Rehearsal::new`], with what `drill` chooses. The bundled stack has no excuse for a finding.
    pub(crate) fn chosen(stack: &StackOptions, existing: Option<&ExistingOptions>, drill: &DrillOptions) -> Result<Self, Error> {
        Ok(Self {
            rule: drill.rule.clone(),
            bucket: drill.bucket.clone(),
            restore_script: restore_script::read(drill)?,
            strict: drill.strict || stack.template.is_none(),
            ..Self::new(stack, existing)?
        })
    }

    /// The plan of a drill in `environment`, whose Python is of `tools`.
    pub(crate) fn plan_on(&self, environment: &LocalEnvironment, tools: &Tools) -> Result<Plan, Error> {
        let mut plan = self.plan(environment.endpoint(), environment.folder());
        environment.cloud().clone_into(&mut plan.cloud);
        let mut stacks = self.values.existing.clone();
        let assembly = self.assembly()?;
        stacks.extend(assembly.as_ref().and_then(Assembly::bootstrap));
        if !stacks.is_empty() {
            let assets = assembly.map(|assembly| assembly.assets(&plan.folder)).transpose().map_err(Error::Assembly)?;
            plan.provisions.existing = Some(Existing {
                endpoint: environment.root_endpoint(),
                stacks,
                outputs: self.values.outputs.clone(),
                assets: assets.unwrap_or_default(),
            });
        }
        if self.names_paths() {
            let variables = environment.variables().map_err(Error::WriteExports)?;
            plan.provisions.package = self.package(&plan, tools, Some(variables));
        }
        Ok(plan)
    }

    /// Whether the template names something by a path of this machine.
    pub(crate) fn names_paths(&self) -> bool {
        self.file.is_some() && packager::is_needed(&self.template)
    }

    /// Who uploads what the template names by paths, where `local` says; elsewhere the environment does.
    pub(crate) fn package(&self, plan: &Plan, tools: &Tools, local: Option<Vec<(String, String)>>) -> Option<Arc<dyn Package>> {
        Packager::for_template((self.file.as_deref(), &self.template), &plan.folder, &plan.endpoint.region, tools, local)
    }

    /// The assembly of the AWS CDK that the template is of, if it is.
    pub(crate) fn assembly(&self) -> Result<Option<Assembly>, Error> {
        let Some(file) = &self.file else { return Ok(None) };
        Assembly::read(file, &self.template, ACCOUNT, REGION).map_err(Error::Assembly)
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
            parameters: self.values.parameters.clone(),
            provisions: Provisions {
                guessed: self.values.guessed.clone(),
                tags: self.values.tags.clone(),
                policy: self.values.policy.clone(),
                ..Provisions::default()
            },
            data: self.data.clone(),
            data_path: self.data_path.clone(),
            rule: self.rule.clone(),
            bucket: self.bucket.clone(),
            restore_script: self.restore_script.clone(),
            demands: self.demands.clone(),
            nights: self.nights,
            attack: self.attack,
            control: self.control,
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
    let plan = match rehearsal.plan_on(&environment, &setting.tools) {
        Ok(plan) => plan,
        Err(error) => {
            environment.close(journal).await?;
            return Err(error);
        }
    };
    let outcome = nightproof_drill::run(plan, Some(embedded::local(&environment.region)), journal, cancel.clone()).await;
    let timing = environment.region.gateway.timing();
    let measured = Measured { start, call: timing.call(), authorization: timing.authorization() };
    environment.close(journal).await?;
    Ok((outcome, measured))
}
