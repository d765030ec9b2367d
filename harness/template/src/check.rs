//! Checks of a template by itself: everything it refers to exists, and nothing depends on itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::form::{self, Block};
use crate::intrinsic::{self, PSEUDO};
use crate::node::{Data, Node};
use crate::{Position, Template, TemplateError, order};

/// How a name is referred to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// `Ref`, or `${Name}`.
    Reference,
    /// `Fn::GetAtt`, with the attribute; empty if that is a reference itself.
    Attribute(String),
    /// `${Name.Attribute}`, with the attribute.
    Placeholder(String),
}

/// A name that a node refers to.
#[derive(Debug)]
pub(crate) struct Reference {
    pub name: String,
    pub by: By,
    pub(crate) position: Position,
}

/// What a node refers to by name. `chosen` tells which value of a `Fn::If` counts; `None`: both.
pub(crate) fn referred(node: &Node, chosen: &dyn Fn(&str) -> Option<bool>) -> Vec<Reference> {
    let mut found = Vec::new();
    node.walk_within(&mut |inner| {
        let Data::Function(name, argument) = &inner.data else { return true };
        let mut refer = |name: String, by| found.push(Reference { name, by, position: inner.position });
        match *name {
            "Ref" => argument.text().into_iter().for_each(|target| refer(target, By::Reference)),
            "Fn::GetAtt" => intrinsic::attribute_of(argument)
                .into_iter()
                .for_each(|(target, attribute)| refer(target, By::Attribute(attribute.text().unwrap_or_default()))),
            "Fn::Sub" => {
                let (text, own) = intrinsic::sub_parts(argument);
                for name in intrinsic::placeholders(&text.unwrap_or_default()) {
                    if own.contains(&name.as_str()) {
                        continue;
                    }
                    match name.split_once('.') {
                        Some((id, attribute)) => refer(id.to_owned(), By::Placeholder(attribute.to_owned())),
                        None => refer(name, By::Reference),
                    }
                }
            }
            "Fn::If" => {
                if let Some([condition, yes, no]) = argument.items()
                    && let Some(holds) = condition.text().and_then(|name| chosen(&name))
                {
                    found.extend(referred(if holds { yes } else { no }, chosen));
                    return false;
                }
            }
            _ => {}
        }
        true
    });
    found
}

/// The uses of a function within a node, of the values that conditions choose.
pub(crate) fn uses<'a>(function: &str, node: &'a Node, chosen: &dyn Fn(&str) -> Option<bool>) -> Vec<&'a Node> {
    let mut found = Vec::new();
    node.walk_within(&mut |inner| {
        match &inner.data {
            Data::Function(name, _) if *name == function => found.push(inner),
            Data::Function("Fn::If", argument) => {
                if let Some([condition, yes, no]) = argument.items()
                    && let Some(holds) = condition.text().and_then(|name| chosen(&name))
                {
                    found.extend(uses(function, if holds { yes } else { no }, chosen));
                    return false;
                }
            }
            _ => {}
        }
        true
    });
    found
}

/// Names of conditions that a node asks for, each with whether a `Fn::If` does. Within the Conditions block `{"Condition": name}` asks as well; elsewhere that is a
/// member like any other (of a policy's statement, say).
fn conditions(node: &Node, within_conditions: bool) -> Vec<(String, Asker, Position)> {
    let mut found = Vec::new();
    node.walk(&mut |inner| {
        let asked = match &inner.data {
            Data::Function("Fn::If", argument) => {
                argument.items().and_then(<[Node]>::first).and_then(Node::text).map(|name| (name, Asker::If))
            }
            Data::Function("Condition", argument) => argument.text().map(|name| (name, Asker::Condition)),
            Data::Map(_) if within_conditions => {
                inner.member("Condition").and_then(Node::text).map(|name| (name, Asker::Condition))
            }
            _ => None,
        };
        found.extend(asked.map(|(name, by)| (name, by, inner.position)));
    });
    found
}

/// What asks for a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asker {
    If,
    /// A condition of the same template, or the attribute `Condition`.
    Condition,
}

fn unresolved(name: &str, block: Block, position: Position) -> TemplateError {
    let block = block.name();
    TemplateError::at(
        position,
        format!("Template format error: Unresolved resource dependencies [{name}] in the {block} block of the template"),
    )
}

fn unresolved_condition(name: &str, by: Asker, block: Block, position: Position) -> TemplateError {
    let block = block.name();
    let message = match by {
        Asker::If => format!("Template error: unresolved condition dependency {name} in Fn::If"),
        Asker::Condition => {
            format!("Template format error: Unresolved condition dependency {name} in the {block} block of the template")
        }
    };
    TemplateError::at(position, message)
}

/// The names that a template declares.
struct Declared<'a> {
    resources: BTreeSet<&'a str>,
    parameters: BTreeSet<&'a str>,
    conditions: BTreeSet<&'a str>,
    mappings: BTreeSet<&'a str>,
    is_extended: bool,
}

impl<'a> Declared<'a> {
    fn by(template: &'a Template) -> Self {
        let mappings = template.mappings.as_ref().and_then(Node::members).unwrap_or_default();
        Self {
            resources: template.resources.iter().map(|resource| resource.id.as_str()).collect(),
            parameters: template.parameters.iter().map(|parameter| parameter.name.as_str()).collect(),
            conditions: template.conditions.iter().map(|condition| condition.name.as_str()).collect(),
            mappings: mappings.iter().map(|mapping| mapping.name.as_str()).collect(),
            is_extended: template.is_extended,
        }
    }

    /// What is wrong with the functions within a node.
    fn check(&self, node: &Node, block: Block, errors: &mut Vec<TemplateError>) {
        let malformed = form::functions(node, block, self.is_extended);
        if !malformed.is_empty() {
            errors.extend(malformed);
            return;
        }
        errors.extend(referred(node, &|_| None).iter().filter_map(|reference| self.reference(reference, block)));
        for (name, by, position) in conditions(node, block == Block::Conditions) {
            if !self.conditions.contains(name.as_str()) {
                errors.push(unresolved_condition(&name, by, block, position));
            }
        }
        node.walk(&mut |inner| {
            let Data::Function(name, argument) = &inner.data else { return };
            let wrong = match *name {
                "Fn::FindInMap" => self.mapping(argument),
                "Fn::ImportValue" => self.import(argument),
                _ => None,
            };
            errors.extend(wrong.map(|message| inner.error(message)));
        });
    }

    fn reference(&self, reference: &Reference, block: Block) -> Option<TemplateError> {
        let Reference { name, by, position } = reference;
        let is_resource = self.resources.contains(name.as_str());
        let is_value = self.parameters.contains(name.as_str()) || PSEUDO.contains(&name.as_str());
        let message = match by {
            By::Reference if is_value => return None,
            _ if block == Block::Conditions => format!(
                "Template format error: Unresolved dependencies [{name}]. Cannot reference resources in the Conditions block of \
                 the template"
            ),
            _ if is_resource => return None,
            By::Reference => return Some(unresolved(name, block, *position)),
            By::Attribute(_) => format!("Template error: instance of Fn::GetAtt references undefined resource {name}"),
            By::Placeholder(attribute) => {
                format!("Template error: instance of Fn::Sub references invalid resource attribute {name}.{attribute}")
            }
        };
        Some(TemplateError::at(*position, message))
    }

    fn mapping(&self, argument: &Node) -> Option<String> {
        // A value that is given for what is missing stands for a missing mapping, too.
        let [map, _, _] = argument.items()? else { return None };
        let name = map.text()?;
        let missing = format!("Template error: Mapping named '{name}' is not present in the 'Mappings' section of template.");
        (!self.mappings.contains(name.as_str())).then_some(missing)
    }

    fn import(&self, argument: &Node) -> Option<String> {
        let mut depends = referred(argument, &|_| None).iter().any(|reference| self.resources.contains(reference.name.as_str()));
        argument.walk(&mut |inner| {
            depends |= matches!(inner.data, Data::Function("Fn::GetAtt" | "Fn::ImportValue" | "Fn::GetAZs", _));
        });
        depends.then(|| {
            "Template error: the attribute in Fn::ImportValue must not depend on any resources, imported values, or Fn::GetAZs"
                .to_owned()
        })
    }
}

/// Everything that a template refers to and that is not there, or not in the right form.
pub(crate) fn references(template: &Template) -> Vec<TemplateError> {
    let declared = Declared::by(template);
    let mut errors = Vec::new();
    for condition in &template.conditions {
        declared.check(&condition.node, Block::Conditions, &mut errors);
    }
    for resource in &template.resources {
        if let Some(properties) = &resource.properties {
            declared.check(properties, Block::Resources, &mut errors);
        }
        let missing = resource.depends_on.iter().filter(|(name, _)| !declared.resources.contains(name.as_str()));
        errors.extend(missing.map(|(name, position)| unresolved(name, Block::Resources, *position)));
        let condition = resource.condition.as_deref().filter(|name| !declared.conditions.contains(name));
        errors.extend(condition.map(|name| unresolved_condition(name, Asker::Condition, Block::Resources, resource.position)));
        let policies = resource.deletion_policy.iter().chain(&resource.update_replace_policy);
        let named = policies.clone().flat_map(|policy| policy.parameters()).filter(|name| !declared.parameters.contains(name));
        errors.extend(named.map(|name| unresolved(name, Block::Resources, resource.position)));
        let asked = policies.flat_map(|policy| policy.conditions()).filter(|name| !declared.conditions.contains(name));
        errors.extend(asked.map(|name| unresolved_condition(name, Asker::If, Block::Resources, resource.position)));
    }
    for output in &template.outputs {
        for node in std::iter::once(&output.value).chain(&output.export) {
            declared.check(node, Block::Outputs, &mut errors);
        }
        let condition = output.condition.as_deref().filter(|name| !declared.conditions.contains(name));
        errors.extend(condition.map(|name| unresolved_condition(name, Asker::Condition, Block::Outputs, output.value.position)));
    }
    if errors.is_empty() {
        errors.extend(cycle(template));
        errors.extend(condition_order(template).err());
    }
    errors
}

/// References of what is to be made to resources that their condition leaves out.
pub(crate) fn left_out(template: &Template, conditions: &BTreeMap<String, bool>) -> Vec<TemplateError> {
    let holds = |condition: &Option<String>| condition.as_ref().is_none_or(|name| conditions.get(name) == Some(&true));
    let out: BTreeSet<&str> =
        template.resources.iter().filter(|resource| !holds(&resource.condition)).map(|resource| resource.id.as_str()).collect();
    let mut errors = Vec::new();
    let mut check = |node: &Node, block| {
        let used = referred(node, &|name| conditions.get(name).copied());
        let missing = used.iter().filter(|reference| out.contains(reference.name.as_str()));
        errors.extend(missing.map(|reference| {
            let error = unresolved(&reference.name, block, reference.position);
            match (block, error.message.strip_prefix("Template format error: ")) {
                // AWS evaluates outputs apart from the template's form.
                (Block::Outputs, Some(message)) => TemplateError { message: message.to_owned(), ..error },
                _ => error,
            }
        }));
    };
    for resource in template.resources.iter().filter(|resource| holds(&resource.condition)) {
        resource.properties.iter().for_each(|node| check(node, Block::Resources));
    }
    for output in template.outputs.iter().filter(|output| holds(&output.condition)) {
        std::iter::once(&output.value).chain(&output.export).for_each(|node| check(node, Block::Outputs));
    }
    errors
}

/// What each resource depends on directly. With values of conditions only the values that they choose count.
pub(crate) fn dependencies(
    template: &Template,
    conditions: Option<&BTreeMap<String, bool>>,
) -> BTreeMap<String, BTreeSet<String>> {
    let resources: BTreeSet<&str> = template.resources.iter().map(|resource| resource.id.as_str()).collect();
    let chosen = |name: &str| conditions.and_then(|conditions| conditions.get(name).copied());
    let of = |resource: &crate::Resource| -> BTreeSet<String> {
        // Metadata too, as on AWS: what reads it while the resource is made finds values in it.
        let nodes = resource.properties.iter().chain(&resource.metadata);
        let named = nodes.flat_map(|node| referred(node, &chosen)).map(|reference| reference.name);
        let explicit = resource.depends_on.iter().map(|(name, _)| name.clone());
        named.chain(explicit).filter(|name| resources.contains(name.as_str())).collect()
    };
    template.resources.iter().map(|resource| (resource.id.clone(), of(resource))).collect()
}

fn cycle(template: &Template) -> Option<TemplateError> {
    let (_, circle) = order::waves(&dependencies(template, None));
    let first = template.resources.iter().find(|resource| circle.contains(&resource.id))?;
    let names: Vec<&str> = circle.iter().map(String::as_str).collect();
    Some(TemplateError::at(first.position, format!("Circular dependency between resources: [{}]", names.join(", "))))
}

/// Conditions in an order in which each asks only for earlier ones, and an error if some ask for themselves.
pub(crate) fn condition_order(template: &Template) -> Result<Vec<String>, TemplateError> {
    let asked = |node: &Node| conditions(node, true).into_iter().map(|(name, ..)| name).collect();
    let edges = template.conditions.iter().map(|condition| (condition.name.clone(), asked(&condition.node))).collect();
    let (waves, circle) = order::waves(&edges);
    match template.conditions.iter().find(|condition| circle.contains(&condition.name)) {
        None => Ok(waves.concat()),
        Some(first) => {
            let names: Vec<&str> = circle.iter().map(String::as_str).collect();
            let message = format!("Template format error: Found circular condition dependency between {}", names.join(" and "));
            Err(TemplateError::at(first.position, message))
        }
    }
}
