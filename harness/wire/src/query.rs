//! The parameters of Query and EC2 requests to documents and back, see
//! <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html> and
//! <https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html>.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::AwsError;
use crate::codec::Codec;
use crate::model::{Kind, Member, Shape};
use crate::operation::Operation;
use crate::protocol::Protocol;
use crate::timestamp::TimestampFormat;
use crate::xml_body::{read_scalar, write_scalar};

/// Parts of a parameter's name beyond which it is refused.
const DEEPEST: usize = 40;

/// Parameters as a tree: `Filter.1.Name` is three nodes deep.
#[derive(Debug, Default)]
struct Node {
    value: Option<String>,
    children: BTreeMap<String, Node>,
}

impl Node {
    fn insert(&mut self, name: &str, value: String) -> bool {
        let mut node = self;
        for (depth, part) in name.split('.').enumerate() {
            if depth >= DEEPEST {
                return false;
            }
            node = node.children.entry(part.to_owned()).or_default();
        }
        node.value = Some(value);
        true
    }

    /// Children with a number for a name, in its order.
    fn numbered(&self) -> Vec<&Self> {
        let mut found: Vec<(u64, &Self)> =
            self.children.iter().filter_map(|(name, node)| name.parse::<u64>().ok().map(|number| (number, node))).collect();
        found.sort_by_key(|(number, _)| *number);
        found.into_iter().map(|(_, node)| node).collect()
    }

    /// Full names of the parameters under a node.
    fn leaves(&self, prefix: &str, out: &mut Vec<String>) {
        if self.value.is_some() {
            out.push(prefix.to_owned());
        }
        for (name, node) in &self.children {
            node.leaves(&format!("{prefix}.{name}"), out);
        }
    }
}

/// Reads the parameters of one request.
pub(crate) fn read(codec: Codec<'_>, operation: &Operation, parameters: Vec<(String, String)>) -> Result<Value, AwsError> {
    let mut tree = Node::default();
    for (name, value) in parameters {
        let of_protocol = matches!(name.as_str(), "Action" | "Version") || name.starts_with("X-Amz-") || name == "AWSAccessKeyId";
        if !of_protocol && !tree.insert(&name, value) {
            return Err(AwsError::new("MalformedQueryString", 400, "The query string contains a syntax error."));
        }
    }
    let Some(input) = operation.input else { return Ok(Value::Object(Map::new())) };
    let reader = Form { codec, ec2: codec.protocol() == Protocol::Ec2Query };
    if reader.ec2 {
        reader.refuse_unknown(codec.model().shape(input), &tree)?;
    }
    reader.structure(codec.model().shape(input), &tree, 0).map(Value::Object)
}

/// Writes the parameters of one request, those that name the operation first.
pub(crate) fn write(codec: Codec<'_>, operation: &Operation, input: &Value) -> Vec<(String, String)> {
    let parameters = [("Action", operation.name()), ("Version", codec.model().api_version())];
    let mut out = parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    if let Some(shape) = operation.input {
        Form { codec, ec2: codec.protocol() == Protocol::Ec2Query }.write_structure(
            "",
            codec.model().shape(shape),
            input,
            &mut out,
        );
    }
    out
}

/// How a service's documents are told in parameters.
struct Form<'a> {
    codec: Codec<'a>,
    ec2: bool,
}

impl Form<'_> {
    fn write_structure(&self, prefix: &str, shape: &Shape, value: &Value, out: &mut Vec<(String, String)>) {
        for member in &shape.members {
            if let Some(value) = value.get(&member.name).filter(|value| !value.is_null()) {
                self.write_value(format!("{prefix}{}", self.name(member)), member, value, out);
            }
        }
    }

    fn write_value(&self, name: String, member: &Member, value: &Value, out: &mut Vec<(String, String)>) {
        let shape = self.codec.model().shape(member.shape);
        match (shape.kind, value, &shape.item, &shape.key, &shape.value) {
            (Kind::Structure, ..) => self.write_structure(&format!("{name}."), shape, value, out),
            (Kind::List, Value::Array(items), Some(item), ..) => {
                let each = item.xml_name().unwrap_or("member");
                let name = if self.is_flat(member, shape) { name } else { format!("{name}.{each}") };
                for (number, value) in items.iter().enumerate() {
                    self.write_value(format!("{name}.{}", number + 1), item, value, out);
                }
            }
            (Kind::Map, Value::Object(entries), _, Some(key), Some(item)) => {
                let name = if self.is_flat(member, shape) { name } else { format!("{name}.entry") };
                for (number, (entry, value)) in entries.iter().enumerate() {
                    let name = format!("{name}.{}", number + 1);
                    out.push((format!("{name}.{}", key.xml_name().unwrap_or("key")), entry.clone()));
                    self.write_value(format!("{name}.{}", item.xml_name().unwrap_or("value")), item, value, out);
                }
            }
            _ => out.push((name, write_scalar(shape, member, value, TimestampFormat::Iso8601, false))),
        }
    }

    fn is_flat(&self, member: &Member, shape: &Shape) -> bool {
        self.ec2 || member.flattened || shape.flattened
    }

    /// What a member of a structure is called as a parameter.
    fn name(&self, member: &Member) -> String {
        if !self.ec2 {
            return member.xml().to_owned();
        }
        if let Some(name) = &member.query_name {
            return name.clone();
        }
        let mut chars = member.xml().chars();
        chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
    }

    /// EC2 refuses parameters that it does not know; the other Query services ignore them.
    fn refuse_unknown(&self, shape: &Shape, tree: &Node) -> Result<(), AwsError> {
        let names: Vec<String> = shape.members.iter().map(|member| self.name(member)).collect();
        match tree.children.iter().find(|(name, _)| !names.contains(name)) {
            None => Ok(()),
            Some((name, node)) => {
                let mut leaves = Vec::new();
                node.leaves(name, &mut leaves);
                let name = leaves.into_iter().next().unwrap_or_else(|| name.clone());
                Err(AwsError::new("UnknownParameter", 400, format!("The parameter {name} is not recognized")))
            }
        }
    }

    fn structure(&self, shape: &Shape, node: &Node, depth: usize) -> Result<Map<String, Value>, AwsError> {
        let mut out = Map::new();
        for member in &shape.members {
            let name = self.name(member);
            if let Some(child) = node.children.get(&name)
                && let Some(value) = self.value(member, &name, child, depth + 1)?
            {
                out.insert(member.name.clone(), value);
            }
        }
        Ok(out)
    }

    fn value(&self, member: &Member, name: &str, node: &Node, depth: usize) -> Result<Option<Value>, AwsError> {
        let shape = self.codec.model().shape(member.shape);
        if depth > DEEPEST {
            return Err(AwsError::new("MalformedQueryString", 400, "The query string contains a syntax error."));
        }
        Ok(match shape.kind {
            Kind::Structure => Some(Value::Object(self.structure(shape, node, depth)?)),
            Kind::List => {
                let Some(item) = &shape.item else { return Ok(None) };
                let items = if self.is_flat(member, shape) {
                    node.numbered()
                } else {
                    node.children.get(item.xml_name().unwrap_or("member")).map(Node::numbered).unwrap_or_default()
                };
                let mut out = Vec::with_capacity(items.len());
                for item_node in items {
                    out.extend(self.value(item, name, item_node, depth + 1)?);
                }
                Some(Value::Array(out))
            }
            Kind::Map => {
                let (Some(key), Some(item)) = (&shape.key, &shape.value) else { return Ok(None) };
                let entries = if self.is_flat(member, shape) {
                    node.numbered()
                } else {
                    node.children.get("entry").map(Node::numbered).unwrap_or_default()
                };
                let mut out = Map::new();
                for entry in entries {
                    let found = entry.children.get(key.xml_name().unwrap_or("key")).and_then(|node| node.value.clone());
                    let value = entry.children.get(item.xml_name().unwrap_or("value"));
                    if let (Some(found), Some(value)) = (found, value)
                        && let Some(value) = self.value(item, name, value, depth + 1)?
                    {
                        out.insert(found, value);
                    }
                }
                Some(Value::Object(out))
            }
            _ => match &node.value {
                Some(text) => Some(read_scalar(shape, text).ok_or_else(|| self.bad_value(name, text))?),
                None => None,
            },
        })
    }

    fn bad_value(&self, name: &str, text: &str) -> AwsError {
        if self.ec2 {
            AwsError::new("InvalidParameterValue", 400, format!("Invalid value '{text}' for {name}"))
        } else {
            AwsError::new("MalformedInput", 400, format!("Invalid value '{text}' for parameter {name}"))
        }
    }
}
