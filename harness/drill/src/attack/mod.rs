//! Could the backup be destroyed? What the roles of a stack, and the operator, can do to the archives and to what protects them, tried on the
//! archives of the last night.

mod attacker;
mod attempt;
mod attempts;
mod bucket_settings;
mod copies;
mod decisions;
mod findings;
pub(crate) mod result;
mod target;
mod trial;

pub(crate) use findings::of_attack;
pub(crate) use trial::{Night, attack};
