//! The API, a concept a file.

pub(crate) mod calls;
pub(crate) mod clock;
pub(crate) mod faults;
pub(crate) mod journal;
pub(crate) mod region;
