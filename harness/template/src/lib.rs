//! CloudFormation templates: read with positions, checked, resolved. Pure: text and values in, values and errors out.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html>

mod check;
mod declaration;
mod deployment;
mod document;
mod dynamic_reference;
mod error;
mod extension;
mod form;
mod inputs;
mod intrinsic;
mod json;
mod local_path;
mod mapping;
mod node;
mod order;
mod parameter;
mod pattern;
mod policy;
mod property;
mod read;
mod rule;
mod rule_check;
mod scalar;
mod sections;
mod surrogate;
mod template;
mod unsupported;
mod zones;

pub use declaration::{DeletionPolicy, Output, Policies, PolicyAttribute, Resource, Signals};
pub use deployment::{Deployment, PropertyReference, ResolvedOutput};
pub use document::{Document, LANGUAGE_EXTENSIONS, MacroUse};
pub use dynamic_reference::DynamicReference;
pub use error::{Position, TemplateError};
pub use inputs::{Inputs, Made, Pseudo};
pub use local_path::{local_paths, replace_local_paths};
pub use parameter::Parameter;
pub use policy::{PolicyPlace, StatementPlace, to_json};
pub use property::{Attribute, Property};
pub use rule_check::{ParameterFacts, ResourceFacts, RuleLookup};
pub use template::Template;
pub use unsupported::Unsupported;
