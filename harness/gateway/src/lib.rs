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

pub use authority::{Authority, AuthorityError};
pub use listener::{Listener, Peer};
pub use stack::LayerStack;
pub use timing::Timing;
