//! The nights of a drill: which chains there are, and what happens in each night.

use std::sync::Arc;

use nightproof_journal::Event;

use crate::account::instances;
use crate::account::resources::Resources;
use crate::archive::bucket;
use crate::archive::bucket::{Bucket, Listing};
use crate::archive::manifest::Manifest;
use crate::attack::result::Attack;
use crate::chain::failure::HopFailure;
use crate::evidence::network::Destination;
use crate::evidence::notifications::Notification;
use crate::evidence::{findings, network, notifications};
use crate::steps::fingerprint::{Question, Said};
use crate::steps::observe::Before;
use crate::steps::rule::{Rule, Starts};
use crate::steps::verify::{Left, Reader, Stored};
use crate::steps::{chains, fire, metrics, observe, trigger, verify};
use crate::{Archive, FailurePoint, Hop, Local, Night, Step, attack, control};

use super::Drill;

/// What the nights of a drill share.
pub(super) struct Stage {
    pub(super) rule: Rule,
    /// What else of the stack has its times, whose work is none of this chain's.
    pub(super) others: Vec<Rule>,
    pub(super) buckets: Vec<Bucket>,
    pub(super) manifest: Arc<Manifest>,
    /// What each instance said before the night.
    pub(super) said: Vec<(String, Said)>,
}

impl Drill {
    /// Finds the chains and the buckets, and what is wrong with the stack as it stands.
    pub(super) async fn stages(&self, resources: &Resources, manifest: Arc<Manifest>) -> Result<Vec<Stage>, HopFailure> {
        let mut rules = trigger::all(&self.client, &self.plan, resources, self.local.as_deref()).await?;
        let mut unchosen = trigger::others(&self.client, &self.plan, resources, self.local.as_deref()).await?;
        let buckets = bucket::find(&self.client, self.plan.bucket.as_deref(), resources).await?;
        // Instances run many things by themselves: where something else starts a backup, a job counts that names a bucket.
        let (jobs, mut rules_proper): (Vec<Rule>, Vec<Rule>) = rules.into_iter().partition(|rule| rule.starts.is_job());
        rules_proper = self.without_asides(rules_proper, resources, &buckets).await;
        rules = if rules_proper.is_empty() {
            jobs
        } else {
            rules_proper.extend(chains::ending_in(&self.client, resources, jobs, &buckets).await.0);
            rules_proper
        };
        if rules.len() > 1 {
            let (ending, others) = chains::ending_in(&self.client, resources, rules, &buckets).await;
            if ending.is_empty() {
                return Err(trigger::several(&others));
            }
            let others: Vec<Rule> = others.into_iter().filter(|rule| !rule.starts.is_job()).collect();
            others.iter().for_each(|rule| self.finding(findings::of_trigger(rule)));
            unchosen.extend(others);
            rules = ending;
        }
        if rules.iter().all(|rule| rule.starts.is_job()) {
            self.note(|state| state.absent = vec![Hop::Function, Hop::Command, Hop::Instance]);
        } else if rules.iter().all(|rule| matches!(rule.starts, Starts::Document(_) | Starts::Job { .. })) {
            self.note(|state| state.absent = vec![Hop::Function]);
        }
        for part in rules.iter().flat_map(Rule::parts) {
            self.note(|state| {
                if !state.parts.contains(&part) {
                    state.parts.push(part);
                }
            });
        }
        let buckets = chains::without_sources(&self.client, resources, &rules, buckets).await;
        for finding in findings::of_stack(&self.client, &self.stack, &buckets, resources).await? {
            self.finding(finding);
        }
        if let Some(rule) = rules.iter().find(|rule| self.plan.nights > 1 && rule.takes_its_instance()) {
            let reason = format!(
                "{} takes the instance with the data away, so that there is one night, and not {}",
                rule.name, self.plan.nights
            );
            return Err(HopFailure::at(FailurePoint::Input, reason));
        }
        let stage = |rule: &Rule| {
            let others = rules.iter().chain(&unchosen).filter(|other| other.arn != rule.arn).cloned().collect();
            Stage { rule: rule.clone(), others, buckets: buckets.clone(), manifest: Arc::clone(&manifest), said: Vec::new() }
        };
        Ok(rules.iter().map(stage).collect())
    }

    /// Without what events start, where a clock starts something. Events start much that is no backup: what of it is by a function and names a bucket is
    /// mentioned, what sends a command by itself and names one stays.
    async fn without_asides(&self, rules: Vec<Rule>, resources: &Resources, buckets: &[Bucket]) -> Vec<Rule> {
        let (events, mut clocked): (Vec<Rule>, Vec<Rule>) = rules.into_iter().partition(|rule| rule.cause.is_some());
        if clocked.is_empty() || events.is_empty() {
            clocked.extend(events);
            return clocked;
        }
        let (ending, _) = chains::ending_in(&self.client, resources, events, buckets).await;
        let (asides, others): (Vec<Rule>, Vec<Rule>) = ending.into_iter().partition(|rule| rule.starts.function().is_some());
        asides.iter().for_each(|rule| self.finding(findings::of_event(rule)));
        clocked.extend(others);
        clocked
    }

    pub(super) async fn nights(&self, stages: &mut Vec<Stage>, resources: &Resources) -> Result<(), HopFailure> {
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
            observe::at_rest(&self.client, local, other).await?;
        }
        Ok(())
    }

    /// A night of one chain; `is_last` if it is not rehearsed again.
    async fn night(&self, night: u32, stage: &mut Stage, resources: &Resources, is_last: bool) -> Result<Left, HopFailure> {
        self.note(|state| state.nights.push(Night { night, trigger: stage.rule.name.clone(), ..Night::default() }));
        stage.said = self.fingerprints(night, resources).await?;
        let stage = &*stage;
        let client = &self.client;
        let fire = async {
            if let Some(local) = &self.local {
                local.before_night().await.map_err(|reason| HopFailure::at(FailurePoint::Drill, reason))?;
                self.pass_others(local.as_ref(), stage).await?;
            }
            let objects = bucket::objects(client, &stage.buckets).await?;
            let before = Before::take(client, &stage.rule, self.local.as_deref()).await?;
            let done = fire::fire(client, self.submitted(), self.local.as_deref(), &stage.rule, &before).await?;
            let objects = bucket::with_source(client, objects, &stage.buckets, stage.rule.source()).await?;
            Ok((objects, before, done))
        };
        let (objects, before, _) = self
            .step(Step::Fire, night, fire, |(_, _, done)| format!("{} ({}): {done}", stage.rule.name, stage.rule.schedule))
            .await?;
        let seen = self
            .step(
                Step::Observe,
                night,
                observe::observe(client, &stage.rule, &before, self.timeouts, self.local.as_deref()),
                |seen| {
                    if let Starts::Job { by, command, .. } = &stage.rule.starts {
                        return format!(
                            "{by} ran `{command}`, which ended well on {}; nobody is told when it fails",
                            seen.instances.join(", ")
                        );
                    }
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
        let reader = Reader::new(self.plan.restore_script.as_ref());
        let left = self
            .step(
                Step::Verify,
                night,
                verify::verify(client, &stage.buckets, &objects, &seen.instances, &stage.manifest, reader),
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
            if let Some(finding) = findings::of_archive(client, one).await? {
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
            let counted = metrics::of_function(client, function, sent, self.timeouts.metrics);
            self.step(Step::Metrics, night, counted, |counted| match counted {
                Some(counted) => format!("{counted} of {function}"),
                None => "CloudWatch has none yet".to_owned(),
            })
            .await?;
        }
        Ok(left)
    }

    /// What each instance says before the night, if it is asked.
    async fn fingerprints(&self, night: u32, resources: &Resources) -> Result<Vec<(String, Said)>, HopFailure> {
        let Some(question) = Question::new(&self.client, &self.plan) else { return Ok(Vec::new()) };
        let asked = async {
            let mut said = Vec::new();
            for instance in instances::present(&self.client, resources).await? {
                let answer = question.source(&instance).await?;
                said.push((instance, answer));
            }
            Ok(said)
        };
        self.step(Step::Fingerprint, night, asked, |said| {
            said.iter().map(|(instance, said)| format!("{instance}: {}", said.sha256)).collect::<Vec<_>>().join(", ")
        })
        .await
    }

    /// Has the plan's negative control befall the archive.
    async fn control(&self, stage: &Stage, before: &Listing) -> Result<(), HopFailure> {
        let Some(control) = self.plan.control else { return Ok(()) };
        let fault = |detail: String| self.journal.record(Event::Fault { request_id: String::new(), detail });
        if control.is_of_data() {
            fault(control.title().to_owned());
            return Ok(());
        }
        match control::apply(control, &self.client, &stage.buckets, before, &self.plan.folder).await? {
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
            client: &self.client,
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
    pub(super) async fn explained_by(
        &self,
        destination: Destination,
        mut broken: HopFailure,
        resources: &Resources,
    ) -> HopFailure {
        let instances = instances::present(&self.client, resources).await.unwrap_or_default();
        let (client, template) = (&self.client, &self.plan.template);
        if let Ok(Some(diagnosis)) = network::diagnose(client, template, resources, &instances, destination).await {
            broken.reason = format!("{}: {diagnosis}", broken.reason);
        }
        broken
    }

    /// Collects the notifications of the night. On AWS only subscribers get them.
    pub(super) async fn notice(&self, night: u32, resources: &Resources, broken: Option<&HopFailure>) {
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
}
