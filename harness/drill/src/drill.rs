//! A drill from its first step to its outcome.

use std::sync::{Arc, OnceLock};

use async_recursion::async_recursion;
use nightproof_journal::{Event, Journal, MISSING_PACKAGE, NOT_ACTED_UPON, OTHER_SHELL, RUNTIME_LIFECYCLE, Record, StepOutcome};
use nightproof_template::Unsupported;
use parking_lot::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::account::clients::Clients;
use crate::account::instances;
use crate::account::recorder::Recorder;
use crate::account::resources::Resources;
use crate::account::template_source;
use crate::archive::bucket::{self, Bucket, Listing};
use crate::archive::manifest::Manifest;
use crate::attack::{self, result::Attack};
use crate::chain::failure::HopFailure;
use crate::cleanup::destroy::{self, ExistingStacks, Made};
use crate::control;
use crate::evidence::denial;
use crate::evidence::findings;
use crate::evidence::network::{self, Destination};
use crate::evidence::notifications::{self, Notification};
use crate::evidence::outage;
use crate::evidence::{not_supported, numbers, recorded};
use crate::native::Audit;
use crate::outcome::VERSION;
use crate::restore::archive_check;
use crate::restore::comparison::Comparison;
use crate::restore::ignored::{self, IgnoredPaths};
use crate::restore::promise;
use crate::restore::timing::{FETCH, Timing};
use crate::steps::access_log;
use crate::steps::boot;
use crate::steps::chains;
use crate::steps::dead_letter;
use crate::steps::deploy;
use crate::steps::existing;
use crate::steps::fingerprint::{self, Said};
use crate::steps::fire;
use crate::steps::metrics;
use crate::steps::observe::{self, Before};
use crate::steps::package;
use crate::steps::restore_script::{self, Backup};
use crate::steps::rule::{Rule, Starts};
use crate::steps::seed;
use crate::steps::trigger;
use crate::steps::verify::{self, Left, Stored};
use crate::timeouts::Timeouts;
use crate::{
    Archive, DrillResult, Existing, Failure, FailurePoint, Finding, Guessed, Hop, LeftOut, Local, Night, NightVariant, Numbers,
    Outcome, Part, Plan, RestoreScript, Step, StepTime,
};

/// Runs a drill. Whatever happens, what it made is destroyed (unless the plan says `keep`), and the outcome is the journal's last event.
///
/// `local` is absent on AWS. When `cancel` is cancelled, the drill ends as [`DrillResult::Interrupted`], after destroying what it made.
#[async_recursion]
pub async fn run(plan: Plan, local: Option<Arc<dyn Local>>, journal: &Journal, cancel: CancellationToken) -> Outcome {
    let (run, stack) = (plan.run.clone(), plan.stack());
    journal.record(Event::DrillStarted { run: run.clone(), cloud: plan.cloud.clone(), stack: stack.clone() });
    let drill = Drill {
        clients: match &plan.recorded_as {
            Some(caller) => Clients::recorded(&plan.endpoint, Recorder::new(journal, caller, &plan.endpoint.region)),
            None => Clients::new(&plan.endpoint),
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
    clients: Clients,
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

/// What the nights of a drill share.
struct Stage {
    rule: Rule,
    /// What else of the stack has its times, whose work is none of this chain's.
    others: Vec<Rule>,
    buckets: Vec<Bucket>,
    manifest: Arc<Manifest>,
    /// What each instance said before the night.
    said: Vec<(String, Said)>,
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
        let seeded = self.step(Step::Seed, 1, seed::seed(&self.clients, &self.plan, &instances, &bucket, &package), |()| {
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

    async fn nights(&self, stages: &mut Vec<Stage>, resources: &Resources) -> Result<(), HopFailure> {
        let mut night = 0;
        let rounds = self.plan.nights.max(1);
        let mut left = Vec::new();
        for round in 1..=rounds {
            self.in_order(stages).await?;
            left.clear();
            for stage in stages.iter_mut() {
                night += 1;
                let ended = self.night(night, stage, resources, round == rounds).await;
                let ended = match ended {
                    Err(broken) => Err(self.explained(broken, resources).await),
                    ended => ended,
                };
                self.notice(night, resources, ended.as_ref().err()).await;
                left.extend(ended?.stored);
            }
        }
        if self.plan.attack {
            self.attack(night, resources, stages, &left).await?;
        }
        Ok(())
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
        let numbers = numbers::of(&self.state().nights, ended, self.local.is_some(), budgets.before);
        for finding in numbers::over_budget(&numbers, budgets) {
            self.finding(finding);
        }
        self.note(|state| state.numbers = numbers);
    }

    /// The night in which the rule's event cannot be delivered.
    async fn undelivered(&self) -> Result<(), HopFailure> {
        let clients = &self.clients;
        let resources = self.deploy().await?;
        let rule = trigger::find(clients, &self.plan, &resources).await?;
        let fire = async {
            let queue = dead_letter::find(clients, &rule).await?;
            dead_letter::forbid(clients, &rule).await?;
            let before = Before::take(clients, &rule).await?;
            let done = fire::fire(clients, self.submitted(), self.local.as_deref(), &rule, &before).await?;
            Ok((queue, done))
        };
        let (queue, _) = self
            .step(Step::Fire, 1, fire, |(_, done)| format!("{} ({}), which may invoke nothing: {done}", rule.name, rule.schedule))
            .await?;
        let received = dead_letter::receive(clients, &rule, &queue, self.timeouts.silence);
        self.step(Step::DeadLetter, 1, received, |code| format!("{} has the event: {code}", queue.name)).await?;
        Ok(())
    }

    /// The night in which the script finds nothing to back up.
    async fn failing(&self) -> Result<(), HopFailure> {
        let clients = &self.clients;
        let resources = self.deploy().await?;
        self.boot(&resources).await?;
        let rule = trigger::find(clients, &self.plan, &resources).await?;
        let fire = async {
            let before = Before::take(clients, &rule).await?;
            let done = fire::fire(clients, self.submitted(), self.local.as_deref(), &rule, &before).await?;
            Ok((before, done))
        };
        let (before, _) =
            self.step(Step::Fire, 1, fire, |(_, done)| format!("{} ({}): {done}", rule.name, rule.schedule)).await?;
        let observed = async {
            match observe::observe(clients, &rule, &before, self.timeouts, self.local.as_deref()).await {
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

    async fn boot(&self, resources: &Resources) -> Result<Vec<String>, HopFailure> {
        let booted = self
            .step(Step::Boot, 1, boot::boot(&self.clients, &self.plan.template, resources, self.timeouts), |found| {
                found.join(", ")
            })
            .await;
        self.adopt_findings();
        booted
    }

    /// Takes over what the region has found of its machines and functions, which is in the journal already.
    fn adopt_findings(&self) {
        for record in self.journal.records() {
            match record.event {
                Event::Finding { id, detail }
                    if [OTHER_SHELL, RUNTIME_LIFECYCLE, MISSING_PACKAGE, NOT_ACTED_UPON].contains(&id.as_str()) =>
                {
                    self.note(|state| state.findings.push(Finding { id, detail }));
                }
                _ => {}
            }
        }
    }

    /// Makes what exists already, and uploads what the template names. Returns what is submitted then.
    async fn submit(&self) -> Result<&Plan, HopFailure> {
        let mut plan = self.plan.clone();
        if let Some(existing) = &self.plan.provisions.existing {
            plan.parameters.extend(self.existing(existing).await?);
        }
        if let Some(package) = &self.plan.provisions.package {
            self.note(|state| state.made.seed_bucket = Some(self.plan.seed_bucket()));
            let packaged = package::package(&self.clients, &self.plan, package.as_ref());
            plan.template = self
                .step(Step::Package, 1, packaged, |_| format!("what the template names is in s3://{}", self.plan.seed_bucket()))
                .await?;
        }
        if template_source::is_large(&plan.template) {
            self.note(|state| state.made.seed_bucket = Some(self.plan.seed_bucket()));
        }
        Ok(self.submitted.get_or_init(|| plan))
    }

    /// Makes what exists already. Returns the parameters that are its outputs.
    async fn existing(&self, existing: &Existing) -> Result<Vec<(String, String)>, HopFailure> {
        let clients = Clients::new(&existing.endpoint);
        self.note(|state| {
            state.made.existing = Some(ExistingStacks { clients: clients.clone(), names: Vec::new() });
            if existing.stacks.iter().any(|one| template_source::is_large(&one.template)) {
                state.made.seed_bucket = Some(self.plan.seed_bucket());
            }
        });
        let begun = |name| {
            self.note(|state| {
                if let Some(existing) = &mut state.made.existing {
                    existing.names.push(name);
                }
            });
        };
        let labels: Vec<&str> = existing.stacks.iter().map(|one| one.label.as_str()).collect();
        let deployed = existing::deploy(&clients, existing, &self.plan, begun);
        let values = self
            .step(Step::Existing, 1, deployed, |values: &Vec<(String, String)>| {
                let given = values.iter().map(|(name, value)| format!("{name}={value}"));
                std::iter::once(labels.join(", ")).chain(given).collect::<Vec<_>>().join("; ")
            })
            .await?;
        self.note(|state| {
            for guessed in state.guessed.iter_mut().filter(|guessed| guessed.value.is_none()) {
                let made = values.iter().find(|(name, _)| *name == guessed.parameter);
                guessed.value = made.map(|(_, value)| value.clone());
            }
        });
        Ok(values)
    }

    async fn deploy(&self) -> Result<Resources, HopFailure> {
        let plan = self.submit().await?;
        self.note(|state| state.made.stack = Some(self.stack.clone()));
        let resources = self
            .step(Step::Deploy, 1, deploy::deploy(&self.clients, plan, &self.stack), |made| format!("{} resources", made.len()))
            .await?;
        for resource in resources.all() {
            self.journal.record(Event::Resource {
                logical_id: resource.logical.clone(),
                kind: resource.kind.clone(),
                physical_id: resource.physical.clone(),
            });
        }
        if let Some(local) = &self.local {
            local.deployed().await;
        }
        Ok(resources)
    }

    /// Has the template deployed by the other CloudFormation too, and compares.
    async fn audit(&self, audit: &Audit, resources: &Resources) -> Result<(), HopFailure> {
        let audited = self
            .step(Step::Audit, 1, audit.deploy(&self.clients, self.submitted(), &self.stack, resources), |audited| {
                let mended = if audited.mended.is_empty() { String::new() } else { format!(", {} mended", audited.mended.len()) };
                format!("{} properties compared with what the native CloudFormation made{mended}", audited.compared)
            })
            .await?;
        for (id, text) in audited.told() {
            self.journal.record(Event::Finding { id: id.to_owned(), detail: text });
        }
        Ok(())
    }

    /// Finds the chains and the buckets, and what is wrong with the stack as it stands.
    async fn stages(&self, resources: &Resources, manifest: Arc<Manifest>) -> Result<Vec<Stage>, HopFailure> {
        let mut rules = trigger::all(&self.clients, &self.plan, resources).await?;
        let mut unchosen = trigger::others(&self.clients, &self.plan, resources).await?;
        let buckets = bucket::find(&self.clients, self.plan.bucket.as_deref(), resources).await?;
        if rules.len() > 1 {
            let (ending, others) = chains::ending_in(&self.clients, resources, rules, &buckets).await;
            if ending.is_empty() {
                return Err(trigger::several(&others));
            }
            others.iter().for_each(|rule| self.finding(findings::of_trigger(rule)));
            unchosen.extend(others);
            rules = ending;
        }
        if rules.iter().all(|rule| matches!(rule.starts, Starts::Document(_))) {
            self.note(|state| state.absent = vec![Hop::Function]);
        }
        for part in rules.iter().flat_map(Rule::parts) {
            self.note(|state| {
                if !state.parts.contains(&part) {
                    state.parts.push(part);
                }
            });
        }
        for finding in findings::of_stack(&self.clients, &self.stack, &buckets, resources).await? {
            self.finding(finding);
        }
        let stage = |rule: &Rule| {
            let others = rules.iter().chain(&unchosen).filter(|other| other.arn != rule.arn).cloned().collect();
            Stage { rule: rule.clone(), others, buckets: buckets.clone(), manifest: Arc::clone(&manifest), said: Vec::new() }
        };
        Ok(rules.iter().map(stage).collect())
    }

    /// Puts several chains in the order in which their times come on a local region: the clock that comes to one passes what is due before it.
    async fn in_order(&self, stages: &mut Vec<Stage>) -> Result<(), HopFailure> {
        let Some(local) = self.local.as_ref().filter(|_| stages.len() > 1) else { return Ok(()) };
        let mut due = Vec::new();
        for stage in stages.drain(..) {
            due.push((local.due(&stage.rule.arn).await, stage));
        }
        due.sort_by_key(|(at, _)| *at);
        let together = due.windows(2).any(|pair| matches!(pair, [(Some(one), _), (Some(other), _)] if one == other));
        stages.extend(due.into_iter().map(|(_, stage)| stage));
        if together {
            let names: Vec<&str> = stages.iter().map(|stage| stage.rule.name.as_str()).collect();
            let reason = format!(
                "what each of several leaves cannot be told apart, as they are due at once: {}; choose one by --trigger",
                names.join(", ")
            );
            return Err(HopFailure::at(Hop::Rule, reason));
        }
        Ok(())
    }

    /// Has everything else of the stack that is due before a chain do its work first, so that none of it is taken for the chain's.
    async fn pass_others(&self, local: &dyn Local, stage: &Stage) -> Result<(), HopFailure> {
        let Some(due) = local.due(&stage.rule.arn).await else { return Ok(()) };
        let mut earlier = Vec::new();
        for other in &stage.others {
            earlier.extend(local.due(&other.arn).await.filter(|at| *at < due).map(|at| (at, other)));
        }
        earlier.sort_by_key(|(at, _)| *at);
        for (_, other) in earlier {
            observe::at_rest(&self.clients, local, other).await?;
        }
        Ok(())
    }

    /// A night of one chain; `is_last` if it is not rehearsed again.
    async fn night(&self, night: u32, stage: &mut Stage, resources: &Resources, is_last: bool) -> Result<Left, HopFailure> {
        self.note(|state| state.nights.push(Night { night, trigger: stage.rule.name.clone(), ..Night::default() }));
        stage.said = self.fingerprints(night, resources).await?;
        let stage = &*stage;
        let clients = &self.clients;
        let fire = async {
            if let Some(local) = &self.local {
                local.before_night().await.map_err(|reason| HopFailure::at(FailurePoint::Drill, reason))?;
            }
            if let Some(local) = &self.local {
                self.pass_others(local.as_ref(), stage).await?;
            }
            let objects = bucket::objects(clients, &stage.buckets).await?;
            let before = Before::take(clients, &stage.rule).await?;
            let done = fire::fire(clients, self.submitted(), self.local.as_deref(), &stage.rule, &before).await?;
            Ok((objects, before, done))
        };
        let (objects, before, _) = self
            .step(Step::Fire, night, fire, |(_, _, done)| format!("{} ({}): {done}", stage.rule.name, stage.rule.schedule))
            .await?;
        let seen = self
            .step(
                Step::Observe,
                night,
                observe::observe(clients, &stage.rule, &before, self.timeouts, self.local.as_deref()),
                |seen| {
                    let sender = stage.rule.starts.function().unwrap_or(&stage.rule.name);
                    format!("{sender} sent the command, the script ended well on {}", seen.instances.join(", "))
                },
            )
            .await?;
        if let Some(function) = stage.rule.starts.function() {
            if let Some(finding) = findings::of_function(function, seen.complaint.as_deref()) {
                self.finding(finding);
            }
            if !seen.logged {
                self.finding(findings::of_function_log(function));
            }
        }
        if is_last {
            self.control(stage, &objects).await?;
        }
        let left = self
            .step(
                Step::Verify,
                night,
                verify::verify(clients, &stage.buckets, &objects, &seen.instances, &stage.manifest),
                |left| {
                    let each = left.stored.iter().map(|one| {
                        let Archive { bucket, key, bytes, encryption, .. } = &one.archive;
                        let objects = match one.archive.objects {
                            0 => String::new(),
                            count => format!(" in {count} objects"),
                        };
                        format!("s3://{bucket}/{key}, {bytes} bytes{objects}, {encryption}")
                    });
                    each.collect::<Vec<_>>().join("; ")
                },
            )
            .await?;
        let stored = &left.stored;
        self.note_night(|noted| noted.archives = stored.iter().map(|one| one.archive.clone()).collect());
        verify::are_due(stored, self.plan.demands.due)?;
        for one in stored {
            if let Some(finding) = findings::of_archive(clients, one).await? {
                self.finding(finding);
            }
        }
        self.step(Step::Restore, night, self.restore(stage, &left), |entries| match (entries, &self.plan.demands.fingerprint) {
            (0, Some(_)) => "the fingerprint is the same".to_owned(),
            (entries, Some(_)) => format!("{entries} entries, all identical; the fingerprint is the same"),
            (entries, None) => format!("{entries} entries, all identical"),
        })
        .await?;
        let there = stored.iter().flat_map(Stored::objects).map(|object| object.at).max();
        self.note_night(|noted| noted.restorable = there);
        self.step(Step::AccessLog, night, self.access_log(stage, stored), |logged| {
            format!("{logged} of {} uploads logged", stored.len())
        })
        .await?;
        if let (Some(sent), Some(function)) = (seen.sent, stage.rule.starts.function()) {
            let counted = metrics::of_function(clients, function, sent, self.timeouts.metrics);
            self.step(Step::Metrics, night, counted, |counted| match counted {
                Some(counted) => format!("{counted} of {function}"),
                None => "CloudWatch has none yet".to_owned(),
            })
            .await?;
        }
        Ok(left)
    }

    /// Has the plan's negative control befall the archive.
    async fn control(&self, stage: &Stage, before: &Listing) -> Result<(), HopFailure> {
        let Some(control) = self.plan.control else { return Ok(()) };
        let fault = |detail: String| self.journal.record(Event::Fault { request_id: String::new(), detail });
        if control.is_of_data() {
            fault(control.title().to_owned());
            return Ok(());
        }
        match control::apply(control, &self.clients, &stage.buckets, before, &self.plan.folder).await? {
            Ok(done) => {
                fault(format!("{}: {done}", control.title()));
                Ok(())
            }
            Err(why) => {
                self.note(|state| state.not_applicable = Some(why.clone()));
                Err(HopFailure::at(FailurePoint::Drill, format!("the control {control} does not apply: {why}")))
            }
        }
    }

    /// Has the roles of the stack try to destroy what the last nights left.
    async fn attack(&self, night: u32, resources: &Resources, stages: &[Stage], stored: &[Stored]) -> Result<(), HopFailure> {
        let Some(local) = &self.local else {
            return Err(HopFailure::at(FailurePoint::Drill, "roles can be tried on a local region alone"));
        };
        let attacked = attack::Night {
            plan: &self.plan,
            clients: &self.clients,
            local,
            journal: &self.journal,
            resources,
            rules: stages.iter().map(|stage| &stage.rule).collect(),
            stored,
        };
        let tried = self.step(Step::Attack, night, attack::attack(attacked), Attack::summary).await?;
        for finding in attack::of_attack(&tried) {
            self.finding(finding);
        }
        self.note(|state| state.attack = Some(tried));
        Ok(())
    }

    /// With what of the network keeps instances from Systems Manager, where a command did not come to one, and from S3, where a script failed or left no object.
    async fn explained(&self, broken: HopFailure, resources: &Resources) -> HopFailure {
        let destination = match broken.point {
            FailurePoint::Hop(Hop::Command | Hop::Instance) => Destination::SystemsManager,
            FailurePoint::Hop(Hop::Script | Hop::Object) => Destination::S3,
            _ => return broken,
        };
        self.explained_by(destination, broken, resources).await
    }

    /// With what of the network keeps instances from where they were to get.
    async fn explained_by(&self, destination: Destination, mut broken: HopFailure, resources: &Resources) -> HopFailure {
        let instances = instances::present(&self.clients, resources).await.unwrap_or_default();
        let (clients, template) = (&self.clients, &self.plan.template);
        if let Ok(Some(diagnosis)) = network::diagnose(clients, template, resources, &instances, destination).await {
            broken.reason = format!("{}: {diagnosis}", broken.reason);
        }
        broken
    }

    /// Collects the notifications of the night. On AWS only subscribers get them.
    async fn notice(&self, night: u32, resources: &Resources, broken: Option<&HopFailure>) {
        let Some(local) = self.local.as_ref().filter(|_| resources.of_type("AWS::SNS::Topic").next().is_some()) else { return };
        let looked = async {
            local.notice(broken.is_some_and(|broken| broken.point == Hop::Rule.into())).await;
            Ok(notifications::all(&self.journal).into_iter().filter(|sent| sent.night == night).collect::<Vec<_>>())
        };
        let summary = |sent: &Vec<Notification>| match sent.as_slice() {
            [] => "no notification was sent".to_owned(),
            sent => sent.iter().map(Notification::whole).collect::<Vec<_>>().join("; "),
        };
        let sent = self.step(Step::Notice, night, looked, summary).await.unwrap_or_default();
        for finding in findings::of_notice(&notifications::refused(&self.journal), &sent) {
            self.finding(finding);
        }
    }

    /// What each instance says before the night, if it is asked.
    async fn fingerprints(&self, night: u32, resources: &Resources) -> Result<Vec<(String, Said)>, HopFailure> {
        let Some(fingerprint) = &self.plan.demands.fingerprint else { return Ok(Vec::new()) };
        let asked = async {
            let mut said = Vec::new();
            for instance in instances::present(&self.clients, resources).await? {
                let answer = fingerprint::of_source(&self.clients, &instance, &fingerprint.command, &self.plan.data_path).await?;
                said.push((instance, answer));
            }
            Ok(said)
        };
        self.step(Step::Fingerprint, night, asked, |said| {
            said.iter().map(|(instance, said)| format!("{instance}: {}", said.sha256)).collect::<Vec<_>>().join(", ")
        })
        .await
    }

    async fn restore(&self, stage: &Stage, left: &Left) -> Result<u64, HopFailure> {
        let mut timing = Timing::default();
        let restored = self.restore_timed(stage, left, &mut timing).await;
        self.note_night(|noted| noted.restore = timing.parts());
        restored
    }

    async fn restore_timed(&self, stage: &Stage, left: &Left, timing: &mut Timing) -> Result<u64, HopFailure> {
        let collected = timing.of(FETCH, promise::collect(&self.clients, &left.stored, &left.companions)).await;
        let (promises, unmatched) = collected?;
        let ignored = IgnoredPaths::new(&self.plan.demands.ignored);
        let mut entries = 0;
        for key in unmatched {
            self.finding(findings::of_checksum(&key));
        }
        for share in left.stored.chunk_by(|one, next| one.archive.instance == next.archive.instance) {
            let share: Vec<&Stored> = share.iter().collect();
            let (manifest, data_path, folder) = (&stage.manifest, &self.plan.data_path, &self.plan.folder);
            let instance = share.first().map(|one| one.archive.instance.as_str()).unwrap_or_default();
            let said = self.said(stage, instance)?;
            let restored = match &self.plan.restore_script {
                None => {
                    let from = (promises.as_slice(), data_path.as_str());
                    archive_check::restore(&self.clients, &share, from, manifest, folder, &ignored, timing).await?
                }
                Some(script) => {
                    let backup = Backup { stored: &share, manifest, said };
                    archive_check::by_script(&share, self.by_script(script, instance, &backup, timing).await?)
                }
            };
            let comparison = &restored.comparison;
            for (one, form) in share.iter().zip(&restored.forms) {
                self.note_archive(one, |noted| {
                    noted.form.clone_from(form);
                    noted.files = comparison.seeded;
                    noted.identical = comparison.is_identical();
                    noted.fingerprint = said.map(|said| said.sha256.clone());
                    noted.differences = archive_check::differences(comparison);
                });
            }
            archive_check::judge(&share, &restored)?;
            for finding in findings::of_restore(&share, &restored) {
                self.finding(finding);
            }
            entries += comparison.seeded;
        }
        Ok(entries)
    }

    /// Restores by the user's own script on an instance of its own, which is gone afterwards.
    async fn by_script(
        &self,
        script: &RestoreScript,
        like: &str,
        backup: &Backup<'_>,
        timing: &mut Timing,
    ) -> Result<Comparison, HopFailure> {
        let launched = restore_script::launch(&self.clients, &self.plan, like);
        let instance = timing.of(restore_script::BOOT_PART, launched).await?;
        self.note(|state| state.made.instances.push(instance.clone()));
        let restored = restore_script::restore(&self.clients, &self.plan, script, &instance, backup, timing).await;
        if !self.plan.keep {
            restore_script::terminate(&self.clients, &instance).await?;
            self.note(|state| state.made.instances.retain(|made| *made != instance));
        }
        restored
    }

    /// What `instance` said before the night; nothing if nobody was asked.
    fn said<'a>(&self, stage: &'a Stage, instance: &str) -> Result<Option<&'a Said>, HopFailure> {
        if self.plan.demands.fingerprint.is_none() {
            return Ok(None);
        }
        let said = stage.said.iter().find(|(asked, _)| asked == instance).map(|(_, said)| said);
        let unasked =
            || format!("{instance} left an archive, and was not there to be asked for its fingerprint before the night");
        said.map(Some).ok_or_else(|| HopFailure::at(FailurePoint::Drill, unasked()))
    }

    /// Notes something of an archive of the last night.
    fn note_archive(&self, stored: &Stored, change: impl FnOnce(&mut Archive)) {
        self.note_night(|night| {
            let same = |noted: &&mut Archive| {
                noted.instance == stored.archive.instance
                    && noted.bucket == stored.archive.bucket
                    && noted.key == stored.archive.key
            };
            if let Some(noted) = night.archives.iter_mut().find(same) {
                change(noted);
            }
        });
    }

    async fn access_log(&self, stage: &Stage, stored: &[Stored]) -> Result<usize, HopFailure> {
        let mut logged = 0;
        for one in stored {
            let Some(bucket) = stage.buckets.iter().find(|bucket| bucket.name == one.archive.bucket) else { continue };
            match access_log::find(&self.clients, bucket, one.first_key(), self.timeouts.access_log).await? {
                Some(found) => {
                    logged += 1;
                    self.note_archive(one, |noted| noted.access_log = Some(found));
                }
                // Without logging there is a finding already.
                None if bucket.log.is_none() => {}
                // AWS delivers within hours and at best effort: that it did not come yet says nothing.
                // https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html#LogDeliveryBestEffort
                None if self.local.is_none() => {}
                None => self.finding(findings::of_access_log(one)),
            }
        }
        Ok(logged)
    }

    /// Destroys what was made. Cannot be interrupted.
    async fn clean_up(&self) -> Vec<String> {
        let made = self.state().made.clone();
        let is_nothing = made.stack.is_none() && made.seed_bucket.is_none() && made.existing.is_none();
        if self.plan.keep || is_nothing {
            return Vec::new();
        }
        let destroyed = async {
            let mut left = destroy::destroy(&self.clients, &self.run, &made).await;
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
