//! A drill from its first step to its outcome.

mod deploying;
mod nights;
mod restoring;

use std::sync::{Arc, OnceLock};

use async_recursion::async_recursion;
use nightproof_journal::{Event, Journal, Record, StepOutcome};
use nightproof_template::Unsupported;
use parking_lot::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::account::dynamic_client::DynamicClient;
use crate::account::recorder::Recorder;
use crate::archive::manifest::Manifest;
use crate::attack::result::Attack;
use crate::chain::failure::HopFailure;
use crate::cleanup::destroy;
use crate::cleanup::destroy::Made;
use crate::evidence::network::Destination;
use crate::evidence::notifications::Notification;
use crate::evidence::{denial, not_supported, notifications, numbers, outage, recorded};
use crate::native::Audit;
use crate::outcome::VERSION;
use crate::restore::ignored;
use crate::restore::ignored::IgnoredPaths;
use crate::steps::observe::Before;
use crate::steps::{dead_letter, fire, observe, seed, trigger};
use crate::timeouts::Timeouts;
use crate::{
    DrillResult, Failure, FailurePoint, Finding, Guessed, Hop, LeftOut, Local, Night, NightVariant, Numbers, Outcome, Part, Plan,
    Step, StepTime,
};

/// Runs a drill. Whatever happens, what it made is destroyed (unless the plan says `keep`), and the outcome is the journal's last event.
///
/// `local` is absent on AWS. When `cancel` is cancelled, the drill ends as [`DrillResult::Interrupted`], after destroying what it made.
#[async_recursion]
pub async fn run(plan: Plan, local: Option<Arc<dyn Local>>, journal: &Journal, cancel: CancellationToken) -> Outcome {
    let (run, stack) = (plan.run.clone(), plan.stack());
    journal.record(Event::DrillStarted { run: run.clone(), cloud: plan.cloud.clone(), stack: stack.clone() });
    let drill = Drill {
        client: match &plan.recorded_as {
            Some(caller) => DynamicClient::recorded(&plan.endpoint, Recorder::new(journal, caller, &plan.endpoint.region)),
            None => DynamicClient::new(&plan.endpoint),
        },
        audit: plan.native.as_ref().map(Audit::new),
        plan,
        timeouts: Timeouts::new(local.is_some()),
        local,
        journal: journal.clone(),
        run,
        stack,
        state: Mutex::default(),
        submitted: OnceLock::new(),
        witnesses: OnceLock::new(),
        notifications: OnceLock::new(),
    };
    drill.note(|state| state.guessed.clone_from(&drill.plan.provisions.guessed));
    let ended = tokio::select! {
        ended = drill.rehearse() => Some(ended.map_err(|broken| drill.attributed(broken))),
        () = cancel.cancelled() => None,
    };
    // What goes wrong with cleaning up is no cause of a failure.
    let mut records = journal.records();
    let _ = drill.notifications.set(notifications::from_records(&records));
    leave_attack_out(&mut records);
    let _ = drill.witnesses.set(witnesses(&records, &drill.plan.template));
    drop(records);
    let leftovers = drill.clean_up().await;
    let outcome = drill.outcome(ended, leftovers);
    journal.record(outcome.event());
    outcome
}

/// Removes what came while roles were tried: that they were refused is as it should be.
fn leave_attack_out(records: &mut Vec<Record>) {
    let mut is_tried = false;
    records.retain(|record| {
        match &record.event {
            Event::StepStarted { step, .. } => is_tried = *step == Step::Attack,
            Event::StepFinished { .. } => is_tried = false,
            _ => {}
        }
        !is_tried
    });
}

/// Denials, outages and missing features that the caller may not have reported.
fn witnesses(records: &[Record], template: &str) -> Vec<String> {
    let denied = denial::all(records, template).into_iter().map(|denial| format!("denied: {denial}"));
    let unanswered = outage::all(records).into_iter().map(|outage| format!("not answered: {outage}"));
    let lacking = not_supported::all(records).into_iter().map(|item| format!("not supported by this local region: {item}"));
    denied.chain(unanswered).chain(lacking).collect()
}

struct Drill {
    plan: Plan,
    client: DynamicClient,
    timeouts: Timeouts,
    local: Option<Arc<dyn Local>>,
    /// Another CloudFormation, to compare with.
    audit: Option<Audit>,
    journal: Journal,
    run: String,
    stack: String,
    state: Mutex<State>,
    /// The plan with the values of all parameters, and with addresses in the place of paths, once they are known.
    submitted: OnceLock<Plan>,
    /// Who was denied what and what no service could answer, before anything was destroyed.
    witnesses: OnceLock<Vec<String>>,
    /// SNS notifications, before anything was destroyed.
    notifications: OnceLock<Vec<Notification>>,
}

/// What the drill knows when it is interrupted.
#[derive(Debug, Default)]
struct State {
    made: Made,
    nights: Vec<Night>,
    findings: Vec<Finding>,
    ignored: Vec<LeftOut>,
    numbers: Numbers,
    steps: Vec<StepTime>,
    /// Values that were made up for parameters.
    guessed: Vec<Guessed>,
    /// Hops that the chain does not have.
    absent: Vec<Hop>,
    /// What does the work of a hop where it is not the usual service.
    parts: Vec<Part>,
    /// What was tried against the archives.
    attack: Option<Attack>,
    /// Why the negative control cannot be made.
    not_applicable: Option<String>,
}

impl Drill {
    async fn rehearse(&self) -> Result<(), HopFailure> {
        match self.plan.variant {
            NightVariant::Backup => self.backup().await,
            NightVariant::Undelivered => self.undelivered().await,
            NightVariant::Failing => self.failing().await,
        }
    }

    async fn backup(&self) -> Result<(), HopFailure> {
        let (manifest, package) =
            self.step(Step::Pack, 1, seed::pack(&self.plan), |(manifest, _)| format!("{} entries", manifest.len())).await?;
        self.leave_out(&manifest)?;
        let resources = self.deploy().await?;
        if let Some(audit) = &self.audit {
            self.audit(audit, &resources).await?;
        }
        let instances = self.boot(&resources).await?;
        let bucket = self.plan.seed_bucket();
        self.note(|state| state.made.seed_bucket = Some(bucket.clone()));
        let seeded = self.step(Step::Seed, 1, seed::seed(&self.client, &self.plan, &instances, &bucket, &package), |()| {
            format!("{} entries in {} on {} instances", manifest.len(), self.plan.data_path, instances.len())
        });
        // The data comes from a bucket, too.
        if let Err(broken) = seeded.await {
            return Err(self.explained_by(Destination::S3, broken, &resources).await);
        }
        let mut stages = self.stages(&resources, manifest).await?;
        let ended = self.nights(&mut stages, &resources).await;
        self.measure();
        ended
    }

    /// Notes what the comparison leaves out, which may not be all.
    fn leave_out(&self, manifest: &Manifest) -> Result<(), HopFailure> {
        let demands = &self.plan.demands;
        let left_out = demands.ignored.iter().map(|ignored| LeftOut {
            path: ignored.path.clone(),
            reason: ignored.reason.clone(),
            entries: ignored::count(ignored, manifest.keys()),
        });
        self.note(|state| state.ignored = left_out.collect());
        if demands.fingerprint.is_some() && self.plan.restore_script.is_none() {
            let reason = "a fingerprint is asked of a restored machine, which a restore script makes: there is none";
            return Err(HopFailure::at(FailurePoint::Input, reason));
        }
        let paths = IgnoredPaths::new(&demands.ignored);
        if self.plan.has_tree() && !manifest.is_empty() && manifest.keys().all(|path| paths.covers(path)) {
            return Err(HopFailure::at(FailurePoint::Input, "all of the data is ignored, so that nothing would be compared"));
        }
        Ok(())
    }

    /// What the nights come to in numbers, and what of it is over its budget.
    fn measure(&self) {
        let ended = self.local.as_ref().map(|local| local.now());
        let budgets = &self.plan.demands.budgets;
        let measured = numbers::from_nights(&self.state().nights, ended, self.local.is_some(), budgets.before);
        let numbers = Numbers { age: self.plan.demands.age.clone(), ..measured };
        for finding in numbers::over_budget(&numbers, budgets) {
            self.finding(finding);
        }
        self.note(|state| state.numbers = numbers);
    }

    /// The night in which the rule's event cannot be delivered.
    async fn undelivered(&self) -> Result<(), HopFailure> {
        let client = &self.client;
        let resources = self.deploy().await?;
        let rule = trigger::find(client, &self.plan, &resources, self.local.as_deref()).await?;
        let fire = async {
            let queue = dead_letter::find(client, &rule).await?;
            dead_letter::forbid(client, &rule).await?;
            let before = Before::take(client, &rule, self.local.as_deref()).await?;
            let done = fire::fire(client, self.submitted(), self.local.as_deref(), &rule, &before).await?;
            Ok((queue, done))
        };
        let (queue, _) = self
            .step(Step::Fire, 1, fire, |(_, done)| format!("{} ({}), which may invoke nothing: {done}", rule.name, rule.schedule))
            .await?;
        let received = dead_letter::receive(client, &rule, &queue, self.timeouts.silence);
        self.step(Step::DeadLetter, 1, received, |code| format!("{} has the event: {code}", queue.name)).await?;
        // No backup was begun: whoever is told when one is missing is told now.
        let missed = HopFailure::at(Hop::Rule, format!("{} may invoke nothing", rule.name));
        self.notice(1, &resources, Some(&missed)).await;
        Ok(())
    }

    /// The night in which the script finds nothing to back up.
    async fn failing(&self) -> Result<(), HopFailure> {
        let client = &self.client;
        let resources = self.deploy().await?;
        self.boot(&resources).await?;
        let rule = trigger::find(client, &self.plan, &resources, self.local.as_deref()).await?;
        let fire = async {
            let before = Before::take(client, &rule, self.local.as_deref()).await?;
            let done = fire::fire(client, self.submitted(), self.local.as_deref(), &rule, &before).await?;
            Ok((before, done))
        };
        let (before, _) =
            self.step(Step::Fire, 1, fire, |(_, done)| format!("{} ({}): {done}", rule.name, rule.schedule)).await?;
        let observed = async {
            match observe::observe(client, &rule, &before, self.timeouts, self.local.as_deref()).await {
                Ok(seen) => {
                    let reason = format!(
                        "it ended well on {} where there is nothing at {}",
                        seen.instances.join(", "),
                        self.plan.data_path
                    );
                    Err(HopFailure::at(Hop::Script, reason))
                }
                Err(broken) => Ok(broken),
            }
        };
        let broken = self.step(Step::Observe, 1, observed, |broken| format!("as it should be, it broke at {broken}")).await?;
        self.notice(1, &resources, Some(&broken)).await;
        Ok(())
    }

    /// Destroys what was made. Cannot be interrupted.
    async fn clean_up(&self) -> Vec<String> {
        let made = self.state().made.clone();
        let is_nothing = made.stack.is_none() && made.seed_bucket.is_none() && made.existing.is_none();
        if self.plan.keep || is_nothing {
            return Vec::new();
        }
        let destroyed = async {
            let mut left = destroy::destroy(&self.client, &self.run, &made).await;
            if let Some(audit) = &self.audit {
                left.extend(audit.destroy(&self.stack).await);
            }
            Ok(left)
        };
        let summary = |left: &Vec<String>| if left.is_empty() { "nothing is left".to_owned() } else { left.join("; ") };
        self.step(Step::Destroy, 1, destroyed, summary).await.unwrap_or_default()
    }

    fn outcome(&self, ended: Option<Result<(), HopFailure>>, leftovers: Vec<String>) -> Outcome {
        let state = std::mem::take(&mut *self.state());
        let not_supported = match &ended {
            Some(Err(broken)) => broken.not_supported.clone(),
            _ => Vec::new(),
        };
        let (result, mut failure) = judge(ended, &state.findings, self.plan.strict);
        if let Some(failure) = &mut failure {
            let is_told = |witness: &&String| not_supported.iter().any(|item| witness.ends_with(item.as_str()));
            let witnesses = self.witnesses.get().into_iter().flatten();
            failure.evidence.extend(witnesses.filter(|witness| !is_told(witness)).cloned());
        }
        Outcome {
            version: VERSION,
            run: self.run.clone(),
            stack: self.stack.clone(),
            result,
            failure,
            not_supported,
            recorded: recorded::all(&self.journal.records()),
            guessed: state.guessed,
            absent: state.absent,
            parts: state.parts,
            archive: state.nights.last().and_then(|night| night.archives.first()).cloned(),
            nights: state.nights,
            findings: state.findings,
            ignored: state.ignored,
            numbers: state.numbers,
            notifications: self.notifications.get().cloned().unwrap_or_default(),
            not_applicable: state.not_applicable,
            attack: state.attack,
            leftovers,
            steps: state.steps,
        }
    }

    /// Does a step, and journals its begin and end.
    async fn step<T>(
        &self,
        step: Step,
        night: u32,
        work: impl Future<Output = Result<T, HopFailure>>,
        summary: impl FnOnce(&T) -> String,
    ) -> Result<T, HopFailure> {
        self.journal.record(Event::StepStarted { step: step.to_string(), night });
        let begun = Instant::now();
        let result = work.await.map_err(|broken| self.attributed(broken));
        let milliseconds = begun.elapsed().as_secs_f64() * 1000.0;
        let (outcome, detail) = match &result {
            Ok(done) => (StepOutcome::Passed, summary(done)),
            Err(broken) if broken.not_supported.is_empty() => (StepOutcome::Failed, broken.detail()),
            Err(broken) => (StepOutcome::Skipped, broken.detail()),
        };
        let time = StepTime { step, night, milliseconds, outcome, detail: detail.clone() };
        self.note(|state| state.steps.push(time));
        self.journal.record(Event::StepFinished { step: step.to_string(), night, milliseconds, outcome, detail });
        result
    }

    /// A failure of a night on a local region, with what the region lacked on the way to it. What the drill itself asked for says so by itself.
    fn attributed(&self, broken: HopFailure) -> HopFailure {
        if self.local.is_none() || !broken.not_supported.is_empty() {
            return broken;
        }
        let lacking = not_supported::before(broken.point, &self.journal.records());
        if lacking.is_empty() { broken } else { broken.for_lack_of(lacking) }
    }

    /// Adds a finding, once however many nights show it.
    fn finding(&self, finding: Finding) {
        if !self.state().findings.contains(&finding) {
            self.journal.record(Event::Finding { id: finding.id.clone(), detail: finding.detail.clone() });
            self.note(|state| state.findings.push(finding));
        }
    }

    /// What was submitted; before that, the plan as it was given.
    fn submitted(&self) -> &Plan {
        self.submitted.get().unwrap_or(&self.plan)
    }

    fn note_night(&self, change: impl FnOnce(&mut Night)) {
        self.note(|state| {
            if let Some(night) = state.nights.last_mut() {
                change(night);
            }
        });
    }

    fn note(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
    }

    fn state(&self) -> parking_lot::MutexGuard<'_, State> {
        self.state.lock()
    }
}

/// The result in a word, and why.
fn judge(ended: Option<Result<(), HopFailure>>, findings: &[Finding], strict: bool) -> (DrillResult, Option<Failure>) {
    match ended {
        None => (DrillResult::Interrupted, None),
        Some(Err(broken)) if broken.not_supported.is_empty() => (DrillResult::Failed, Some(broken.into())),
        // What the stack itself lacked is no link of the chain.
        Some(Err(broken)) if broken.point == Hop::Stack.into() => (DrillResult::NotSupported, None),
        Some(Err(broken)) => {
            let message = Unsupported::message(&broken.not_supported);
            let mut failure = Failure::from(broken);
            failure.evidence.insert(0, message);
            (DrillResult::NotSupported, Some(failure))
        }
        Some(Ok(())) if strict && !findings.is_empty() => {
            let evidence = findings.iter().map(|finding| format!("{}: {}", finding.id, finding.detail)).collect();
            let reason = format!("the backup is good, and a strict drill allows no finding: it has {}", findings.len());
            (DrillResult::Failed, Some(Failure { point: FailurePoint::Findings, reason, evidence }))
        }
        Some(Ok(())) => (DrillResult::Passed, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_finding() -> Vec<Finding> {
        vec![Finding { id: "open-port".to_owned(), detail: "22".to_owned() }]
    }

    #[test]
    fn findings_fail_a_strict_drill_only() {
        assert_eq!(judge(Some(Ok(())), &one_finding(), false).0, DrillResult::Passed);
        let (result, failure) = judge(Some(Ok(())), &one_finding(), true);
        assert_eq!(result, DrillResult::Failed);
        assert_eq!(failure.unwrap().evidence, ["open-port: 22"]);
    }

    #[test]
    fn a_broken_chain_wins_over_findings() {
        let broken = HopFailure::at(Hop::Script, "exit code 3").with("standard error", "tar: no space\n");
        let (_, failure) = judge(Some(Err(broken)), &one_finding(), true);
        let failure = failure.unwrap();
        assert_eq!((failure.point, failure.reason.as_str()), (Hop::Script.into(), "exit code 3"));
        assert_eq!(failure.evidence, ["standard error:\ntar: no space"]);
    }

    #[test]
    fn what_a_region_lacks_is_no_failure() {
        let lacking = || vec!["`AWS::EC2::NatGateway` (Nat, line 12)".to_owned()];
        assert_eq!(
            judge(Some(Err(HopFailure::at(Hop::Stack, "x").for_lack_of(lacking()))), &[], true),
            (DrillResult::NotSupported, None)
        );
        let (result, failure) = judge(Some(Err(HopFailure::at(Hop::Command, "no command").for_lack_of(lacking()))), &[], true);
        assert_eq!(result, DrillResult::NotSupported);
        assert_eq!(
            failure.unwrap().evidence,
            ["cannot be rehearsed here: `AWS::EC2::NatGateway` (Nat, line 12) is not supported"]
        );
    }

    #[test]
    fn an_interrupted_drill_says_so() {
        assert_eq!(judge(None, &[], true), (DrillResult::Interrupted, None));
    }
}
