//! What a group does next, by its records and the states of EC2's instances.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::activity::at;
use crate::capacity;
use crate::due_actions;
use crate::group::Group;
use crate::hook::Outcome;
use crate::instance::State;

/// What is to be done for a group.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Step {
    /// How many instances are to be launched.
    pub(crate) launches: usize,
    /// The instances that EC2 is to terminate.
    pub(crate) terminations: Vec<String>,
    /// Whether it is deleted and has no instance any more.
    pub(crate) is_over: bool,
    /// When to look again if nothing changes before.
    pub(crate) deadline: Option<Timestamp>,
}

/// Brings the records of a group up to date with EC2's instances, whose states are `seen` by their ids, and returns what is to be done.
pub(crate) fn step(group: &mut Group, seen: &BTreeMap<String, String>, now: Timestamp) -> Step {
    observe(group, seen, now);
    due_actions::run_due(group, now);
    let refresh = group.advance_refresh(now);
    let launches = scale(group, now);
    let mut terminations = Vec::new();
    for instance in &mut group.instances {
        if matches!(instance.state, State::Terminating | State::TerminatingProceed)
            && !instance.is_asked
            && instance.ask_after.is_none_or(|after| after <= now)
        {
            instance.is_asked = true;
            terminations.push(instance.id.clone());
        }
    }
    let actions = group.instances.iter().flat_map(|instance| &instance.actions);
    let asks = group.instances.iter().filter_map(|instance| instance.ask_after);
    let scheduled = group.scheduled.values().map(|action| action.next);
    let times = actions.map(|action| action.deadline).chain(asks).chain(group.retry).chain(scheduled).chain(refresh);
    let deadline = times.filter(|time| *time > now).min();
    Step { launches, terminations, is_over: group.is_deleted && group.instances.is_empty(), deadline }
}

/// What EC2 and the clock have done to the group's instances.
fn observe(group: &mut Group, seen: &BTreeMap<String, String>, now: Timestamp) {
    let ids: Vec<String> = group.instances.iter().map(|instance| instance.id.clone()).collect();
    for id in &ids {
        let late: Vec<(String, Outcome)> = group.instance(id).map_or_else(Vec::new, |instance| {
            let late = instance.actions.iter().filter(|action| action.deadline <= now);
            late.map(|action| (action.hook.name.clone(), action.hook.default)).collect()
        });
        for (hook, outcome) in late {
            group.complete(id, &hook, outcome, "Heartbeat Timeout", now);
        }
        let runs = |state: Option<&String>| state.is_some_and(|state| state == "running");
        let exists = |state: Option<&String>| state.is_some_and(|state| matches!(state.as_str(), "running" | "pending"));
        let state = seen.get(id);
        match group.instance(id).map(|instance| (instance.state, instance.healthy)) {
            Some((State::Pending | State::PendingProceed, _)) if runs(state) => group.put_in_service(id, now),
            Some((State::Pending | State::PendingWait | State::PendingProceed, _)) if !exists(state) => {
                let why = "Instance became unhealthy while waiting for instance to be in InService state.".to_owned();
                group.abandon_launch(id, why, now);
            }
            Some((State::InService, healthy)) => {
                let by_check = group.runs("HealthCheck") && !exists(state);
                if by_check && let Some(instance) = group.instance_mut(id) {
                    instance.healthy = false;
                }
                if (by_check || !healthy) && group.runs("ReplaceUnhealthy") && group.runs("Terminate") {
                    group.reason = unhealthy(by_check, now);
                    group.leave(id, group.reason.clone(), true, now);
                }
            }
            Some((State::Terminating | State::TerminatingProceed, _)) if state.is_none_or(|state| state == "terminated") => {
                group.remove(id, now);
            }
            _ => {}
        }
    }
}

fn unhealthy(by_check: bool, now: Timestamp) -> String {
    let check = match by_check {
        true => "an EC2 health check indicating it has been terminated or stopped.",
        false => "a user health-check.",
    };
    format!("At {} an instance was taken out of service in response to {check}", at(now))
}

/// Has instances leave of which there are too many; returns how many are missing.
fn scale(group: &mut Group, now: Timestamp) -> usize {
    if group.is_deleted {
        let all: Vec<String> = group.staying().map(|instance| instance.id.clone()).collect();
        for id in all {
            group.leave(&id, format!("At {} the group was deleted.", at(now)), false, now);
        }
        return 0;
    }
    let surplus = group.refresh().map_or(0, |refresh| refresh.surplus);
    let desired = usize::try_from(group.settings.size.desired).unwrap_or_default() + surplus;
    let mut count = group.staying().count();
    if count < desired {
        let may = group.runs("Launch") && group.retry.is_none_or(|retry| retry <= now);
        return if may { desired - count } else { 0 };
    }
    // As many as there are to be: no launch waits to be tried again.
    group.retry = None;
    while count > desired && group.runs("Terminate") {
        let Some(id) = capacity::leaving(group, now) else { break };
        let cause = format!(
            "{}  At {at} an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from {count} to {}.  At {at} instance {id} was selected for termination.",
            group.reason,
            count - 1,
            at = at(now),
        );
        group.leave(&id, cause, true, now);
        count -= 1;
    }
    0
}
