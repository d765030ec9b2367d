//! What a template is resolved with.

use std::collections::BTreeMap;

use serde_json::Value;

/// What a template is resolved with.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Values of all parameters, SSM types already looked up.
    pub parameters: BTreeMap<String, Value>,
    /// Pseudo parameters.
    pub pseudo: Pseudo,
    /// Exports of other stacks, by name.
    pub imports: BTreeMap<String, String>,
    /// Outputs of other stacks by their names, by the stacks' names and ids: what `Fn::GetStackOutput` returns.
    pub stack_outputs: BTreeMap<String, BTreeMap<String, String>>,
    /// What `Fn::GetAZs` answers.
    pub availability_zones: Vec<String>,
}

/// Pseudo parameters.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html>
#[derive(Debug, Clone, Default)]
pub struct Pseudo {
    /// 12 digits.
    pub account_id: String,
    /// `us-east-1`
    pub region: String,
    /// The stack's name.
    pub stack_name: String,
    /// The stack's ARN.
    pub stack_id: String,
    /// `aws`
    pub partition: String,
    /// `amazonaws.com`
    pub url_suffix: String,
    /// Topics to which the stack's events are published.
    pub notification_arns: Vec<String>,
}

/// What has been made so far.
pub trait Made {
    /// What `Ref` of a resource answers; `None` if it is not made.
    fn reference(&self, id: &str) -> Option<String>;
    /// An attribute of a resource; `None` if it has none of that name.
    fn attribute(&self, id: &str, name: &str) -> Option<Value>;
}

/// Before anything is made.
pub(crate) struct Nothing;

impl Made for Nothing {
    fn reference(&self, _id: &str) -> Option<String> {
        None
    }
    fn attribute(&self, _id: &str, _name: &str) -> Option<Value> {
        None
    }
}
