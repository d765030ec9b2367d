//! What fires rules and schedules, and tells when nothing is on its way any more.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use nightproof_core::{Clock, Region};

use nightproof_service_ec2::{InstanceTimers, Timers};
use nightproof_service_events::Events;
use nightproof_service_lambda::Lambda;
use nightproof_service_monitoring::CloudWatch;
use nightproof_service_s3::S3;
use nightproof_service_scheduler::Scheduler;
use nightproof_service_ssm::Ssm;
use nightproof_service_states::States;
use nightproof_vpc_link::Links;
use nightproof_wire::arn::Arn;

/// A rule, a schedule, a maintenance window or an association could not be fired.
#[derive(Debug, thiserror::Error)]
pub enum FireError {
    /// What was named is the ARN of none of them.
    #[error("`{0}` is not the ARN of a rule, of a schedule, of a maintenance window, of an association or of an alarm")]
    Arn(String),
    /// It does not exist, is disabled, or has no schedule that comes again.
    #[error("`{0}` does not exist, is disabled, or its schedule never comes again")]
    NoOccurrence(String),
}

/// Fires rules and schedules, and opens maintenance windows, and has associations run: what a drill on a local region does instead of waiting for the night.
/// Of several regions, all that they have.
#[derive(Clone)]
pub struct Trigger {
    clock: Clock,
    regions: Vec<RegionTrigger>,
    objects: Option<Arc<S3>>,
}

/// What of one region fires.
#[derive(Clone)]
pub(super) struct RegionTrigger {
    pub(super) region: Region,
    pub(super) events: Arc<Events>,
    pub(super) functions: Arc<Lambda>,
    pub(super) scheduler: Arc<Scheduler>,
    pub(super) ssm: Arc<Ssm>,
    pub(super) states: Arc<States>,
    pub(super) alarms: Arc<CloudWatch>,
    pub(super) timers: Arc<InstanceTimers>,
    /// What functions and instances in VPCs reach.
    pub(super) links: Arc<Links>,
}

impl RegionTrigger {
    /// When the next occurrence is of what an ARN of this region names.
    fn next(&self, arn: &Arn, now: Timestamp) -> Result<Option<Timestamp>, FireError> {
        Ok(match arn.resource.split('/').collect::<Vec<_>>().as_slice() {
            ["rule", rule] => self.events.next_occurrence(&arn.account, rule, now),
            ["schedule", group, name] => self.scheduler.next_occurrence(&arn.account, group, name, now),
            ["association", id] => self.ssm.next_association(&arn.account, id, now),
            ["maintenancewindow", window] => self.ssm.next_opening(&arn.account, window, now),
            _ if arn.service == "cloudwatch" && arn.resource.starts_with("alarm:") => {
                self.alarms.horizon(&arn.account, false, now)
            }
            _ => return Err(FireError::Arn(arn.to_string())),
        })
    }

    /// As [`Trigger::settled`], for one region.
    async fn settled(&self) {
        self.events.quiet().await;
        self.scheduler.quiet().await;
        self.functions.quiet().await;
        let account = &self.region.settings().account;
        if let Some(wake) = self.ssm.next_wake(account) {
            self.region.clock().advance_to(wake);
        }
        if self.states.quiet().await
            && !self.ssm.is_running_commands(account)
            && let Some(wake) = self.states.next_wake(account)
        {
            self.region.clock().advance_to(wake);
        }
    }

    /// As [`Trigger::notice`], for one region.
    async fn notice(&self, missed: bool) {
        self.events.quiet().await;
        self.scheduler.quiet().await;
        let clock = self.region.clock();
        if let Some(to) = self.alarms.horizon(&self.region.settings().account, missed, clock.now()) {
            clock.advance_to(to);
            self.alarms.evaluated_up_to(to).await;
            self.events.quiet().await;
        }
    }
}

impl Trigger {
    pub(super) fn new(clock: &Clock, regions: Vec<RegionTrigger>, objects: Option<Arc<S3>>) -> Self {
        Self { clock: clock.clone(), regions, objects }
    }

    /// Evaluates the alarms that were just made, which otherwise takes until the next minute.
    pub async fn deployed(&self) {
        for one in &self.regions {
            one.alarms.evaluate_new(&one.region).await;
        }
    }

    /// Moves the region's clock to the next time at which the schedule of a rule, of EventBridge Scheduler, a maintenance window or an association is due; of
    /// a flexible time window, to its end; of an alarm, to its next evaluation.
    ///
    /// # Errors
    /// [`FireError`] where nothing will fire.
    pub fn fire(&self, trigger_arn: &str) -> Result<Timestamp, FireError> {
        let at = self.due(trigger_arn)?;
        self.clock.advance_to(at);
        Ok(at)
    }

    /// When that is.
    ///
    /// # Errors
    /// [`FireError`] where nothing will fire.
    pub fn due(&self, trigger_arn: &str) -> Result<Timestamp, FireError> {
        let no_occurrence = || FireError::NoOccurrence(trigger_arn.to_owned());
        let arn: Arn = trigger_arn.parse().map_err(|_| FireError::Arn(trigger_arn.to_owned()))?;
        let home = self.regions.iter().find(|one| one.region.name() == arn.region);
        // What nothing fires by is told first, wherever it is.
        let next = home.or(self.regions.first()).ok_or_else(no_occurrence)?.next(&arn, self.now())?;
        next.filter(|_| home.is_some()).ok_or_else(no_occurrence)
    }

    /// What each running instance starts by its own clock, and what of it has run, under the instance's id.
    pub async fn instance_timers(&self) -> BTreeMap<String, Timers> {
        let mut all = BTreeMap::new();
        for one in &self.regions {
            all.extend(one.timers.all().await);
        }
        all
    }

    /// When a job of instances is due next, on any of them.
    pub async fn job_due(&self, job: &str) -> Option<Timestamp> {
        let timers = self.instance_timers().await;
        let jobs = timers.values().flat_map(|timers| &timers.jobs).filter(|found| found.id == job && found.idle.is_none());
        jobs.filter_map(|job| Timestamp::from_second(job.next?).ok()).min()
    }

    /// Moves the region's clock to that time.
    ///
    /// # Errors
    /// [`FireError`] where it never comes.
    pub async fn fire_job(&self, job: &str) -> Result<Timestamp, FireError> {
        let at = self.job_due(job).await.ok_or_else(|| FireError::NoOccurrence(job.to_owned()))?;
        self.clock.advance_to(at);
        Ok(at)
    }

    /// What the region's clock says.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns when no event is on its way to a target any more, no function works on one, and no object is replicated. What waits to be tried again is not waited for;
    /// a runbook that sleeps is woken, by the clock, and so is a state machine that waits, unless a script runs meanwhile: a state machine that looks
    /// after it now and then would be at its last look before the script has done anything.
    pub async fn settled(&self) {
        for one in &self.regions {
            one.settled().await;
        }
        if let Some(objects) = &self.objects {
            objects.replicated().await;
        }
    }

    /// Returns when whoever is told of what has happened has been told. Where there are alarms the clock is moved to the next minute, when
    /// they are evaluated; or, if something was `missed`, by as long as they remember what came before it.
    pub async fn notice(&self, missed: bool) {
        for one in &self.regions {
            one.notice(missed).await;
        }
    }
}
