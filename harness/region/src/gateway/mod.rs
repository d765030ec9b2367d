//! The one endpoint of the region: every call passes these layers, outermost first.
//!
//! `journal > respond > classify > authenticate > authorize > dispatch`; `stack` builds them and says why each sits there.

mod authenticate;
mod authority;
mod authorize;
mod classify;
mod listener;
mod payload;
mod record;
mod refused;
mod stack;
mod timing;
mod unread;

pub use authority::{Authority, AuthorityError};
pub use listener::{Listener, Peer, Tls, serve_plain, serve_tls};
pub(crate) use stack::internal_call;
pub use timing::Timing;
