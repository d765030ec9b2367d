//! Sessions of Session Manager: their records, their channels, and how they begin and end.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager.html>

pub(crate) mod channels;
pub(crate) mod document;
mod lifecycle;
pub(crate) mod session;
