//! Nodes as JSON, and what a macro made of it as nodes again.

use serde_json::{Map, Value};

use crate::node::{Data, Member, Node};
use crate::{Position, TemplateError, read};

/// A node as CloudFormation hands it to a macro: every function in its long form, `Fn::GetAtt` with a list.
pub(crate) fn from_node(node: &Node) -> Value {
    match &node.data {
        Data::Scalar(value) => value.clone(),
        Data::List(items) => items.iter().map(from_node).collect(),
        Data::Map(members) => {
            Value::Object(members.iter().map(|member| (member.name.clone(), from_node(&member.node))).collect())
        }
        Data::Function(name, argument) => {
            let argument = match (*name, argument.text()) {
                ("Fn::GetAtt", Some(text)) => match text.split_once('.') {
                    Some((id, attribute)) => Value::from(vec![id, attribute]),
                    None => text.into(),
                },
                _ => from_node(argument),
            };
            Value::Object(Map::from_iter([((*name).to_owned(), argument)]))
        }
    }
}

/// A value as a node. What stands in the same place in `like` gives the positions, as far as there is such a place.
pub(crate) fn to_node(value: &Value, like: Option<&Node>, position: Position) -> Result<Node, TemplateError> {
    let position = like.map_or(position, |node| node.position);
    let data = match value {
        Value::Array(items) => {
            let before = like.and_then(Node::items).unwrap_or_default();
            let items = items.iter().enumerate().map(|(index, item)| to_node(item, before.get(index), position));
            Data::List(items.collect::<Result<_, _>>()?)
        }
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let before = like.and_then(Node::members).into_iter().flatten().find(|member| member.name == *name);
                let inner = before.map(|member| &member.node).or_else(|| argument(like, name));
                let place = before.map_or(position, |member| member.position);
                Ok(Member { name: name.clone(), position: place, node: to_node(value, inner, place)? })
            };
            read::map(members.iter().map(member).collect::<Result<_, TemplateError>>()?)?
        }
        scalar => Data::Scalar(scalar.clone()),
    };
    Ok(Node { position, data })
}

/// The argument of the function that `like` is, if it is this one.
fn argument<'n>(like: Option<&'n Node>, name: &str) -> Option<&'n Node> {
    match &like?.data {
        Data::Function(function, argument) if *function == name => Some(argument),
        _ => None,
    }
}
