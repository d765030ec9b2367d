//! Facts of all resource types of CloudFormation's registry: which there are, and which properties they have; of the managed policies
//! that IAM has, and of EC2's instance types. Pure; nothing is read until it is asked for.
//! <https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html>

mod coercion;
mod facts;
mod instance_type;
mod managed_policy;
mod resource_type;
mod scalar;
mod schema;
mod validation;

pub use facts::names;
pub use instance_type::{InstanceType, instance_type, instance_types};
pub use managed_policy::{ManagedPolicy, managed_policies, managed_policy};
pub use resource_type::{Handler, ResourceType, resource_type};
pub use scalar::Scalar;
