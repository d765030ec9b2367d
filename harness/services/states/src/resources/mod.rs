//! The resource types of CloudFormation that this service has.

mod state_machine;

use nightproof_resource::ResourceProvider;

/// All of them.
pub fn resource_types() -> &'static [&'static dyn ResourceProvider] {
    &[&state_machine::StateMachine]
}
