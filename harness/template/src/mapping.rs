//! The shape of the Mappings section: names, keys, and constants.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/mappings-section-structure.html>

use crate::TemplateError;
use crate::node::{Data, Node};

/// Most mappings in a template.
const MAPPINGS: usize = 200;

/// What is wrong with the section.
pub(crate) fn check(mappings: &Node) -> Vec<TemplateError> {
    let members = match mappings.expect_map("Mappings") {
        Ok(members) => members,
        Err(error) => return vec![error],
    };
    let count = members.len();
    if count > MAPPINGS {
        let message = format!("Template format error: Number of mappings, {count}, is greater than maximum allowed, {MAPPINGS}");
        return vec![mappings.error(message)];
    }
    let mut errors = Vec::new();
    for mapping in members {
        let object = |node: &Node, name: &str| match node.members() {
            Some(_) => Ok(()),
            None => Err(node.error(format!("Template format error: Every Mappings member {name} must be a map"))),
        };
        if let Err(error) = object(&mapping.node, &mapping.name) {
            errors.push(error);
            continue;
        }
        for key in mapping.node.members().unwrap_or_default() {
            match object(&key.node, &key.name).map(|()| key.node.members().unwrap_or_default()) {
                Ok(attributes) => {
                    errors.extend(attributes.iter().filter(|attribute| !constant(&attribute.node)).map(|attribute| {
                        attribute.node.error("Template format error: Every Mappings attribute must be a String or a List.")
                    }))
                }
                Err(error) => errors.push(error),
            }
        }
    }
    errors
}

fn constant(node: &Node) -> bool {
    match &node.data {
        Data::Scalar(_) => true,
        Data::List(items) => items.iter().all(|item| matches!(item.data, Data::Scalar(_))),
        Data::Map(_) | Data::Function(..) => false,
    }
}
