//! A region for any code that calls AWS.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use nightproof_faults::Rule;
use nightproof_journal::{Journal, Record};
use tokio_util::sync::CancellationToken;

use super::{Calls, Error, machine_process};
use crate::arguments::MachineOptions;
use crate::error;
use crate::local_environment::LocalEnvironment;
use crate::operator::Policy;
use crate::setting::Setting;

/// What a region is started with.
#[derive(Debug, Clone, Default)]
pub struct RegionOptions {
    account: Option<String>,
    operator_policy: Option<PathBuf>,
    machine: Option<MachineOptions>,
}

/// A running local region, which speaks AWS's protocols at an endpoint of its own. Each has its own folder, port, clock and journal, so that any
/// number of tests have one each.
///
/// [`Region::stop`] ends it and says what could not be removed. If it is dropped, its machines end with the runtime, and its folder is removed.
pub struct Region {
    environment: Option<LocalEnvironment>,
    journal: Journal,
    setting: Setting,
}

impl RegionOptions {
    /// The operator's account id, 12 digits; 123456789012 if none is named.
    #[must_use]
    pub fn account(mut self, id: &str) -> Self {
        self.account = Some(id.to_owned());
        self
    }

    /// A file with an identity policy: the region's credentials are of an IAM user who has it, and nothing else, instead of the root user's.
    #[must_use]
    pub fn operator_policy(mut self, file: impl Into<PathBuf>) -> Self {
        self.operator_policy = Some(file.into());
        self
    }

    pub(super) fn machine(mut self, machine: MachineOptions) -> Self {
        self.machine = Some(machine);
        self
    }

    /// Starts the region.
    ///
    /// # Errors
    /// This machine lacks something that it needs, or the policy is refused.
    pub async fn start(self) -> Result<Region, Error> {
        machine_process::keep();
        let setting = Setting {
            operator_policy: Policy::read(self.operator_policy.as_deref())?,
            ..Setting::new(self.machine.unwrap_or_else(MachineOptions::from_environment))?
        };
        let setting = Setting { account: self.account.unwrap_or_else(|| setting.account.clone()), ..setting };
        let journal = Journal::default();
        let environment = LocalEnvironment::open(&setting, &journal, &CancellationToken::new()).await?;
        Ok(Region { environment: Some(environment), journal, setting })
    }
}

impl Region {
    /// Starts a region of account 123456789012 whose credentials are the root user's.
    ///
    /// # Errors
    /// This machine lacks something that it needs: namespaces, Python 3.
    pub async fn start() -> Result<Self, Error> {
        RegionOptions::default().start().await
    }

    /// What to start one with.
    pub fn options() -> RegionOptions {
        RegionOptions::default()
    }

    /// There is one until the region is stopped, which takes it by value.
    #[expect(clippy::expect_used, reason = "only `stop` and `drop` take it, and nothing can be called after them")]
    pub(super) fn environment(&self) -> &LocalEnvironment {
        self.environment.as_ref().expect("a region that runs")
    }

    pub(super) fn journal(&self) -> &Journal {
        &self.journal
    }

    pub(super) fn setting(&self) -> &Setting {
        &self.setting
    }

    /// The endpoint of all services, `https://127.0.0.1:PORT`.
    pub fn endpoint_url(&self) -> &str {
        &self.environment().region.endpoint_url
    }

    /// Certificates to trust, PEM.
    pub fn ca_pem(&self) -> &str {
        &self.environment().region.ca_pem
    }

    /// The region's name: `us-east-1`.
    pub fn name(&self) -> &str {
        self.environment().region.region.name()
    }

    /// The operator's account id.
    pub fn account(&self) -> &str {
        &self.setting.account
    }

    /// Id and secret of the operator's access key.
    pub fn credentials(&self) -> (&str, &str) {
        let (id, secret) = self.environment().key();
        (id, secret)
    }

    /// What clients of AWS's SDK for Rust are made of: endpoint, region, credentials, and an HTTP client that trusts the region.
    pub fn sdk_config(&self) -> aws_config::SdkConfig {
        self.environment().endpoint().sdk_config()
    }

    /// Environment variables that point any AWS client at the region, such as the AWS CLI: for `Command::envs`.
    ///
    /// # Errors
    /// The file with the certificates could not be written.
    pub fn variables(&self) -> Result<Vec<(String, String)>, Error> {
        Ok(self.environment().variables().map_err(error::Error::WriteExports)?)
    }

    /// The folder of the region's files.
    pub fn folder(&self) -> &Path {
        self.environment().folder()
    }

    /// What the region's clock says.
    pub fn now(&self) -> SystemTime {
        self.environment().region.region.clock().now().into()
    }

    /// Moves the region's clock forward: schedules that have become due fire, sessions expire.
    pub fn advance(&self, by: Duration) {
        self.advance_to(self.now() + by);
    }

    /// As [`Region::advance`]; a time in the past changes nothing.
    pub fn advance_to(&self, to: SystemTime) {
        let to = Timestamp::try_from(to).unwrap_or(Timestamp::MAX);
        self.environment().region.region.clock().advance_to(to);
    }

    /// Moves the clock to the next time at which a rule, a schedule, a maintenance window or an association is due, by its ARN. Returns that time.
    ///
    /// # Errors
    /// It does not exist, is disabled, or is never due.
    pub fn fire(&self, arn: &str) -> Result<SystemTime, Error> {
        Ok(self.environment().region.trigger().fire(arn)?.into())
    }

    /// Returns when no event is on its way to a target, and no function works on one.
    pub async fn settled(&self) {
        self.environment().region.trigger().settled().await;
    }

    /// Puts faults in force, in place of all others.
    pub fn set_faults(&self, faults: Vec<Rule>) {
        let region = &self.environment().region;
        if faults.iter().any(Rule::is_interposed) {
            region.machines.interposer().prepare();
        }
        region.faults.set(faults);
    }

    /// As [`Region::set_faults`], with the `faults` of a file: see docs/incidents.md.
    ///
    /// # Errors
    /// It cannot be read, or is not of the form.
    pub fn set_faults_of(&self, file: &Path) -> Result<(), Error> {
        self.set_faults(nightproof_incident::read_faults(file).map_err(error::Error::Incident)?);
        Ok(())
    }

    /// What the region was asked so far, the calls of AWS's own services included; the latest 20,000 events of its journal are kept.
    pub fn calls(&self) -> Calls {
        Calls::new(self.journal.calls())
    }

    /// All events of the journal, oldest first, as far as they are kept.
    pub fn records(&self) -> Vec<Record> {
        self.journal.records()
    }

    /// Ends machines and region and removes their files.
    ///
    /// # Errors
    /// Something could not be removed.
    pub async fn stop(mut self) -> Result<(), Error> {
        match self.environment.take() {
            Some(environment) => Ok(environment.close(&self.journal).await?),
            None => Ok(()),
        }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        if let Some(environment) = &self.environment {
            environment.region.region.stopping().cancel();
        }
    }
}
