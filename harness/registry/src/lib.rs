//! Facts of all resource types of CloudFormation's registry: which there are, and which properties they have; and which managed policies IAM
//! has. Pure; nothing is read until it is asked for.
//! <https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html>

mod coercion;
mod facts;
mod managed_policy;
mod resource_type;
mod scalar;
mod schema;
mod validation;

pub use facts::names;
pub use managed_policy::{is_managed_policy, managed_policies};
pub use resource_type::{ResourceType, resource_type};
pub use scalar::Scalar;
