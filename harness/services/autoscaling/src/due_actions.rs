//! What a group does at the times of its scheduled actions.

use jiff::Timestamp;

use crate::activity::at;
use crate::group::Group;
use crate::scheduled_action::ScheduledAction;
use crate::size::Size;

/// Runs what has become due of a group's actions, in the order of their times; what is due while the process is suspended does not run.
pub(crate) fn run_due(group: &mut Group, now: Timestamp) {
    loop {
        let due = group.scheduled.iter().filter(|(_, action)| action.next <= now);
        let first = due.min_by_key(|(_, action)| action.next).map(|(name, action)| (name.clone(), action.clone()));
        let Some((name, mut action)) = first else { return };
        if group.runs("ScheduledActions") && !group.is_deleted {
            run(group, &name, &action);
        }
        match action.after_next() {
            None => {
                group.scheduled.remove(&name);
            }
            Some(next) => {
                action.next = next;
                group.scheduled.insert(name, action);
            }
        }
    }
}

fn run(group: &mut Group, name: &str, action: &ScheduledAction) {
    let before = group.settings.size;
    let size = match action.sizes(before).checked() {
        Ok(size) => size,
        Err(error) => {
            tracing::warn!(group = group.name, action = name, %error, "a scheduled action does not fit its group");
            return;
        }
    };
    group.settings.size = size;
    // What was refused before may be launched now.
    (group.failures, group.retry) = (0, None);
    if size.desired != before.desired {
        let Size { min, max, desired } = size;
        let at = at(action.next);
        group.reason = format!(
            "At {at} the scheduled action {name} executed.  At {at} a scheduled action update of AutoScalingGroup constraints to min: {min}, max: {max}, desired: {desired} changing the desired capacity from {} to {desired}.",
            before.desired
        );
    }
}
