//! CloudFormation: stacks whose resources are made by ordinary calls through the region, as the principal who deploys.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/Welcome.html>
#![expect(clippy::indexing_slicing, reason = "members of JSON objects that were just made are assigned by name")]

mod apply;
mod authorization;
mod capability;
mod change;
mod cloudformation;
mod construction;
mod creation;
mod deletion;
mod difference;
mod drift;
mod dynamic_reference;
mod error;
mod export;
mod hash_order;
mod mailbox;
mod membership;
mod nested;
mod notifications;
mod operations;
mod outputs;
mod preflight;
mod properties;
mod recorded;
mod records;
mod removal;
mod resource;
mod resource_import;
mod resource_type;
mod resource_types;
mod resources;
mod rollback;
mod rollback_trigger;
mod rules;
mod serverless;
mod service;
mod service_role;
mod signal;
mod stack_policy;
mod stack_record;
mod submission;
mod submitted;
mod support;
mod template_source;
#[cfg(test)]
mod tests;
mod texts;
mod transform;
mod type_support;
mod update;
mod worker;

pub use cloudformation::CloudFormation;
pub use serverless::ServerlessTranslator;
pub use type_support::{Level, TypeSupport};
