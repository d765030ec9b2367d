//! Whether an instance of EC2 reaches AWS's public endpoints, decided from what EC2 shows of its network.
//!
//! Pure: the region decides by it which packets leave an instance, and a drill why an instance never came online.

mod missing_link;
mod snapshot;

pub use missing_link::{MissingLink, OTHER_WAYS};
pub use snapshot::{Egress, Peer, Route, Snapshot, Target};
