//! `AWS::LanguageExtensions`: loops are written out, and functions are resolved whose values are known before anything is made.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-languageextensions.html>

use std::collections::BTreeMap;

use serde_json::Value;

use crate::inputs::{Inputs, Nothing};
use crate::intrinsic::{self, Scope};
use crate::node::{Data, FOR_EACH, Member, Node};
use crate::{Template, TemplateError, check, json};

/// Where loops and the functions of the transform may stand.
const SECTIONS: [&str; 3] = ["Conditions", "Resources", "Outputs"];
/// Functions that are replaced by their values as soon as these are known.
const RESOLVED: [&str; 9] = [
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::FindInMap",
    "Fn::Join",
    "Fn::Length",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::ToJsonString",
];
/// Attributes of a resource that are texts, and may be functions with this transform.
const POLICIES: [&str; 2] = ["DeletionPolicy", "UpdateReplacePolicy"];

/// Applies the transform to a whole template.
pub(crate) fn apply(root: &mut Node, inputs: &Inputs, hidden: &[&str]) -> Result<(), TemplateError> {
    let bare = Template::bare(root);
    let none = BTreeMap::new();
    let before = Resolver { scope: Scope { template: &bare, inputs, conditions: &none, made: &Nothing }, hidden };
    if let Data::Map(sections) = &mut root.data {
        for section in sections.iter_mut().filter(|section| SECTIONS.contains(&section.name.as_str())) {
            section.node = before.expanded(&section.node, &mut Vec::new())?;
        }
        for section in sections.iter_mut().filter(|section| section.name == "Conditions") {
            before.fold(&mut section.node);
        }
    }
    let declared = Template::bare(root);
    let conditions = conditions(&declared, inputs);
    let resolver = Resolver { scope: Scope { template: &declared, inputs, conditions: &conditions, made: &Nothing }, hidden };
    let Data::Map(sections) = &mut root.data else { return Ok(()) };
    for section in sections.iter_mut().filter(|section| section.name == "Resources" || section.name == "Outputs") {
        resolver.fold(&mut section.node);
        if section.name == "Resources" {
            resolver.policies(&mut section.node)?;
        }
    }
    Ok(())
}

/// The conditions that can be evaluated; what is wrong with the others is reported when the template is deployed.
fn conditions(template: &Template, inputs: &Inputs) -> BTreeMap<String, bool> {
    let mut found = BTreeMap::new();
    for name in check::condition_order(template).unwrap_or_default() {
        let Some(declared) = template.conditions.iter().find(|condition| condition.name == name) else { continue };
        if let Ok(holds) = (Scope { template, inputs, conditions: &found, made: &Nothing }).holds(&declared.node) {
            found.insert(name, holds);
        }
    }
    found
}

/// What loops stand for while their bodies are written out: identifiers with their values, the innermost last.
type Loops = Vec<(String, String)>;

struct Resolver<'a> {
    scope: Scope<'a>,
    /// Parameters whose values no answer shows: functions of them stay.
    hidden: &'a [&'a str],
}

impl Resolver<'_> {
    /// A node with its loops written out.
    fn expanded(&self, node: &Node, loops: &mut Loops) -> Result<Node, TemplateError> {
        let data = match &node.data {
            Data::Scalar(Value::String(text)) => Data::Scalar(filled(text, loops).into()),
            Data::Scalar(value) => Data::Scalar(value.clone()),
            Data::List(items) => Data::List(items.iter().map(|item| self.expanded(item, loops)).collect::<Result<_, _>>()?),
            Data::Map(members) => Data::Map(self.members(members, loops)?),
            Data::Function("Ref", argument) => {
                let argument = self.expanded(argument, loops)?;
                let value = argument.text().and_then(|name| value_of(&name, loops));
                match value {
                    Some(value) => Data::Scalar(value.into()),
                    None => Data::Function("Ref", Box::new(argument)),
                }
            }
            Data::Function(name, argument) => Data::Function(name, Box::new(self.expanded(argument, loops)?)),
        };
        Ok(Node { position: node.position, data })
    }

    fn members(&self, members: &[Member], loops: &mut Loops) -> Result<Vec<Member>, TemplateError> {
        let mut found: Vec<Member> = Vec::new();
        for member in members {
            if !member.name.starts_with(FOR_EACH) {
                let (name, node) = (filled(&member.name, loops), self.expanded(&member.node, loops)?);
                push(&mut found, Member { name, position: member.position, node })?;
                continue;
            }
            let malformed = || TemplateError::at(member.position, "Fn::ForEach layout is incorrect");
            let Some([identifier, collection, body]) = member.node.items() else { return Err(malformed()) };
            let identifier = identifier.text().ok_or_else(malformed)?;
            let body = body.members().ok_or_else(malformed)?;
            for value in self.collection(collection, loops)? {
                loops.push((identifier.clone(), value));
                let made = self.members(body, loops);
                loops.pop();
                for member in made? {
                    push(&mut found, member)?;
                }
            }
        }
        Ok(found)
    }

    /// The values that a loop goes over: a list, or a function that has one.
    fn collection(&self, node: &Node, loops: &mut Loops) -> Result<Vec<String>, TemplateError> {
        let unresolved = || node.error("Fn::ForEach could not be resolved");
        let node = self.expanded(node, loops)?;
        let values = match self.scope.resolve(&node).map_err(|_| unresolved())? {
            Some(Value::Array(items)) => items,
            _ => return Err(unresolved()),
        };
        let mut texts = Vec::new();
        for value in values {
            match value {
                // An item that is a list itself: `[!Ref List, one]`.
                Value::Array(inner) => texts.extend(inner.iter().filter_map(intrinsic::text_of)),
                value => texts.push(intrinsic::text_of(&value).ok_or_else(unresolved)?),
            }
        }
        Ok(texts)
    }

    /// Replaces functions by their values, from the inside out, as far as these are known.
    fn fold(&self, node: &mut Node) {
        match &mut node.data {
            Data::Scalar(_) => {}
            Data::List(items) => items.iter_mut().for_each(|item| self.fold(item)),
            Data::Map(members) => members.iter_mut().for_each(|member| self.fold(&mut member.node)),
            Data::Function(_, argument) => self.fold(argument),
        }
        if matches!(&node.data, Data::Function(name, _) if RESOLVED.contains(name)) && !self.is_hidden(node) {
            self.replace(node);
        }
    }

    /// Replaces a function by its value. Returns whether that is known.
    fn replace(&self, node: &mut Node) -> bool {
        let Ok(Some(value)) = self.scope.resolve(node) else { return false };
        let Ok(resolved) = json::to_node(&value, None, node.position) else { return false };
        *node = resolved;
        true
    }

    fn is_hidden(&self, node: &Node) -> bool {
        check::referred(node, &|_| None).iter().any(|reference| self.hidden.contains(&reference.name.as_str()))
    }

    /// Resolves the policies of resources that are functions.
    fn policies(&self, resources: &mut Node) -> Result<(), TemplateError> {
        let Data::Map(resources) = &mut resources.data else { return Ok(()) };
        for resource in resources {
            let Data::Map(attributes) = &mut resource.node.data else { continue };
            // One name alone is a text afterwards.
            for attribute in attributes.iter_mut().filter(|attribute| attribute.name == "DependsOn") {
                if let Some([one]) = attribute.node.items() {
                    attribute.node = one.clone();
                }
            }
            for attribute in attributes.iter_mut().filter(|attribute| POLICIES.contains(&attribute.name.as_str())) {
                let is_function = matches!(attribute.node.data, Data::Function(..));
                if is_function && !self.replace(&mut attribute.node) {
                    let (attribute, id) = (&attribute.name, &resource.name);
                    return Err(TemplateError::at(
                        resource.position,
                        format!("Unresolved value for {attribute} of resource {id}"),
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Adds a member that a loop made.
fn push(found: &mut Vec<Member>, member: Member) -> Result<(), TemplateError> {
    if found.iter().any(|other| other.name == member.name) {
        let message = format!("Duplicate key '{}' when merging keys to parent object in Fn::ForEach", member.name);
        return Err(TemplateError::at(member.position, message));
    }
    found.push(member);
    Ok(())
}

fn value_of(name: &str, loops: &Loops) -> Option<String> {
    loops.iter().rev().find(|(identifier, _)| identifier == name).map(|(_, value)| value.clone())
}

/// A text with the values of the loops around it: `${Identifier}` as it is, `&{Identifier}` with letters and digits alone.
fn filled(text: &str, loops: &Loops) -> String {
    let mut filled = text.to_owned();
    for (identifier, value) in loops.iter().rev() {
        let plain: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
        filled = filled.replace(&format!("${{{identifier}}}"), value).replace(&format!("&{{{identifier}}}"), &plain);
    }
    filled
}
