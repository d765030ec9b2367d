//! Taking resources that exist into a stack.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources.html>

mod adoption;
mod existing;
mod lookup;
mod operation;
mod request;

pub(crate) use adoption::{STARTED, adopt};
pub(crate) use existing::existing;
pub(crate) use lookup::look_up;
pub(crate) use operation::begin;
pub(crate) use request::{ResourceToImport, check};
