//! CloudFormation templates: read with positions, checked, resolved. Pure: text and values in, values and errors out.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html>

mod check;
mod deployment;
mod error;
mod form;
mod intrinsic;
mod mapping;
mod node;
mod order;
mod parameter;
mod policy;
mod property;
mod read;
mod surrogate;
mod template;
mod unsupported;

pub use deployment::{Deployment, Inputs, Made, PropertyReference, Pseudo, ResolvedOutput};
pub use error::{Position, TemplateError};
pub use parameter::Parameter;
pub use policy::{PolicyPlace, StatementPlace, to_json};
pub use property::{Attribute, Property};
pub use template::{DeletionPolicy, Output, Resource, Template};
pub use unsupported::Unsupported;
