//! Scenarios: the tests of the product. Each runs a whole drill by the `nightproof` command, with a variation of the stack or its data,
//! and looks at the outcome, the exit code and what is left behind.

mod data;
mod scenario;
mod template;
mod up;

pub use data::Site;
pub use scenario::{Night, Scenario};
pub use template::{BUNDLED, Template};
pub use up::{Up, descendants, is_alive, until};
