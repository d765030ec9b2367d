//! A template's text as a tree: scalars as they were spelt, intrinsic functions recognised, every node with its place.

use serde_json::Value;

use crate::{Position, TemplateError};

/// A node and where it starts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub position: Position,
    pub data: Data,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Data {
    /// A scalar: text, a number or truth value that was unmistakably spelt as one, or null.
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<Member>),
    /// `!Sub x` and `{"Fn::Sub": x}` alike; the name is the long form's.
    Function(&'static str, Box<Node>),
}

/// A member of a map.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    pub name: String,
    pub position: Position,
    pub node: Node,
}

/// Intrinsic functions, by short and long name.
pub(crate) const FUNCTIONS: &[(&str, &str)] = &[
    ("Ref", "Ref"),
    ("GetAtt", "Fn::GetAtt"),
    ("Sub", "Fn::Sub"),
    ("Join", "Fn::Join"),
    ("Select", "Fn::Select"),
    ("Split", "Fn::Split"),
    ("If", "Fn::If"),
    ("Equals", "Fn::Equals"),
    ("And", "Fn::And"),
    ("Or", "Fn::Or"),
    ("Not", "Fn::Not"),
    ("FindInMap", "Fn::FindInMap"),
    ("Base64", "Fn::Base64"),
    ("ImportValue", "Fn::ImportValue"),
    ("GetAZs", "Fn::GetAZs"),
    ("Cidr", "Fn::Cidr"),
    ("Condition", "Condition"),
    ("GetStackOutput", "Fn::GetStackOutput"),
    ("Length", "Fn::Length"),
    ("ToJsonString", "Fn::ToJsonString"),
    ("Contains", "Fn::Contains"),
    ("EachMemberEquals", "Fn::EachMemberEquals"),
    ("EachMemberIn", "Fn::EachMemberIn"),
    ("RefAll", "Fn::RefAll"),
    ("ValueOf", "Fn::ValueOf"),
    ("ValueOfAll", "Fn::ValueOfAll"),
];

/// The member of an object that stands for a macro: what is beside it is the macro's fragment.
pub(crate) const TRANSFORM: &str = "Fn::Transform";
/// What the members of an object that stand for a loop begin with; the loop's name follows.
pub(crate) const FOR_EACH: &str = "Fn::ForEach::";

/// Whether a member of an object makes other members.
pub(crate) fn makes_members(name: &str) -> bool {
    name == TRANSFORM || name.starts_with(FOR_EACH)
}

impl Node {
    pub(crate) fn members(&self) -> Option<&[Member]> {
        match &self.data {
            Data::Map(members) => Some(members),
            _ => None,
        }
    }

    pub(crate) fn member(&self, name: &str) -> Option<&Node> {
        self.members()?.iter().find(|member| member.name == name).map(|member| &member.node)
    }

    pub(crate) fn items(&self) -> Option<&[Node]> {
        match &self.data {
            Data::List(items) => Some(items),
            _ => None,
        }
    }

    /// A scalar as text: `true`, `42`, whatever was written.
    pub(crate) fn text(&self) -> Option<String> {
        match &self.data {
            Data::Scalar(Value::String(text)) => Some(text.clone()),
            Data::Scalar(Value::Null) => None,
            Data::Scalar(other) => Some(other.to_string()),
            _ => None,
        }
    }

    /// A scalar as text, or an error that says what should have been there.
    pub(crate) fn expect_text(&self, what: &str) -> Result<String, TemplateError> {
        self.text().ok_or_else(|| self.error(format!("Template format error: {what} must be a string")))
    }

    /// A map's members, or an error that says what should have been there.
    pub(crate) fn expect_map(&self, what: &str) -> Result<&[Member], TemplateError> {
        match &self.data {
            Data::Map(members) => Ok(members),
            _ => Err(self.error(format!("Template format error: {what} must be an object"))),
        }
    }

    pub(crate) fn error(&self, message: impl Into<String>) -> TemplateError {
        TemplateError::at(self.position, message)
    }

    /// Whether two nodes say the same, wherever they stand and in whichever order their members are.
    pub(crate) fn same(&self, other: &Self) -> bool {
        let pairs = |left: &[Self], right: &[Self]| {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.same(right))
        };
        match (&self.data, &other.data) {
            // `80` and `"80"` are the same text to CloudFormation.
            (Data::Scalar(_), Data::Scalar(_)) => self.text() == other.text(),
            (Data::List(left), Data::List(right)) => pairs(left, right),
            (Data::Map(left), Data::Map(right)) => {
                let found = |member: &Member| other.member(&member.name).is_some_and(|node| member.node.same(node));
                left.len() == right.len() && left.iter().all(found)
            }
            (Data::Function(left, one), Data::Function(right, two)) => left == right && one.same(two),
            _ => false,
        }
    }

    /// Calls `visit` for this node and all below it.
    pub(crate) fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        self.walk_within(&mut |node| {
            visit(node);
            true
        });
    }

    /// Calls `visit` for this node, and for those below it where it says so.
    pub(crate) fn walk_within<'a>(&'a self, visit: &mut dyn FnMut(&'a Node) -> bool) {
        if !visit(self) {
            return;
        }
        match &self.data {
            Data::Scalar(_) => {}
            Data::List(items) => items.iter().for_each(|item| item.walk_within(visit)),
            Data::Map(members) => members.iter().for_each(|member| member.node.walk_within(visit)),
            Data::Function(_, argument) => argument.walk_within(visit),
        }
    }
}
