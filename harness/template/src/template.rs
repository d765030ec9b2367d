//! A template that was read.

use crate::declaration::{Output, Resource};
use crate::node::{Member, Node};
use crate::parameter::Parameter;
use crate::rule::Rule;
use crate::unsupported::Unsupported;

/// A template that was read and statically checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Its `Description`.
    pub description: Option<String>,
    /// Its parameters, in order.
    pub parameters: Vec<Parameter>,
    /// Its resources, in order; conditions are not applied yet.
    pub resources: Vec<Resource>,
    /// Its outputs, in order; conditions are not applied yet.
    pub outputs: Vec<Output>,
    /// What CloudFormation knows and a local region does not, outside of its resources: sections, transforms, functions.
    pub unsupported: Vec<Unsupported>,
    /// Names in the section `Transform`.
    pub transforms: Vec<String>,
    /// Whether a transform makes another template of this one, so that its references cannot be checked, nor its conditions applied.
    pub is_transformed: bool,
    /// Whether `AWS::LanguageExtensions` was applied.
    pub(crate) is_extended: bool,
    pub(crate) mappings: Option<Node>,
    pub(crate) conditions: Vec<Member>,
    pub(crate) rules: Vec<Rule>,
}

impl Template {
    /// The mappings and conditions of a template that is not checked yet.
    pub(crate) fn bare(root: &Node) -> Self {
        let conditions = root.member("Conditions").and_then(Node::members).unwrap_or_default();
        Self {
            description: None,
            parameters: Vec::new(),
            resources: Vec::new(),
            outputs: Vec::new(),
            unsupported: Vec::new(),
            transforms: Vec::new(),
            is_transformed: false,
            is_extended: false,
            mappings: root.member("Mappings").cloned(),
            conditions: conditions.to_vec(),
            rules: Vec::new(),
        }
    }
}
