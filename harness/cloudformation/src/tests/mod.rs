//! Stacks in a region without machines: instances boot nothing.

mod alarms;
mod association;
mod auto_scaling;
mod change_set;
mod closed_network;
mod connection;
mod create;
mod custom_resource;
mod delete;
mod difference;
mod drift;
mod dynamic_reference;
mod dynamodb_table;
mod event_bus;
mod function_in_vpc;
mod handler_permission;
mod iam_group;
mod instance;
mod kinesis;
mod lambda_runtime;
mod lambda_sources;
mod lambda_version;
mod language;
mod launch_template;
mod maintenance_window;
mod nat_gateway;
mod nat_instance;
mod nested;
mod notifications;
mod oidc_provider;
mod policies;
mod preflight;
mod property_types;
mod queue;
mod recorded;
mod resource_group;
mod resource_import;
mod rollback_stack;
mod rollback_trigger;
mod rollbacks;
mod scalar;
mod secret;
mod security_group;
mod service_role;
mod signal;
mod stack_output;
mod stack_policy;
mod stack_sets;
mod state_machine;
mod support;
mod tags;
mod time_limit;
mod topic;
mod update;
mod update_rollback;
mod words;
mod world;

use crate::CloudFormation;

#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    let unread =
        nightproof_core::operation::unread_members("cloudformation", CloudFormation::INPUTS).expect("structs fit the model");
    insta::assert_snapshot!(unread.join("\n"));
}
