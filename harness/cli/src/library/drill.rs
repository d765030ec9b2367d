//! A drill, built step by step.

use std::path::PathBuf;

use nightproof_faults::Rule;
use nightproof_machine::tools::Tools;
use tokio_util::sync::CancellationToken;

use super::{Error, Region, Verdict};
use crate::arguments::{DataProfileKind, RunOptions};
use crate::rehearsal::Rehearsal;
use crate::{drill_file, embedded};

/// A drill of a stack, to be run as `nightproof run` would: one night, with made-up data, unless something else is said.
#[derive(Debug)]
pub struct Drill {
    options: RunOptions,
    faults: Vec<Rule>,
}

impl Drill {
    /// Of a CloudFormation template, by its file.
    pub fn new(template: impl Into<PathBuf>) -> Self {
        let mut drill = Self::bundled();
        drill.options.stack.template = Some(template.into());
        drill
    }

    /// Of the stack that comes with nightproof.
    pub fn bundled() -> Self {
        Self { options: RunOptions::from_environment(), faults: Vec::new() }
    }

    /// Of what a drill file names: see docs/drill-file.md. What is said beside it counts more.
    pub fn from_file(file: impl Into<PathBuf>) -> Self {
        let mut drill = Self::bundled();
        drill.options.stack.file = Some(file.into());
        drill
    }

    /// With the content of this folder as data.
    #[must_use]
    pub fn data(mut self, folder: impl Into<PathBuf>) -> Self {
        self.options.stack.data = Some(folder.into());
        self
    }

    /// With made-up data that has all that file systems allow.
    #[must_use]
    pub fn hard_data(mut self) -> Self {
        self.options.stack.data_profile = Some(DataProfileKind::Hard);
        self
    }

    /// With the data in this folder of instances; `/var/www/html` if none is named.
    #[must_use]
    pub fn data_path(mut self, path: &str) -> Self {
        self.options.stack.data_path = Some(path.to_owned());
        self
    }

    /// With a parameter of the template.
    #[must_use]
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.options.stack.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With the parameters in a file, of any form that `--parameters` reads.
    #[must_use]
    pub fn parameters(mut self, file: impl Into<PathBuf>) -> Self {
        self.options.stack.parameter_files.push(file.into());
        self
    }

    /// With made-up values for parameters that have none, and with what they name.
    #[must_use]
    pub fn guess_parameters(mut self) -> Self {
        self.options.existing.guess_parameters = true;
        self
    }

    /// With what a template declares, deployed before: exports, networks, buckets.
    #[must_use]
    pub fn existing(mut self, template: impl Into<PathBuf>) -> Self {
        self.options.existing.existing.push(template.into());
        self
    }

    /// Which rule, schedule, maintenance window or association fires, by its logical id or name.
    #[must_use]
    pub fn trigger(mut self, name: &str) -> Self {
        self.options.drill.rule = Some(name.to_owned());
        self
    }

    /// Which bucket gets the backups, by its logical id or name.
    #[must_use]
    pub fn bucket(mut self, name: &str) -> Self {
        self.options.drill.bucket = Some(name.to_owned());
        self
    }

    /// With your own script that restores: see docs/restore.md.
    #[must_use]
    pub fn restore_script(mut self, file: impl Into<PathBuf>) -> Self {
        self.options.drill.restore_script = Some(file.into());
        self
    }

    /// With a file that the restore script alone finds.
    #[must_use]
    pub fn secret(mut self, name: &str, file: impl Into<PathBuf>) -> Self {
        self.options.drill.secrets.push((name.to_owned(), file.into()));
        self
    }

    /// So many nights in a row; at least 1.
    #[must_use]
    pub fn nights(mut self, nights: u32) -> Self {
        self.options.nights = Some(nights.max(1));
        self
    }

    /// With each role of the stack trying to destroy the archives afterwards.
    #[must_use]
    pub fn attack(mut self) -> Self {
        self.options.attack = true;
        self
    }

    /// Fails on findings, too.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.options.drill.strict = true;
        self
    }

    /// As an IAM user who has the identity policy in this file, and nothing else.
    #[must_use]
    pub fn operator_policy(mut self, file: impl Into<PathBuf>) -> Self {
        self.options.operator_policy = Some(file.into());
        self
    }

    /// With something that goes wrong on purpose.
    #[must_use]
    pub fn fault(mut self, fault: Rule) -> Self {
        self.faults.push(fault);
        self
    }

    /// Runs it in a region of its own.
    ///
    /// # Errors
    /// It could not begin: a file that is wrong, a machine that lacks something. How the night went is the verdict's.
    pub async fn run(mut self) -> Result<Verdict, Error> {
        self.fill()?;
        let mut options = Region::options().machine(self.options.machine.clone());
        if let Some(file) = &self.options.operator_policy {
            options = options.operator_policy(file);
        }
        let region = options.start().await?;
        region.set_faults(std::mem::take(&mut self.faults));
        let verdict = self.rehearse(&region).await;
        region.stop().await?;
        verdict
    }

    /// Runs it in `region`, with the region's faults and credentials; what the drill itself names of both is left out. Beside other calls,
    /// these are in the verdict's journal.
    ///
    /// # Errors
    /// As [`Drill::run`].
    pub async fn run_in(mut self, region: &Region) -> Result<Verdict, Error> {
        self.fill()?;
        self.rehearse(region).await
    }

    fn fill(&mut self) -> Result<(), Error> {
        if self.options.stack.file.is_some() {
            drill_file::fill_run(&mut self.options)?;
        }
        Ok(())
    }

    async fn rehearse(&self, region: &Region) -> Result<Verdict, Error> {
        let options = &self.options;
        let rehearsal = Rehearsal {
            nights: options.nights.unwrap_or(1),
            attack: options.attack,
            ..Rehearsal::chosen(&options.stack, Some(&options.existing), &options.drill)?
        };
        let tools: &Tools = &region.setting().tools;
        let plan = rehearsal.plan_on(region.environment(), tools)?;
        let local = embedded::local(&region.environment().region);
        let outcome = nightproof_drill::run(plan, Some(local), region.journal(), CancellationToken::new()).await;
        Ok(Verdict::new(outcome, region.journal()))
    }
}
