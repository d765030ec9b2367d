//! Checks of a template by itself: everything it refers to exists, and nothing depends on itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::intrinsic::{self, PSEUDO};
use crate::node::{Data, Node};
use crate::{Position, Template, TemplateError, order};

/// What a node refers to by name, with its place.
pub(crate) fn referred(node: &Node) -> Vec<(String, Position)> {
    let mut found = Vec::new();
    node.walk(&mut |inner| {
        let Data::Function(name, argument) = &inner.data else { return };
        match *name {
            "Ref" => found.extend(argument.text().map(|target| (target, inner.position))),
            "Fn::GetAtt" => found.extend(intrinsic::attribute_of(argument).map(|(target, _)| (target, inner.position))),
            "Fn::Sub" => {
                let (text, own) = intrinsic::sub_parts(argument);
                let text = text.unwrap_or_default();
                let names = intrinsic::placeholders(&text).into_iter().filter(|name| !own.contains(&name.as_str()));
                found.extend(names.map(|name| (name.split('.').next().unwrap_or_default().to_owned(), inner.position)));
            }
            _ => {}
        }
    });
    found
}

/// Names of conditions that a node asks for. Within the Conditions block `{"Condition": name}` asks as well; elsewhere that is a
/// member like any other (of a policy's statement, say).
fn conditions(node: &Node, within_conditions: bool) -> Vec<(String, Position)> {
    let mut found = Vec::new();
    node.walk(&mut |inner| {
        let asked = match &inner.data {
            Data::Function("Fn::If", argument) => argument.items().and_then(<[Node]>::first).and_then(Node::text),
            Data::Function("Condition", argument) => argument.text(),
            Data::Map(_) if within_conditions => inner.member("Condition").and_then(Node::text),
            _ => None,
        };
        found.extend(asked.map(|name| (name, inner.position)));
    });
    found
}

pub(crate) fn references(template: &Template) -> Vec<TemplateError> {
    let resources: BTreeSet<&str> = template.resources.iter().map(|resource| resource.id.as_str()).collect();
    let parameters: BTreeSet<&str> = template.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    let declared: BTreeSet<&str> = template.conditions.iter().map(|condition| condition.name.as_str()).collect();
    let exists = |name: &str| resources.contains(name) || parameters.contains(name) || PSEUDO.contains(&name);
    let mut errors = Vec::new();
    let mut check = |node: &Node, block: &str| {
        for (name, position) in referred(node) {
            if !exists(&name) {
                errors.push(TemplateError::at(
                    position,
                    format!(
                        "Template format error: Unresolved resource dependencies [{name}] in the {block} block of the template"
                    ),
                ));
            }
        }
        for (name, position) in conditions(node, block == "Conditions") {
            if !declared.contains(name.as_str()) {
                errors.push(TemplateError::at(
                    position,
                    format!("Template format error: Unresolved condition dependency {name} in the {block} block of the template"),
                ));
            }
        }
    };
    for properties in template.resources.iter().filter_map(|resource| resource.properties.as_ref()) {
        check(properties, "Resources");
    }
    for output in &template.outputs {
        check(&output.value, "Outputs");
        if let Some(export) = &output.export {
            check(export, "Outputs");
        }
    }
    for condition in &template.conditions {
        check(&condition.node, "Conditions");
    }
    for resource in &template.resources {
        for (name, position) in resource.depends_on.iter().filter(|(name, _)| !resources.contains(name.as_str())) {
            errors.push(TemplateError::at(
                *position,
                format!(
                    "Template format error: Unresolved resource dependencies [{name}] in the Resources block of the template"
                ),
            ));
        }
    }
    let asked = template.resources.iter().filter_map(|resource| Some((resource.condition.as_deref()?, resource.position)));
    for (name, position) in asked.filter(|(name, _)| !declared.contains(name)) {
        errors.push(TemplateError::at(
            position,
            format!("Template format error: Unresolved condition dependency {name} in the Resources block of the template"),
        ));
    }
    if errors.is_empty() {
        errors.extend(cycle(template));
        errors.extend(condition_order(template).err());
    }
    errors
}

/// What each resource depends on directly.
pub(crate) fn dependencies(template: &Template) -> BTreeMap<String, BTreeSet<String>> {
    let resources: BTreeSet<&str> = template.resources.iter().map(|resource| resource.id.as_str()).collect();
    let of = |resource: &crate::Resource| -> BTreeSet<String> {
        let named = resource.properties.iter().flat_map(referred).map(|(name, _)| name);
        let explicit = resource.depends_on.iter().map(|(name, _)| name.clone());
        named.chain(explicit).filter(|name| resources.contains(name.as_str())).collect()
    };
    template.resources.iter().map(|resource| (resource.id.clone(), of(resource))).collect()
}

fn cycle(template: &Template) -> Option<TemplateError> {
    let (_, circle) = order::waves(&dependencies(template));
    let first = template.resources.iter().find(|resource| circle.contains(&resource.id))?;
    let names: Vec<&str> = circle.iter().map(String::as_str).collect();
    Some(TemplateError::at(first.position, format!("Circular dependency between resources: [{}]", names.join(", "))))
}

/// Conditions in an order in which each asks only for earlier ones, and an error if some ask for themselves.
pub(crate) fn condition_order(template: &Template) -> Result<Vec<String>, TemplateError> {
    let asked = |node: &Node| conditions(node, true).into_iter().map(|(name, _)| name).collect();
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
