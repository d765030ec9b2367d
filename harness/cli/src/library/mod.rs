//! nightproof as a library, for tests: a [`Drill`] whose verdict is a value, and a [`Region`] for any code that calls AWS.

mod calls;
mod drill;
mod error;
mod machine_process;
mod region;
mod verdict;

pub use calls::Calls;
pub use drill::Drill;
pub use error::Error;
pub use region::{Region, RegionOptions};
pub use verdict::Verdict;
