//! What every service of a region stands on: the region's handle, its clock, who calls and with which keys, what a service is, and the
//! small things that several services have in common.
//!
//! Nothing here knows a service, the gateway, the policies or a machine. The handle is given those that calls need, once, as trait objects:
//! [`Gateway`](gateway::Gateway) and [`Authorize`](authorization::Authorize).

mod account_store;
pub mod authorization;
pub mod caller;
mod canonical_user;
pub mod clock;
pub mod credentials;
pub mod default_policy;
pub mod delivery;
pub mod document;
pub mod gateway;
pub mod identity;
pub mod in_flight;
mod instance_identity;
pub mod metrics;
pub mod operation;
pub mod outage;
pub mod page;
mod partition;
pub mod per_instance;
mod policy_document;
mod queue_url;
pub mod quota;
pub mod region;
mod region_name;
pub mod request_tags;
pub mod resource_group;
pub mod service;
pub mod tags;
mod tls;
pub mod vpc_origin;

pub use account_store::AccountStore;
pub use caller::{Caller, Principal};
pub use canonical_user::canonical_id;
pub use clock::Clock;
pub use instance_identity::InstanceIdentity;
pub use queue_url::queue_url;
pub use region::{Region, Settings};
pub use region_name::is_region;
pub use tls::Tls;
