//! Incidents: a failure as a file that makes it happen again.
//!
//! [`Incident::read`] reads the file, [`Scene`] has it happen in a local region during a drill, and [`differences`] compares the drill with
//! the description.

mod error;
mod expectation;
mod file;
mod judge;
mod scene;

pub use error::IncidentError;
pub use file::{Incident, read_faults};
pub use judge::{differences, remaining_finding};
pub use scene::Scene;
