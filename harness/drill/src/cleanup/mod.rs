//! Cleaning up: finding what drills made, and removing it.

pub(crate) mod destroy;
pub(crate) mod marks;
pub(crate) mod runs;
pub(crate) mod tagged;
