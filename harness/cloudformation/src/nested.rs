//! What the engine knows of stacks within stacks.

/// The type of a nested stack.
pub(crate) const NAME: &str = "AWS::CloudFormation::Stack";

/// What CloudFormation says where an update would change nothing: to a nested stack that is no failure.
pub(crate) const NO_UPDATES: &str = "No updates are to be performed.";
