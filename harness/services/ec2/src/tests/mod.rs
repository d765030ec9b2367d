mod bed;
mod closed_networks;
mod imds;
mod instances;
mod launch_templates;
mod network_interfaces;
mod networks;

use crate::Ec2;

/// A list of all operations and members of the model that are refused, to be reviewed when it changes.
#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    let unread = nightproof_core::operation::unread_members("ec2", Ec2::INPUTS).expect("structs fit the model");
    insta::assert_snapshot!(unread.join("\n"));
}
