//! Members of a resource's declaration at any depth, with the values that are known before anything is made, and the attributes of other
//! resources that it refers to.

use serde_json::Value;

use crate::check::{self, By};
use crate::intrinsic::Scope;
use crate::node::{Data, Node};
use crate::{Deployment, Position, Resource, Template, Unsupported, zones};

/// A member of a resource's properties, at any depth. A list gives one for each of its items that is no object.
#[derive(Debug, Clone, PartialEq)]
pub struct Property<'a> {
    /// Names from the resource on, without indexes of lists.
    pub path: Vec<&'a str>,
    /// Where it stands.
    pub position: Position,
    /// Its value, if that is known before anything is made and a text, number, truth value, or empty list.
    pub value: Option<Value>,
}

impl Property<'_> {
    /// `VpcConfig.SubnetIds`
    pub fn name(&self) -> String {
        self.path.join(".")
    }

    /// The value as a text.
    pub fn text(&self) -> Option<String> {
        match self.value.as_ref()? {
            Value::String(text) => Some(text.clone()),
            value @ (Value::Bool(_) | Value::Number(_)) => Some(value.to_string()),
            _ => None,
        }
    }
}

/// A reference to an attribute of a resource, by `Fn::GetAtt` or `Fn::Sub`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Logical id of the resource.
    pub of: String,
    /// Its name: `Arn`.
    pub name: String,
    /// Where the reference stands.
    pub position: Position,
    /// Logical id of the resource, or name of the output, that refers to it.
    pub by: String,
    /// Whether `Fn::Sub` refers to it.
    pub is_placeholder: bool,
}

/// The conditions and values that are known while a declaration is read.
struct View<'a> {
    /// The value of a condition.
    holds: &'a dyn Fn(&str) -> Option<bool>,
    /// The value of a function.
    value: &'a dyn Fn(&Node) -> Option<Value>,
}

impl View<'_> {
    fn properties<'n>(&self, node: &'n Node, path: &mut Vec<&'n str>, found: &mut Vec<Property<'n>>) {
        for member in node.members().unwrap_or_default() {
            path.push(&member.name);
            self.value(&member.node, member.position, path, found);
            path.pop();
        }
    }

    fn value<'n>(&self, node: &'n Node, position: Position, path: &mut Vec<&'n str>, found: &mut Vec<Property<'n>>) {
        let mut push = |value| found.push(Property { path: path.clone(), position, value });
        match &node.data {
            Data::Scalar(value) => push(Some(value.clone())),
            Data::Map(_) => {
                push(None);
                self.properties(node, path, found);
            }
            Data::List(items) => {
                push(items.is_empty().then(|| Value::Array(Vec::new())));
                for item in items {
                    match &item.data {
                        Data::Map(_) => self.properties(item, path, found),
                        _ => self.value(item, item.position, path, found),
                    }
                }
            }
            Data::Function("Fn::If", argument) => {
                let Some([condition, yes, no]) = argument.items() else { return };
                let holds = condition.text().and_then(|name| (self.holds)(&name));
                for branch in [(yes, true), (no, false)].into_iter().filter(|(_, when)| holds.is_none_or(|holds| holds == *when))
                {
                    self.value(branch.0, position, path, found);
                }
            }
            Data::Function("Ref", argument) if argument.text().as_deref() == Some("AWS::NoValue") => {}
            Data::Function(..) => push((self.value)(node)),
        }
    }

    fn attributes(&self, node: &Node, by: &str, found: &mut Vec<Attribute>) {
        for reference in check::referred(node, self.holds) {
            let (name, is_placeholder) = match reference.by {
                By::Attribute(name) => (name, false),
                By::Placeholder(name) => (name, true),
                By::Reference => continue,
            };
            // One that is a reference itself is known later.
            if !name.is_empty() {
                let (of, position, by) = (reference.name, reference.position, by.to_owned());
                found.push(Attribute { of, name, position, by, is_placeholder });
            }
        }
    }
}

impl Template {
    /// The properties of `resource`, whichever conditions hold.
    pub fn properties_of<'a>(&self, resource: &'a Resource) -> Vec<Property<'a>> {
        let mut found = Vec::new();
        if let Some(properties) = &resource.properties {
            View { holds: &|_| None, value: &|_| None }.properties(properties, &mut Vec::new(), &mut found);
        }
        found
    }

    /// Attributes of `resource` that a local region does not support, whichever conditions hold.
    pub fn unsupported_of(&self, resource: &Resource) -> Vec<Unsupported> {
        resource.unsupported.clone()
    }
}

impl Deployment<'_> {
    /// The properties of `resource`, by the values that conditions choose.
    pub fn properties_of<'r>(&self, resource: &'r Resource) -> Vec<Property<'r>> {
        let mut found = Vec::new();
        if let Some(properties) = &resource.properties {
            self.view(|view| view.properties(properties, &mut Vec::new(), &mut found));
        }
        found
    }

    /// Attributes of `resource` that a local region does not support.
    pub fn unsupported_of(&self, resource: &Resource) -> Vec<Unsupported> {
        let mut found = resource.unsupported.clone();
        let scope = self.scope(&crate::inputs::Nothing);
        let zones = resource.properties.iter().flat_map(|node| check::uses("Fn::GetAZs", node, &|name| self.condition(name)));
        found.extend(zones.filter_map(|node| {
            let Data::Function(_, argument) = &node.data else { return None };
            let Ok(Some(Value::String(region))) = scope.resolve(argument) else { return None };
            let is_unknown = !region.is_empty() && region != self.region() && zones::of_region(&region).is_none();
            is_unknown.then(|| Unsupported::in_resource(format!("`Fn::GetAZs` of `{region}`"), &resource.id, node.position))
        }));
        found
    }

    /// The attributes that resources and outputs refer to.
    pub fn attributes(&self) -> Vec<Attribute> {
        let mut found = Vec::new();
        self.view(|view| {
            for resource in self.resources() {
                resource.properties.iter().for_each(|node| view.attributes(node, &resource.id, &mut found));
            }
            for output in self.wanted_outputs() {
                std::iter::once(&output.value)
                    .chain(&output.export)
                    .for_each(|node| view.attributes(node, &output.name, &mut found));
            }
        });
        found
    }

    fn view<T>(&self, look: impl FnOnce(&View<'_>) -> T) -> T {
        let scope: Scope<'_> = self.scope(&crate::inputs::Nothing);
        look(&View { holds: &|name| self.condition(name), value: &|node| scope.resolve(node).ok().flatten() })
    }
}
