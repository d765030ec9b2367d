//! The records of an account: stacks with their resources, events and change sets.

mod applied;
mod change_set;
mod drift;
mod macros;
mod on_failure;
mod stack;
mod stack_resource;
mod stack_status;
mod submission;

pub(crate) use applied::{Applied, Done};
pub(crate) use change_set::{ChangeSet, ChangeSetKind, EXECUTED};
pub(crate) use drift::{DetectionEnd, DriftDetection, ResourceDrift, stack_information};
pub(crate) use macros::Macros;
pub(crate) use on_failure::OnFailure;
pub(crate) use stack::{Event, Parent, Stack, Unfinished, unless_empty};
pub(crate) use stack_resource::{MadeSoFar, StackResource};
pub(crate) use stack_status::StackStatus;
pub(crate) use submission::{Processed, Submission};
