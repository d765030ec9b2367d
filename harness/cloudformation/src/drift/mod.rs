//! Drift: what a stack's resources are, against what the template says.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html>

mod attachment;
mod comparison;
mod detection;
mod mask;

pub(crate) use comparison::PropertyDifference;
pub(crate) use detection::{Looked, as_they_are, detect, keep, look};
