//! By what a run's resources are known: prefixes of names, and tags.

/// Names of stacks begin so.
pub(crate) const STACK_PREFIX: &str = "nightproof-";
/// Names of the buckets that data goes through begin so.
pub(crate) const SEED_PREFIX: &str = "nightproof-seed-";
/// The tag with the id of the run.
pub(crate) const RUN_TAG: &str = "nightproof:run";
/// The tag with the time from which on a sweep may remove a run, RFC 3339.
pub(crate) const EXPIRES_TAG: &str = "nightproof:expires";
