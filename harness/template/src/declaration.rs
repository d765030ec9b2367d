//! Resources and outputs as a template declares them.

use crate::error::Position;
use crate::node::Node;
use crate::unsupported::Unsupported;

/// A resource as the template declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Logical id.
    pub id: String,
    /// `AWS::S3::Bucket`
    pub kind: String,
    /// What becomes of it when it is deleted from the stack, if the template says so.
    pub deletion_policy: Option<PolicyAttribute>,
    /// What becomes of it when it is replaced, if the template says so.
    pub update_replace_policy: Option<PolicyAttribute>,
    /// The condition under which it is made.
    pub condition: Option<String>,
    /// Where its declaration starts.
    pub position: Position,
    /// Where its `Type` stands.
    pub kind_position: Position,
    /// Attributes that CloudFormation knows and a local region does not.
    pub unsupported: Vec<Unsupported>,
    /// What it waits for when it is created.
    pub(crate) creation_policy: Option<Node>,
    pub(crate) update_policy: Option<Node>,
    pub(crate) depends_on: Vec<(String, Position)>,
    pub(crate) properties: Option<Node>,
    pub(crate) metadata: Option<Node>,
}

impl Resource {
    /// Whether another declaration gives this property in the same words, be it not at all.
    pub fn says_the_same_of(&self, other: &Self, property: &str) -> bool {
        let of = |resource: &Self| resource.properties.as_ref().and_then(|properties| properties.member(property).cloned());
        same(of(self).as_ref(), of(other).as_ref())
    }

    /// Whether another declaration has the same `Metadata`.
    pub fn has_metadata_of(&self, other: &Self) -> bool {
        same(self.metadata.as_ref(), other.metadata.as_ref())
    }

    /// Where the declaration gives this property.
    pub fn position_of(&self, property: &str) -> Option<Position> {
        let members = self.properties.as_ref()?.members()?;
        members.iter().find(|member| member.name == property).map(|member| member.position)
    }

    /// Whether it is made by somebody's own function or topic.
    pub fn is_custom(&self) -> bool {
        is_custom(&self.kind)
    }

    /// Whether the declaration has this property.
    pub fn declares(&self, property: &str) -> bool {
        self.properties.as_ref().is_some_and(|properties| properties.member(property).is_some())
    }
}

fn same(one: Option<&Node>, other: Option<&Node>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.same(other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// The attribute `DeletionPolicy` or `UpdateReplacePolicy` of a resource.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>
#[derive(Debug, Clone, PartialEq)]
pub enum PolicyAttribute {
    /// A policy.
    Fixed(DeletionPolicy),
    /// `AWS::NoValue`: as if the attribute were not there.
    Absent,
    /// The policy that a parameter names.
    Named(String),
    /// `Fn::If`: the name of a condition, and the policies if it holds and if it does not.
    Chosen(String, Box<[Self; 2]>),
}

impl PolicyAttribute {
    /// The attribute by the values of conditions: none of them is asked for any more.
    pub(crate) fn chosen(&self, holds: &dyn Fn(&str) -> bool) -> &Self {
        match self {
            Self::Chosen(condition, both) => {
                let [yes, no] = both.as_ref();
                if holds(condition) { yes } else { no }.chosen(holds)
            }
            other => other,
        }
    }

    /// The parameters that it refers to.
    pub(crate) fn parameters(&self) -> Vec<&str> {
        match self {
            Self::Fixed(_) | Self::Absent => Vec::new(),
            Self::Named(parameter) => vec![parameter.as_str()],
            Self::Chosen(_, both) => both.iter().flat_map(Self::parameters).collect(),
        }
    }

    /// All policies that it may be, as far as the template alone tells.
    pub fn possible(&self) -> Vec<DeletionPolicy> {
        match self {
            Self::Fixed(policy) => vec![*policy],
            Self::Absent | Self::Named(_) => Vec::new(),
            Self::Chosen(_, both) => both.iter().flat_map(Self::possible).collect(),
        }
    }

    /// The conditions that it asks for.
    pub(crate) fn conditions(&self) -> Vec<&str> {
        match self {
            Self::Fixed(_) | Self::Absent | Self::Named(_) => Vec::new(),
            Self::Chosen(condition, both) => {
                std::iter::once(condition.as_str()).chain(both.iter().flat_map(Self::conditions)).collect()
            }
        }
    }
}

/// The policies of a resource whose conditions are applied; `None`: the template does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policies {
    /// What becomes of it when it is deleted from the stack.
    pub deletion: Option<DeletionPolicy>,
    /// What becomes of it when it is replaced.
    pub update_replace: Option<DeletionPolicy>,
}

impl Policies {
    /// Whether it stays when it is deleted from a stack that was made.
    pub fn keeps_deleted(self) -> bool {
        matches!(self.deletion, Some(DeletionPolicy::Retain | DeletionPolicy::RetainExceptOnCreate))
    }

    /// Whether it stays when its creation is taken back.
    pub fn keeps_created(self) -> bool {
        self.deletion == Some(DeletionPolicy::Retain)
    }

    /// Whether it stays when it is replaced.
    pub fn keeps_replaced(self) -> bool {
        self.update_replace == Some(DeletionPolicy::Retain)
    }
}

/// What becomes of a resource that its stack lets go of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionPolicy {
    /// It is deleted.
    Delete,
    /// It stays.
    Retain,
    /// A snapshot is taken first.
    Snapshot,
    /// It stays, unless its creation is being rolled back.
    RetainExceptOnCreate,
}

impl DeletionPolicy {
    /// The policy of this name.
    pub(crate) fn named(name: &str, attribute: &str) -> Option<Self> {
        match name {
            "Delete" => Some(Self::Delete),
            "Retain" => Some(Self::Retain),
            "Snapshot" => Some(Self::Snapshot),
            "RetainExceptOnCreate" if attribute == "DeletionPolicy" => Some(Self::RetainExceptOnCreate),
            _ => None,
        }
    }

    /// The policy as templates say it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Delete => "Delete",
            Self::Retain => "Retain",
            Self::Snapshot => "Snapshot",
            Self::RetainExceptOnCreate => "RetainExceptOnCreate",
        }
    }
}

/// An output as the template declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// The condition under which it exists.
    pub condition: Option<String>,
    pub(crate) value: Node,
    pub(crate) export: Option<Node>,
}

impl Output {
    /// Whether another declaration says the same.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        (&self.name, &self.description, &self.condition) == (&other.name, &other.description, &other.condition)
            && self.value.same(&other.value)
            && same(self.export.as_ref(), other.export.as_ref())
    }
}

/// The signals that a resource waits for when it is created.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-creationpolicy.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signals {
    /// How many.
    pub count: usize,
    /// How many of a hundred are to be of a success; `None` of a resource of which none may fail.
    pub successful: Option<usize>,
    /// How long at most, an ISO 8601 duration.
    pub timeout: String,
}

/// Whether a type is made by somebody's own function or topic.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources.html>
pub(crate) fn is_custom(kind: &str) -> bool {
    kind == "AWS::CloudFormation::CustomResource" || kind.starts_with("Custom::")
}
