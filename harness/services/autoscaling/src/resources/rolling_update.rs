//! Changing a group as its update policy says.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html>

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nightproof_core::document::Members as _;
use nightproof_resource::{Context, Result, changed};
use serde_json::{Value, json};

const SERVICE: &str = "autoscaling";
/// How often signals and instances are looked for.
const PAUSE: Duration = Duration::from_millis(25);
/// How long instances may take to come and go.
const SETTLE: SignedDuration = SignedDuration::from_mins(10);

/// The properties whose change makes a group's instances obsolete.
pub(super) const CAUSES: [&str; 3] = ["LaunchConfigurationName", "LaunchTemplate", "VPCZoneIdentifier"];

/// Whether a member of an update policy is true, as a boolean or as a text.
pub(super) fn is_true(policy: &Value, pointer: &str) -> bool {
    policy.pointer(pointer).is_some_and(|value| value == &json!(true) || value == "true")
}

/// `AutoScalingRollingUpdate`
#[derive(Debug)]
struct Policy {
    batch: usize,
    in_service: usize,
    /// Percent.
    successful: usize,
    pause: SignedDuration,
    pause_text: String,
    waits_for_signals: bool,
    suspends: Vec<String>,
}

impl Policy {
    fn read(policy: &Value) -> Result<Self> {
        let text = |name: &str| policy.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let number = |name: &str, default: usize| match text(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| format!("{name} of AutoScalingRollingUpdate must be a number")),
        };
        let waits_for_signals = is_true(policy, "/WaitOnResourceSignals");
        let pause_text = text("PauseTime").unwrap_or_else(|| if waits_for_signals { "PT5M" } else { "PT0S" }.to_owned());
        Ok(Self {
            batch: number("MaxBatchSize", 1)?.max(1),
            in_service: number("MinInstancesInService", 0)?,
            successful: number("MinSuccessfulInstancesPercent", 100)?.min(100),
            pause: pause_text.parse().map_err(|_| format!("Invalid PauseTime {pause_text} of AutoScalingRollingUpdate"))?,
            pause_text,
            waits_for_signals,
            suspends: policy.texts("SuspendProcesses").into_iter().map(str::to_owned).collect(),
        })
    }
}

/// Changes a group by `input`, the request of `UpdateAutoScalingGroup`, and replaces its instances in batches if the policy of the resource
/// says so and they are obsolete.
pub(super) async fn update(context: &Context, name: &str, input: Value, before: &Value, properties: &Value) -> Result<()> {
    let policy = context.update_policy().and_then(|policy| policy.get("AutoScalingRollingUpdate"));
    let obsolete = CAUSES.iter().any(|cause| changed(before, properties, cause).is_some());
    let (Some(policy), true) = (policy, obsolete) else {
        return context.make(SERVICE, "UpdateAutoScalingGroup", input).await.map(drop);
    };
    let policy = Policy::read(policy)?;
    let group = Group { context, name, policy, known: context.signals().into_iter().map(|signal| signal.unique_id).collect() };
    let seen = group.look().await?;
    let obsolete: BTreeSet<String> = seen.instances.iter().map(|instance| instance.id.clone()).collect();
    context.make(SERVICE, "UpdateAutoScalingGroup", input).await?;
    group.suspend("SuspendProcesses").await?;
    let rolled = group.roll(obsolete).await;
    let resumed = group.suspend("ResumeProcesses").await;
    rolled.and(resumed)
}

/// A group that is changed.
struct Group<'a> {
    context: &'a Context,
    name: &'a str,
    policy: Policy,
    /// The signals of earlier changes.
    known: BTreeSet<String>,
}

/// A group as it is described.
struct Seen {
    min: usize,
    max: usize,
    desired: usize,
    instances: Vec<Instance>,
}

struct Instance {
    id: String,
    is_in_service: bool,
}

impl Group<'_> {
    async fn call(&self, operation: &str, more: Value) -> Result<Value> {
        let mut input = json!({ "AutoScalingGroupName": self.name });
        if let (Some(members), Value::Object(more)) = (input.as_object_mut(), more) {
            members.extend(more);
        }
        self.context.make(SERVICE, operation, input).await
    }

    async fn suspend(&self, operation: &str) -> Result<()> {
        if self.policy.suspends.is_empty() {
            return Ok(());
        }
        self.call(operation, json!({ "ScalingProcesses": self.policy.suspends })).await.map(drop)
    }

    /// The group with those of its instances that stay.
    async fn look(&self) -> Result<Seen> {
        let input = json!({ "AutoScalingGroupNames": [self.name] });
        let answer = self.context.make(SERVICE, "DescribeAutoScalingGroups", input).await?;
        let group = answer.list("AutoScalingGroups").first().ok_or("the group does not exist any more")?;
        let number = |name: &str| usize::try_from(group.number(name).unwrap_or_default()).unwrap_or_default();
        let stays = |instance: &&Value| !instance.required("LifecycleState").starts_with("Terminating");
        let instances = group.list("Instances").iter().filter(stays).map(|instance| Instance {
            id: instance.required("InstanceId").to_owned(),
            is_in_service: instance.text("LifecycleState") == Some("InService"),
        });
        Ok(Seen {
            min: number("MinSize"),
            max: number("MaxSize"),
            desired: number("DesiredCapacity"),
            instances: instances.collect(),
        })
    }

    /// Replaces the instances that are obsolete.
    async fn roll(&self, obsolete: BTreeSet<String>) -> Result<()> {
        let Policy { batch, in_service, .. } = self.policy;
        let seen = self.look().await?;
        let (min, desired) = (seen.min, seen.desired);
        let mut left: Vec<String> =
            seen.instances.into_iter().map(|instance| instance.id).filter(|id| obsolete.contains(id)).collect();
        if left.is_empty() {
            return Ok(());
        }
        if in_service >= seen.max {
            return Err("MinInstancesInService must be less than the autoscaling group's MaxSize".to_owned());
        }
        let report = |text: String| self.context.record().report(&text);
        report(format!(
            "Rolling update initiated. Terminating {} obsolete instance(s) in batches of {batch}, while keeping at least {in_service} instance(s) in service.{}",
            left.len(),
            match self.policy.waits_for_signals {
                true => format!(
                    " Waiting on resource signals with a timeout of {} when new instances are added to the autoscaling group.",
                    self.policy.pause_text
                ),
                false => String::new(),
            }
        ));
        let mut outcome = Outcome { expected: 0, failed: 0, total: desired.max(left.len()) };
        let capacity = desired.max(in_service + batch.min(left.len())).min(seen.max);
        if capacity > desired {
            report(format!("Temporarily setting autoscaling group MinSize and DesiredCapacity to {capacity}."));
            self.call("UpdateAutoScalingGroup", json!({ "MinSize": capacity, "DesiredCapacity": capacity })).await?;
            self.settle(&left, capacity, capacity - desired, &mut outcome).await?;
        }
        let mut now = capacity;
        while !left.is_empty() {
            // Nothing replaces an instance that is one too many.
            let surplus = now.saturating_sub(desired);
            let spare = now.saturating_sub(in_service).max(1);
            let some: Vec<String> = left.drain(..batch.min(spare).min(left.len())).collect();
            let decrements = surplus.min(some.len());
            let replaced = some.len() - decrements;
            report(format!("Terminating instance(s) [{}]; replacing with {replaced} new instance(s).", some.join(",")));
            if decrements > 0 {
                self.call("UpdateAutoScalingGroup", json!({ "MinSize": min })).await?;
            }
            for (index, id) in some.iter().enumerate() {
                let input = json!({ "InstanceId": id, "ShouldDecrementDesiredCapacity": index < decrements });
                self.context.make(SERVICE, "TerminateInstanceInAutoScalingGroup", input).await?;
            }
            now -= decrements;
            self.settle(&left, now, replaced, &mut outcome).await?;
        }
        if capacity > desired {
            self.call("UpdateAutoScalingGroup", json!({ "MinSize": min, "DesiredCapacity": desired })).await?;
        }
        Ok(())
    }

    /// Waits until `fresh` new instances have told that they are well, and the group has `capacity` instances in service.
    async fn settle(&self, left: &[String], capacity: usize, fresh: usize, outcome: &mut Outcome) -> Result<()> {
        let until = self.after(self.policy.pause);
        outcome.expected += fresh;
        if self.policy.waits_for_signals && fresh > 0 {
            self.await_signals(fresh, until, outcome).await?;
        }
        let late = self.after(SETTLE);
        loop {
            let seen = self.look().await?;
            let ready = seen.instances.iter().filter(|instance| instance.is_in_service).count();
            if ready >= capacity && seen.instances.len() <= capacity.max(left.len()) {
                break;
            }
            if self.now() >= late {
                return Err(format!("{ready} of {capacity} instances of the autoscaling group are in service."));
            }
            self.pause().await?;
        }
        while !self.policy.waits_for_signals && fresh > 0 && self.now() < until {
            self.pause().await?;
        }
        Ok(())
    }

    /// Waits for the signals of `fresh` new instances. One that has not come when the time is up is a failure.
    async fn await_signals(&self, fresh: usize, until: Timestamp, outcome: &mut Outcome) -> Result<()> {
        self.context.record().report(&format!(
            "New instance(s) added to autoscaling group - Waiting on {fresh} resource signal(s) with a timeout of {}.",
            self.policy.pause_text
        ));
        loop {
            let signals = self.context.signals();
            let new = signals.iter().filter(|signal| !self.known.contains(&signal.unique_id));
            let (count, failed) = (new.clone().count(), new.filter(|signal| !signal.is_success).count());
            outcome.failed = failed;
            outcome.check(self.policy.successful)?;
            if count >= outcome.expected {
                return Ok(());
            }
            if self.now() >= until {
                let missing = outcome.expected - count;
                self.context.record().report(&format!(
                    "Failed to receive {missing} resource signal(s) for the current batch.  Each resource signal timeout is counted as a FAILURE."
                ));
                outcome.failed += missing;
                return outcome.check(self.policy.successful);
            }
            self.pause().await?;
        }
    }

    fn now(&self) -> Timestamp {
        self.context.handle().clock().now()
    }

    fn after(&self, duration: SignedDuration) -> Timestamp {
        self.now().saturating_add(duration).unwrap_or(Timestamp::MAX)
    }

    async fn pause(&self) -> Result<()> {
        if self.context.is_cancelled() {
            return Err("Resource update cancelled".to_owned());
        }
        tokio::time::sleep(PAUSE).await;
        Ok(())
    }
}

/// What the new instances have told so far.
struct Outcome {
    expected: usize,
    failed: usize,
    total: usize,
}

impl Outcome {
    /// Refuses if too many have failed for the rest to make up for it.
    fn check(&self, percent: usize) -> Result<()> {
        let total = self.total.max(self.expected);
        let allowed = total - (total * percent).div_ceil(100);
        if self.failed <= allowed {
            return Ok(());
        }
        let (failed, expected) = (self.failed, self.expected);
        Err(format!(
            "Received {failed} FAILURE signal(s) out of {expected}. Unable to satisfy {percent}% MinSuccessfulInstancesPercent requirement"
        ))
    }
}
