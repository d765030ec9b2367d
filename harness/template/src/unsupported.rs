//! Features of AWS that a local region does not have: finding them in a template, and the one message that names them all.

use std::fmt;

use crate::node::{Data, FOR_EACH, Member, Node, TRANSFORM, makes_members};
use crate::{Position, TemplateError, rule};

/// Something that CloudFormation knows and a local region does not support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// What, as a fragment: `` `AWS::EC2::NatGateway` ``, `` section `Rules` ``.
    pub what: String,
    /// Logical id of the resource or output that has it.
    pub logical_id: Option<String>,
    /// Where it stands in the template.
    pub position: Position,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.position.line;
        match &self.logical_id {
            Some(id) => write!(f, "{} ({id}, line {line})", self.what),
            None => write!(f, "{} (line {line})", self.what),
        }
    }
}

const HEAD: &str = "cannot be rehearsed here: ";
const TAILS: [&str; 2] = [" is not supported", " are not supported"];
const BETWEEN: &str = "; ";

impl Unsupported {
    pub(crate) fn new(what: impl Into<String>, logical_id: Option<&str>, position: Position) -> Self {
        // The separator of the message must not be in an item.
        let what = what.into().replace(BETWEEN, ";");
        Self { what, logical_id: logical_id.map(str::to_owned), position }
    }

    /// As found in the resource with this logical id.
    pub fn in_resource(what: impl Into<String>, logical_id: &str, position: Position) -> Self {
        Self::new(what, Some(logical_id), position)
    }

    /// One message that names all of `items`: ``cannot be rehearsed here: `AWS::EC2::NatGateway` (Nat, line 12) is not supported``.
    pub fn message<T: fmt::Display>(items: &[T]) -> String {
        let named: Vec<String> = items.iter().map(ToString::to_string).collect();
        let [one, several] = TAILS;
        format!("{HEAD}{}{}", named.join(BETWEEN), if named.len() == 1 { one } else { several })
    }

    /// The items of a [`Unsupported::message`]; `None` if `message` is none.
    pub fn items(message: &str) -> Option<Vec<String>> {
        let rest = message.trim().strip_prefix(HEAD)?;
        let named = TAILS.iter().find_map(|tail| rest.strip_suffix(tail))?;
        Some(named.split(BETWEEN).map(str::to_owned).collect())
    }
}

/// Functions that `AWS::LanguageExtensions` brings, beside `Fn::ForEach`.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-languageextensions.html>
const EXTENSIONS: [&str; 2] = ["Fn::Length", "Fn::ToJsonString"];
/// Transforms that CloudFormation hosts, and a local region does not.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-reference.html>
const TRANSFORMS: [&str; 5] = [
    "AWS::CodeDeployBlueGreen",
    "AWS::CodeStar",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
    "AWS::ServiceCatalog",
];

/// Findings in the sections of a template, whatever its parameters and conditions.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) unsupported: Vec<Unsupported>,
    /// Names in the section `Transform`.
    pub(crate) transforms: Vec<String>,
    /// Whether a transform or macro makes another template of this one, so that little can be said of it as it stands.
    pub(crate) is_transformed: bool,
    /// Functions that AWS does not know either.
    pub(crate) errors: Vec<TemplateError>,
    /// Whether functions of `AWS::LanguageExtensions` may be there.
    extended: bool,
}

/// Looks through a whole template. `is_extended`: `AWS::LanguageExtensions` was applied.
pub(crate) fn find(root: &Node, is_extended: bool) -> Found {
    let mut found = Found::default();
    let sections = root.members().unwrap_or_default();
    for section in sections {
        match section.name.as_str() {
            "Transform" => {
                found.is_transformed = true;
                found.transforms(&section.node);
            }
            "Hooks" => found.unsupported.push(Unsupported::new("section `Hooks`", None, section.position)),
            _ => {}
        }
    }
    root.walk(&mut |node| {
        if let Some(embedded) = node.member(TRANSFORM) {
            found.is_transformed = true;
            found.known(embedded);
        }
    });
    found.extended = found.is_transformed || is_extended;
    for section in sections.iter().filter(|section| !matches!(section.name.as_str(), "Rules" | "Metadata" | "Transform")) {
        match section.name.as_str() {
            "Resources" | "Outputs" | "Conditions" => {
                for member in section.node.members().unwrap_or_default() {
                    let id = (!makes_members(&member.name)).then_some(member.name.as_str());
                    found.member(member, id);
                }
            }
            _ => found.functions(&section.node, None),
        }
    }
    found
}

impl Found {
    fn transforms(&mut self, node: &Node) {
        self.known(node);
        for one in node.items().unwrap_or(std::slice::from_ref(node)) {
            match one.text().or_else(|| one.member("Name").and_then(Node::text)) {
                Some(name) => self.transforms.push(name),
                None => self.errors.push(one.error("Key Name of transform definition must be a string.")),
            }
        }
    }

    /// Names the transforms that a local region lacks.
    fn known(&mut self, node: &Node) {
        for one in node.items().unwrap_or(std::slice::from_ref(node)) {
            let name = one.text().or_else(|| one.member("Name").and_then(Node::text));
            if let Some(name) = name.filter(|name| TRANSFORMS.contains(&name.as_str())) {
                self.unsupported.push(Unsupported::new(format!("transform `{name}`"), None, one.position));
            }
        }
    }

    fn functions(&mut self, node: &Node, id: Option<&str>) {
        match &node.data {
            Data::Scalar(_) => {}
            Data::List(items) => items.iter().for_each(|item| self.functions(item, id)),
            Data::Map(members) => members.iter().for_each(|member| self.member(member, id)),
            Data::Function(name, argument) => {
                match *name {
                    "Fn::GetStackOutput" => self.elsewhere(argument, id),
                    name if EXTENSIONS.contains(&name) && self.extended => {}
                    name if EXTENSIONS.contains(&name) || rule::FUNCTIONS.contains(&name) => {
                        self.errors.push(node.error(not_a_function(name)));
                    }
                    _ => {}
                }
                self.functions(argument, id);
            }
        }
    }

    /// Names what leads an `Fn::GetStackOutput` out of the stack's own account and region.
    fn elsewhere(&mut self, argument: &Node, id: Option<&str>) {
        let is_own = |node: &Node| match &node.data {
            Data::Function("Ref", target) => target.text().as_deref() == Some("AWS::Region"),
            _ => false,
        };
        for name in ["Region", "RoleArn"] {
            if let Some(node) = argument.member(name).filter(|node| !is_own(node)) {
                self.unsupported.push(Unsupported::new(format!("`{name}` of `Fn::GetStackOutput`"), id, node.position));
            }
        }
    }

    /// A member of an object, which may be a loop, and what is in it.
    fn member(&mut self, member: &Member, id: Option<&str>) {
        if member.name.starts_with(FOR_EACH) && !self.extended {
            self.errors.push(TemplateError::at(member.position, not_a_function(&member.name)));
        }
        self.functions(&member.node, id);
    }
}

/// What CloudFormation answers to a function that it does not know.
pub(crate) fn not_a_function(name: &str) -> String {
    const SUPPORTED: &str = "Fn::Base64, Fn::GetAtt, Fn::GetAZs, Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, \
         Fn::Equals, Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, \
         Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr";
    format!("Template error: encountered unsupported function: {name} Supported functions are: [{SUPPORTED}]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_message_names_everything_and_is_read_back() {
        let one = Unsupported::new("`AWS::EC2::NatGateway`", Some("Nat"), Position { line: 12, column: 3 });
        let message = Unsupported::message(std::slice::from_ref(&one));
        assert_eq!(message, "cannot be rehearsed here: `AWS::EC2::NatGateway` (Nat, line 12) is not supported");
        assert_eq!(Unsupported::items(&message).unwrap(), ["`AWS::EC2::NatGateway` (Nat, line 12)"]);
        let section = Unsupported::new("section `Rules`", None, Position { line: 3, column: 1 });
        let message = Unsupported::message(&[one, section]);
        assert_eq!(
            message,
            "cannot be rehearsed here: `AWS::EC2::NatGateway` (Nat, line 12); section `Rules` (line 3) are not supported"
        );
        assert_eq!(Unsupported::items(&message).unwrap().len(), 2);
        assert_eq!(Unsupported::items("Template format error: no"), None);
    }
}
