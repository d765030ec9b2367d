mod bed;
mod groups;
mod hooks;
mod refreshes;
mod refusals;
mod scheduled_actions;

use crate::AutoScaling;

/// A list of all operations and members of the model that are refused, to be reviewed when it changes.
#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    let unread = nightproof_core::operation::unread_members("autoscaling", AutoScaling::INPUTS).expect("structs fit the model");
    insta::assert_snapshot!(unread.join("\n"));
}
