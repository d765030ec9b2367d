//! How an instance goes through its lifecycle: the changes of a group's records, and what is told of them.
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html>

use jiff::{SignedDuration, Timestamp};
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::activity::{Activity, at};
use crate::error::validation;
use crate::group::{Group, Subnet};
use crate::hook::{Action, Outcome, Transition};
use crate::instance::{Instance, LaunchedBy, State};
use crate::notification::Notification;

/// An instance that EC2 has launched for a group.
#[derive(Debug)]
pub(crate) struct Launched {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) image: String,
    pub(crate) zone: String,
    pub(crate) subnet: String,
    pub(crate) by: LaunchedBy,
}

impl Group {
    /// Takes up an instance that was launched. It waits by the group's hooks while it boots.
    pub(crate) fn take_up(&mut self, launched: Launched, now: Timestamp) {
        let Launched { id, kind, image, zone, subnet, by } = launched;
        let cause = self.cause_of_launch(now);
        let description = format!("Launching a new EC2 instance: {id}");
        let activity = self.activities.add(Activity::new(description, cause, (&subnet, &zone), now));
        let actions = self.actions(Transition::Launching, now);
        let state = if actions.is_empty() { State::Pending } else { State::PendingWait };
        if !actions.is_empty() {
            self.activities.set_status(&activity, "MidLifecycleAction");
        }
        let instance = Instance {
            id,
            kind,
            image,
            zone,
            subnet,
            by,
            launched: now,
            state,
            healthy: true,
            protected: self.settings.protects_new,
            actions,
            activity,
            is_asked: false,
            ask_after: None,
        };
        self.tell_actions(&instance, Transition::Launching);
        self.instances.push(instance);
    }

    /// Records a launch that EC2 refused.
    pub(crate) fn refuse_launch(&mut self, error: &AwsError, place: &Subnet, now: Timestamp) {
        let cause = self.cause_of_launch(now);
        let mut activity = Activity::new("Launching a new EC2 instance.".to_owned(), cause, (&place.id, &place.zone), now);
        activity.end("Failed", Some(format!("{} Launching EC2 instance failed.", error.message)), now);
        let detail = self.detail(&activity, "", "Failed", now);
        self.outbox.push(Notification { kind: "EC2 Instance Launch Unsuccessful", instance: String::new(), detail });
        self.activities.add(activity);
        self.put_off(now);
    }

    /// The next launch is tried later, the longer the more have failed.
    fn put_off(&mut self, now: Timestamp) {
        let seconds = 15_i64.saturating_mul(1 << self.failures.min(6));
        self.failures = self.failures.saturating_add(1);
        self.retry = Some(now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX));
    }

    fn cause_of_launch(&self, now: Timestamp) -> String {
        let count = self.staying().count();
        format!(
            "{}  At {} an instance was started in response to a difference between desired and actual capacity, increasing the capacity from {count} to {}.",
            self.reason,
            at(now),
            count + 1
        )
    }

    /// The actions by which an instance waits now.
    fn actions(&self, transition: Transition, now: Timestamp) -> Vec<Action> {
        let hooks = self.hooks.values().filter(|hook| hook.transition == transition);
        hooks.map(|hook| Action::new(hook, now)).collect()
    }

    fn tell_actions(&mut self, instance: &Instance, transition: Transition) {
        let (kind, origin, destination) = match transition {
            Transition::Launching => ("EC2 Instance-launch Lifecycle Action", "EC2", "AutoScalingGroup"),
            Transition::Terminating => ("EC2 Instance-terminate Lifecycle Action", "AutoScalingGroup", "EC2"),
        };
        for action in &instance.actions {
            let mut detail = json!({
                "LifecycleActionToken": action.token, "AutoScalingGroupName": self.name,
                "LifecycleHookName": action.hook.name, "EC2InstanceId": instance.id,
                "LifecycleTransition": transition.name(), "Origin": origin, "Destination": destination,
            });
            if let (Some(members), Some(metadata)) = (detail.as_object_mut(), &action.hook.metadata) {
                members.insert("NotificationMetadata".to_owned(), metadata.as_str().into());
            }
            self.outbox.push(Notification { kind, instance: instance.id.clone(), detail });
        }
    }

    fn detail(&self, activity: &Activity, instance: &str, status: &str, now: Timestamp) -> Value {
        let mut detail = activity.event(status, now);
        if let Some(members) = detail.as_object_mut() {
            members.insert("AutoScalingGroupName".to_owned(), self.name.as_str().into());
            members.insert("EC2InstanceId".to_owned(), instance.into());
        }
        detail
    }

    /// Ends an instance's activity, and tells of it.
    fn end_activity(
        &mut self,
        (id, instance): (&str, &str),
        status: &'static str,
        message: Option<String>,
        kind: &'static str,
        now: Timestamp,
    ) {
        self.activities.end(id, status, message, now);
        if let Some(activity) = self.activities.get(id) {
            let status = if status == "Successful" { "InProgress" } else { status };
            let detail = self.detail(activity, instance, status, now);
            self.outbox.push(Notification { kind, instance: instance.to_owned(), detail });
        }
    }

    /// An instance is in service.
    pub(crate) fn put_in_service(&mut self, id: &str, now: Timestamp) {
        let Some(instance) = self.instance_mut(id) else { return };
        instance.state = State::InService;
        let activity = instance.activity.clone();
        (self.failures, self.retry) = (0, None);
        self.end_activity((&activity, id), "Successful", None, "EC2 Instance Launch Successful", now);
    }

    /// An instance did not come into service: it leaves without waiting.
    pub(crate) fn abandon_launch(&mut self, id: &str, why: String, now: Timestamp) {
        let Some(instance) = self.instance(id) else { return };
        let activity = instance.activity.clone();
        self.end_activity((&activity, id), "Cancelled", Some(why), "EC2 Instance Launch Unsuccessful", now);
        self.put_off(now);
        let cause = format!("At {} an instance was taken out of service in response to a launch failure.", at(now));
        self.leave(id, cause, false, now);
    }

    /// Has an instance leave the group: by the group's hooks, unless `waits` is false.
    pub(crate) fn leave(&mut self, id: &str, cause: String, waits: bool, now: Timestamp) {
        let actions = if waits { self.actions(Transition::Terminating, now) } else { Vec::new() };
        let Some(position) = self.instances.iter().position(|instance| instance.id == id && !instance.state.is_leaving()) else {
            return;
        };
        let mut instance = self.instances.remove(position);
        if instance.state != State::InService {
            self.activities.end(&instance.activity, "Cancelled", None, now);
        }
        let place = (instance.subnet.as_str(), instance.zone.as_str());
        instance.activity = self.activities.add(Activity::new(format!("Terminating EC2 instance: {id}"), cause, place, now));
        instance.state = if actions.is_empty() { State::Terminating } else { State::TerminatingWait };
        instance.actions = actions;
        if !instance.actions.is_empty() {
            self.activities.set_status(&instance.activity, "MidTerminatingLifecycleAction");
        }
        self.tell_actions(&instance, Transition::Terminating);
        self.instances.insert(position, instance);
    }

    /// EC2 did not terminate an instance: it is asked again later.
    pub(crate) fn ask_again(&mut self, id: &str, now: Timestamp) {
        if let Some(instance) = self.instance_mut(id) {
            instance.is_asked = false;
            instance.ask_after = Some(now.saturating_add(SignedDuration::from_secs(15)).unwrap_or(Timestamp::MAX));
        }
    }

    /// An instance has left the group.
    pub(crate) fn remove(&mut self, id: &str, now: Timestamp) {
        let Some(position) = self.instances.iter().position(|instance| instance.id == id) else { return };
        let instance = self.instances.remove(position);
        self.end_activity((&instance.activity, id), "Successful", None, "EC2 Instance Terminate Successful", now);
    }

    /// Ends the action by which an instance waits at a hook. One that is abandoned ends the others with it.
    pub(crate) fn complete(&mut self, id: &str, hook: &str, outcome: Outcome, why: &str, now: Timestamp) {
        let Some(instance) = self.instance_mut(id) else { return };
        let Some(position) = instance.actions.iter().position(|action| action.hook.name == hook) else { return };
        let action = instance.actions.remove(position);
        let transition = action.hook.transition;
        if outcome == Outcome::Abandon {
            instance.actions.clear();
            if transition == Transition::Launching {
                let token = action.token;
                let message = format!(
                    "Instance failed to complete user's Lifecycle Action: Lifecycle Action with token {token} was abandoned: {why}"
                );
                return self.abandon_launch(id, message, now);
            }
        }
        if instance.actions.is_empty() {
            instance.state = match transition {
                Transition::Launching => State::PendingProceed,
                Transition::Terminating => State::TerminatingProceed,
            };
            let activity = instance.activity.clone();
            self.activities.set_status(&activity, "InProgress");
        }
    }

    /// The name of the instance that waits by an action, named by its token or by its instance.
    pub(crate) fn waiting(&self, hook: &str, token: Option<&str>, instance: Option<&str>) -> Result<String, AwsError> {
        let is_it = |one: &&Instance| {
            let named = one.actions.iter().filter(|action| action.hook.name == hook);
            match (token, instance) {
                (Some(token), _) => named.clone().any(|action| action.token == token),
                (None, Some(id)) => one.id == id && named.clone().next().is_some(),
                (None, None) => false,
            }
        };
        let found = self.instances.iter().find(is_it).map(|one| one.id.clone());
        found.ok_or_else(|| match (token, instance) {
            (Some(token), _) => validation(format!("No active Lifecycle Action found with token {token}")),
            (None, Some(id)) => validation(format!("No active Lifecycle Action found with instance ID {id}")),
            (None, None) => validation("Must provide at least one of LifecycleActionToken or InstanceId."),
        })
    }
}
