//! How many of the tests pass whose answers were recorded from AWS: LocalStack's, of a checkout that whoever runs this has. Nothing of them is kept
//! here but their names. Those that passed once must pass again.

mod measure;
mod page;
mod result;
mod selection;
mod suite;

pub(crate) use measure::{Options, measure};
