//! The drill: rehearses a backup stack from deployment to restored bytes, as a black box over AWS SDK clients.
//!
//! It knows nothing of how its region works. What only a local region can do is behind [`Local`], which is absent on AWS.

mod account;
mod archive;
mod attack;
mod chain;
mod cleanup;
mod control;
mod demands;
mod drill;
mod evidence;
mod fleet;
mod instance_jobs;
mod native;
mod numbers;
mod on_demand;
mod outcome;
mod plan;
mod provisions;
mod restore;
mod steps;
mod timeouts;

pub use account::endpoint::{Endpoint, EndpointError};
pub use account::identity::Identity;
pub use account::sessions::{Admission, start_session, terminate_session};
pub use account::stack::{Deployed, deployed};
pub use archive::manifest::{DataError, Entry, Kind, Manifest};
pub use archive::sample_site::{DataProfile, generate as generate_site};
pub use attack::result::{Attack, AttackEffect, Attempt};
pub use chain::hop::{FailurePoint, Hop};
pub use cleanup::runs::{Run, destroy, identity, list};
pub use control::ArchiveControl;
pub use demands::{Before, Budgets, Demands, Fingerprint, Ignored};
pub use drill::run;
pub use evidence::numbers::over_budget;
pub use evidence::{capture, notifications};
pub use fleet::{FleetPlan, FleetTimes, measure as measure_fleet};
pub use instance_jobs::{InstanceJob, InstanceJobs, JobRun};
pub use numbers::{Age, Numbers, RestorePart, Rpo, Rto, spoken};
pub use on_demand::{Archives, FoundArchive, Newest, OnDemand, Wanted, age, newest, restore as restore_on_demand};
pub use outcome::{Archive, DrillResult, Failure, Finding, LeftOut, Night, Outcome, Part, StepTime};
pub use plan::{Data, FireBy, Local, Native, NightVariant, Plan, RestoreScript, new_run};
pub use provisions::{Asset, Existing, ExistingStack, FromOutput, Guessed, Package, Provisions};
pub use restore::comparison::{Comparison, compare};
pub use steps::review::preview;
pub use steps::reviewer::{Change, ResourceEvent, Review};
pub use steps::step::Step;
