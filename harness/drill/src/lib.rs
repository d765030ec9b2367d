//! The drill: rehearses a backup stack from deployment to restored bytes, as a black box over AWS SDK clients.
//!
//! It knows nothing of how its region works. What only a local region can do is behind [`Local`], which is absent on AWS.

mod access_log;
mod archive;
mod boot;
mod bucket;
pub mod capture;
mod clients;
mod compare;
mod dead_letter;
mod declared;
mod denial;
mod deploy;
mod destroy;
mod drill;
mod endpoint;
mod failure;
mod findings;
mod fire;
mod log;
mod manifest;
mod metrics;
mod modelled;
mod native;
mod network;
mod not_supported;
mod observe;
mod open_port;
mod outage;
mod outcome;
mod patience;
mod plan;
mod poll;
mod quotas;
mod recorder;
mod restore;
mod review;
mod runs;
mod schedule;
mod seed;
mod site;
mod tagged;
pub mod told;
mod verify;

pub use compare::{Comparison, compare};
pub use drill::run;
pub use endpoint::{Endpoint, EndpointError};
pub use manifest::{DataError, Entry, Manifest};
pub use native::Native;
pub use outcome::{Archive, DrillResult, Failure, Finding, Night, Outcome, StepTime};
pub use plan::{Course, Data, FireBy, Local, Plan, new_run};
pub use review::{Change, ResourceEvent, Review, preview};
pub use runs::{Identity, Run, destroy, identity, list};
pub use site::generate as generate_site;
