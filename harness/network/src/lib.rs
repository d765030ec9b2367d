//! Whether an instance of EC2 reaches AWS's services, decided from what EC2 shows of its network.
//!
//! Pure: the region decides by it which packets leave an instance, and a drill why an instance never came online.

mod acl;
mod endpoint;
mod missing_link;
mod private_way;
mod public_way;
mod reach;
mod rule;
mod snapshot;

pub use acl::{Acl, AclRule, Way};
pub use endpoint::{Endpoint, EndpointInterface, EndpointKind};
pub use missing_link::{MissingLink, OTHER_WAYS};
pub use reach::Reach;
pub use rule::{Peer, Rule};
pub use snapshot::{Route, Snapshot, Target};
