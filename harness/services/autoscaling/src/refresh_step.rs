//! What an instance refresh does next: replacing the instances of a group, some at a time.
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-overview.html>

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::activity::at;
use crate::group::Group;
use crate::instance::{Instance, State};
use crate::launch_source::LaunchSource;
use crate::notification::Notification;
use crate::refresh::{CANCELLED, InstanceRefresh, after};

/// How long a refresh waits for instances that are protected, or that do not come into service.
const PATIENCE: SignedDuration = SignedDuration::from_hours(1);

impl InstanceRefresh {
    /// How long a new instance is in service until it counts.
    pub(crate) fn warmup(&self, group: &Group) -> SignedDuration {
        let settings = &group.settings;
        SignedDuration::from_secs(self.preferences.instance_warmup.or(settings.warmup).unwrap_or(settings.grace))
    }

    /// Does what is to be done now; returns when to look again.
    fn advance(&mut self, group: &mut Group, now: Timestamp) -> Option<Timestamp> {
        if group.is_deleted {
            self.finish(group, "Cancelled", Some("The group was deleted."), now);
            return None;
        }
        if !["InstanceRefresh", "Launch", "Terminate"].iter().all(|process| group.runs(process)) {
            return None;
        }
        if self.status == "Pending" {
            self.status = "InProgress";
            group.tell_refresh(&self.id, "EC2 Auto Scaling Instance Refresh Started");
        }
        self.look(group, now);
        let (warmup, desired) = (self.warmup(group), usize::try_from(group.settings.size.desired).unwrap_or_default());
        let too_late = after(self.progressed, PATIENCE.saturating_add(warmup));
        let is_ready = |one: &Instance| {
            let is_warm = self.in_service.get(&one.id).is_none_or(|since| after(*since, warmup) <= now);
            one.state == State::InService && one.healthy && is_warm
        };
        if group.staying().count() != desired + self.surplus || !group.staying().all(is_ready) {
            if now >= too_late {
                self.finish(group, "Failed", Some("Instances did not come into service for an hour."), now);
                return None;
            }
            let warm = self.in_service.values().map(|since| after(*since, warmup)).filter(|time| *time > now);
            return warm.chain([too_late]).min();
        }
        if self.status == "Cancelling" {
            self.finish(group, "Cancelled", Some(CANCELLED), now);
            return None;
        }
        let protection = self.preferences.scale_in_protected_instances.as_deref().unwrap_or("Wait");
        let is_protected = |id: &String| group.instance(id).is_some_and(|one| one.protected) && protection != "Refresh";
        let (protected, free): (Vec<String>, Vec<String>) = self.obsolete.iter().cloned().partition(is_protected);
        if free.is_empty() && !protected.is_empty() && protection == "Wait" {
            if now >= too_late {
                self.finish(group, "Failed", Some("Instances were protected from scale in for an hour."), now);
                return None;
            }
            return Some(too_late);
        }
        if free.is_empty() {
            return self.bake(group, now);
        }
        self.replace(group, free, desired, now);
        Some(after(self.progressed, PATIENCE.saturating_add(warmup)))
    }

    /// Takes note of the instances that have left and come.
    fn look(&mut self, group: &Group, now: Timestamp) {
        let before = (self.obsolete.len(), self.in_service.len());
        self.obsolete.retain(|id| group.staying().any(|one| one.id == *id));
        self.in_service.retain(|id, _| group.staying().any(|one| one.id == *id));
        for one in group.staying().filter(|one| one.state == State::InService && !self.obsolete.contains(&one.id)) {
            // What was there before, and was skipped, needs no time to warm up.
            let since = if one.launched < self.started { Timestamp::MIN } else { now };
            self.in_service.entry(one.id.clone()).or_insert(since);
        }
        if before != (self.obsolete.len(), self.in_service.len()) {
            self.progressed = now;
        }
    }

    /// Has some of the obsolete instances leave, at least one; with room above the desired capacity, once others are there for them.
    fn replace(&mut self, group: &mut Group, obsolete: Vec<String>, desired: usize, now: Timestamp) {
        let share = |percent: i64| desired * usize::try_from(percent).unwrap_or_default();
        let most = self.preferences.max_healthy_percentage.filter(|percent| *percent > 100);
        let leaving = match most {
            Some(_) => self.surplus,
            None => desired.saturating_sub(share(self.preferences.min_healthy_percentage.unwrap_or(90)).div_ceil(100)).max(1),
        };
        let leaving = leaving.min(obsolete.len());
        if let Some(most) = most {
            let room = (share(most) / 100).saturating_sub(desired).max(1);
            self.surplus = room.min(obsolete.len() - leaving);
        }
        for id in obsolete.into_iter().take(leaving) {
            let cause = format!("At {} an instance was taken out of service in response to an instance refresh.", at(now));
            self.obsolete.remove(&id);
            group.leave(&id, cause, true, now);
        }
        self.progressed = now;
        group.reason = format!("At {} an instance refresh replaced instances.", at(now));
    }

    /// All are replaced: ends the refresh after its time to bake.
    fn bake(&mut self, group: &mut Group, now: Timestamp) -> Option<Timestamp> {
        let bake = SignedDuration::from_secs(self.preferences.bake_time.unwrap_or(0));
        let baked = *self.baked.get_or_insert_with(|| after(now, bake));
        if baked > now {
            self.status = "Baking";
            return Some(baked);
        }
        if let Some(desired) = self.desired.clone() {
            group.settings.source = desired;
        }
        self.finish(group, "Successful", None, now);
        None
    }

    fn finish(&mut self, group: &mut Group, status: &'static str, reason: Option<&str>, now: Timestamp) {
        self.end(status, reason, now);
        group.tell_refresh(
            &self.id,
            match status {
                "Successful" => "EC2 Auto Scaling Instance Refresh Succeeded",
                "Failed" => "EC2 Auto Scaling Instance Refresh Failed",
                _ => "EC2 Auto Scaling Instance Refresh Cancelled",
            },
        );
    }
}

impl Group {
    /// The refresh that goes on.
    pub(crate) fn refresh(&self) -> Option<&InstanceRefresh> {
        self.refreshes.iter().find(|refresh| refresh.is_active())
    }

    /// What the next instance is launched by.
    pub(crate) fn launch_source(&self) -> &LaunchSource {
        self.refresh().and_then(|refresh| refresh.desired.as_ref()).unwrap_or(&self.settings.source)
    }

    /// Does what the refresh that goes on is to do; returns when to look again.
    pub(crate) fn advance_refresh(&mut self, now: Timestamp) -> Option<Timestamp> {
        let position = self.refreshes.iter().position(InstanceRefresh::is_active)?;
        let mut refresh = self.refreshes.remove(position);
        let deadline = refresh.advance(self, now);
        self.refreshes.insert(position, refresh);
        deadline
    }

    fn tell_refresh(&mut self, id: &str, kind: &'static str) {
        let detail = json!({ "InstanceRefreshId": id, "AutoScalingGroupName": self.name });
        self.outbox.push(Notification { kind, instance: String::new(), detail });
    }
}
