//! The one endpoint of the region: every call passes a stack of layers, whether it comes over a connection or from inside of the region.

mod authority;
mod cross_origin;
mod exchange;
mod gateway;
mod head;
mod layers;
mod listener;
mod own_pages;
mod payload;
mod peer;
mod post;
mod presigned;
mod record;
mod stack;
mod timing;
mod web;
mod web_socket;

pub use authority::{Authority, AuthorityError};
pub use listener::Listener;
pub use own_pages::OwnPages;
pub use peer::Peer;
pub use stack::LayerStack;
pub use timing::Timing;
