//! The layers, a file each; [`super::stack`] has their order.

mod authenticate;
mod authorize;
mod classify;
mod decode;
mod dispatch;
mod fault;
mod internal;
mod journal;
mod notify_refused;
mod respond;

pub(crate) use authenticate::{Authenticate, verify};
pub(crate) use authorize::Authorize;
pub(crate) use classify::Classify;
pub(crate) use decode::Decode;
pub(crate) use dispatch::Dispatch;
pub(crate) use fault::Fault;
pub(crate) use internal::Internal;
pub(crate) use journal::Journal;
pub(crate) use notify_refused::NotifyRefused;
pub(crate) use respond::Respond;
