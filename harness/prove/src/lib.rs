//! Would it have been noticed? The negative controls of a stack, each a drill that must fail, and who learned of it.
//!
//! [`controls`] says which controls there are for a stack that was drilled, [`Proof::check`] judges the drill of one. Who runs them is
//! not known here.

mod control;
mod proof;
mod rehearsed;

pub use control::{Able, Control, Made, NAMES, controls};
pub use proof::{Checked, Proof, Verdict};
pub use rehearsed::Rehearsed;
