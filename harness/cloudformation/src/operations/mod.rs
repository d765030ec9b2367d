//! The operations, by what they are about.

pub(crate) mod change_sets;
pub(crate) mod create_change_set;
pub(crate) mod create_stack;
pub(crate) mod delete_stack;
pub(crate) mod drift;
pub(crate) mod exports;
pub(crate) mod rollbacks;
pub(crate) mod signal_resource;
pub(crate) mod stack_policies;
pub(crate) mod stack_sets;
pub(crate) mod stacks;
pub(crate) mod templates;
pub(crate) mod types;
pub(crate) mod update_stack;
