//! Intrinsic functions and conditions.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use std::collections::BTreeMap;

use base64::Engine as _;
use ipnet::IpNet;
use serde_json::{Map, Value};

use crate::declaration::is_custom;
use crate::inputs::{Inputs, Made};
use crate::node::{Data, Member, Node};
use crate::{Template, TemplateError, zones};

/// Pseudo parameters.
pub(crate) const PSEUDO: &[&str] = &[
    "AWS::AccountId",
    "AWS::NotificationARNs",
    "AWS::NoValue",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// The pseudo parameter that stands for no value.
const NO_VALUE: &str = "AWS::NoValue";

/// Logical id and attribute of a `Fn::GetAtt`, in either form; the attribute may be a `Ref` in the list form.
pub(crate) fn attribute_of(argument: &Node) -> Option<(String, Node)> {
    match &argument.data {
        Data::List(items) => match items.as_slice() {
            [id, attribute] => {
                let named = attribute.text().is_some_and(|name| !name.is_empty());
                let referred = matches!(attribute.data, Data::Function("Ref", _));
                (named || referred).then(|| Some((id.text()?, attribute.clone())))?
            }
            _ => None,
        },
        _ => {
            let text = argument.text()?;
            let (id, attribute) = text.split_once('.').filter(|(_, attribute)| !attribute.is_empty())?;
            Some((id.to_owned(), Node { position: argument.position, data: Data::Scalar(attribute.into()) }))
        }
    }
}

/// The text of a `Fn::Sub`, and the names that it brings along.
pub(crate) fn sub_parts(argument: &Node) -> (Option<String>, Vec<&str>) {
    match argument.items() {
        Some([text, own, ..]) => {
            (text.text(), own.members().unwrap_or_default().iter().map(|member| member.name.as_str()).collect())
        }
        _ => (argument.text(), Vec::new()),
    }
}

/// The names between `${` and `}` of a text; `${!x}` is literal.
pub(crate) fn placeholders(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    pieces(text, &mut |piece| {
        if let Piece::Name(name) = piece {
            names.push(name.to_owned());
        }
        Ok::<(), TemplateError>(())
    })
    .unwrap_or_default();
    names
}

enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

fn pieces<'a, E>(text: &'a str, each: &mut dyn FnMut(Piece<'a>) -> Result<(), E>) -> Result<(), E> {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        each(Piece::Text(before))?;
        let Some((name, after)) = after.split_once('}') else {
            each(Piece::Text("${"))?;
            rest = after;
            continue;
        };
        match name.strip_prefix('!') {
            Some(literal) => {
                each(Piece::Text("${"))?;
                each(Piece::Text(literal))?;
                each(Piece::Text("}"))?;
            }
            None => each(Piece::Name(name.trim()))?,
        }
        rest = after;
    }
    each(Piece::Text(rest))
}

/// What names stand for while a template is resolved.
pub(crate) struct Scope<'a> {
    pub template: &'a Template,
    pub inputs: &'a Inputs,
    pub conditions: &'a BTreeMap<String, bool>,
    pub made: &'a dyn Made,
}

impl Scope<'_> {
    /// The value of a node; `None` is `AWS::NoValue`.
    pub(crate) fn resolve(&self, node: &Node) -> Result<Option<Value>, TemplateError> {
        match &node.data {
            Data::Scalar(value) => Ok(Some(value.clone())),
            Data::List(items) => {
                let mut found = Vec::new();
                for item in items {
                    found.extend(self.resolve(item)?);
                }
                Ok(Some(Value::Array(found)))
            }
            Data::Map(members) => self.object(members).map(Some),
            Data::Function(name, argument) => self.function(name, argument, node),
        }
    }

    pub(crate) fn object(&self, members: &[Member]) -> Result<Value, TemplateError> {
        let mut found = Map::new();
        for member in members {
            if let Some(value) = self.resolve(&member.node)? {
                found.insert(member.name.clone(), value);
            }
        }
        Ok(Value::Object(found))
    }

    fn function(&self, name: &str, argument: &Node, node: &Node) -> Result<Option<Value>, TemplateError> {
        match name {
            "Ref" => {
                let target = argument.expect_text("the argument of Ref")?;
                if target == NO_VALUE {
                    return Ok(None);
                }
                // A parameter may say that there is no value.
                let value = self.reference(&target, node)?;
                Ok(Some(value).filter(|value| value != NO_VALUE))
            }
            "Fn::If" => {
                let [condition, yes, no] = three(argument, node)?;
                let condition = condition.expect_text("the condition of Fn::If")?;
                let holds = self.conditions.get(&condition).copied().unwrap_or(false);
                self.resolve(if holds { yes } else { no })
            }
            "Fn::GetAtt" => {
                let (id, attribute) = attribute_of(argument)
                    .ok_or_else(|| node.error("Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute"))?;
                self.attribute(&id, &self.text(&attribute)?, node).map(Some)
            }
            "Fn::Sub" => self.sub(argument, node).map(Some),
            "Fn::Join" => {
                let [delimiter, list] = two(argument, node)?;
                let delimiter = self.text(delimiter)?;
                let parts: Vec<String> = self.list(list)?.iter().map(|part| scalar(part, node)).collect::<Result<_, _>>()?;
                Ok(Some(parts.join(&delimiter).into()))
            }
            "Fn::Select" => {
                let [index, list] = two(argument, node)?;
                let index: usize =
                    self.text(index)?.parse().map_err(|_| node.error("Template error: Fn::Select requires an integer index"))?;
                let chosen = self.list(list)?.into_iter().nth(index);
                chosen.map(Some).ok_or_else(|| {
                    node.error(format!("Template error: Fn::Select cannot select nonexistent value at index {index}"))
                })
            }
            "Fn::Split" => {
                let [delimiter, text] = two(argument, node)?;
                let (delimiter, text) = (self.text(delimiter)?, self.text(text)?);
                if delimiter.is_empty() {
                    return Err(node.error("Template error: every Fn::Split object requires a non-empty delimiter"));
                }
                Ok(Some(text.split(&delimiter).collect::<Vec<_>>().into()))
            }
            "Fn::Base64" => Ok(Some(base64::engine::general_purpose::STANDARD.encode(self.text(argument)?).into())),
            "Fn::FindInMap" => self.find_in_map(argument, node).map(Some),
            "Fn::ImportValue" => {
                let name = self.import(node)?;
                Ok(self.inputs.imports.get(&name).map(|value| Value::from(value.as_str())))
            }
            "Fn::GetStackOutput" => self.stack_output(argument, node).map(Some),
            "Fn::GetAZs" => {
                let region = self.text(argument)?;
                if region.is_empty() || region == self.inputs.pseudo.region {
                    return Ok(Some(self.inputs.availability_zones.clone().into()));
                }
                let unknown =
                    || node.error(format!("Template error: Fn::GetAZs of region {region} is not known to this local region"));
                zones::of_region(&region).ok_or_else(unknown).map(|zones| Some(zones.into()))
            }
            "Fn::Cidr" => self.cidr(argument, node).map(Some),
            "Fn::Length" => Ok(Some(self.list(argument)?.len().into())),
            "Fn::ToJsonString" => {
                let value = self.resolve(argument)?.filter(|value| value.is_array() || value.is_object());
                let value = value.ok_or_else(|| node.error("Template error: Fn::ToJsonString requires an object or a list"))?;
                Ok(Some(value.to_string().into()))
            }
            other => Err(node.error(format!("Template error: {other} cannot be used here"))),
        }
    }

    /// The name of the export that a `Fn::ImportValue` asks for.
    pub(crate) fn import(&self, node: &Node) -> Result<String, TemplateError> {
        let Data::Function(_, argument) = &node.data else { return Err(node.error("Template error: no Fn::ImportValue")) };
        let name = self.text(argument)?;
        if self.inputs.imports.contains_key(&name) {
            return Ok(name);
        }
        Err(node.error(format!("No export named {name} found.")))
    }

    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html>
    fn stack_output(&self, argument: &Node, node: &Node) -> Result<Value, TemplateError> {
        let member = |name: &str| {
            let missing = || node.error("Template error: every Fn::GetStackOutput object requires StackName and OutputName");
            argument.member(name).ok_or_else(missing).and_then(|node| self.text(node))
        };
        let (stack, output) = (member("StackName")?, member("OutputName")?);
        let missing = || node.error(format!("No output named {output} found in stack {stack}."));
        let found = self.inputs.stack_outputs.get(&stack).and_then(|outputs| outputs.get(&output));
        found.map(|value| Value::from(value.as_str())).ok_or_else(missing)
    }

    fn reference(&self, target: &str, node: &Node) -> Result<Value, TemplateError> {
        let pseudo = &self.inputs.pseudo;
        let value = match target {
            "AWS::AccountId" => pseudo.account_id.as_str().into(),
            // Within a text it is nothing.
            "AWS::NoValue" => "".into(),
            "AWS::NotificationARNs" => pseudo.notification_arns.clone().into(),
            "AWS::Partition" => pseudo.partition.as_str().into(),
            "AWS::Region" => pseudo.region.as_str().into(),
            "AWS::StackId" => pseudo.stack_id.as_str().into(),
            "AWS::StackName" => pseudo.stack_name.as_str().into(),
            "AWS::URLSuffix" => pseudo.url_suffix.as_str().into(),
            _ => match self.inputs.parameters.get(target) {
                Some(value) => value.clone(),
                None => self.made.reference(target).map(Value::from).ok_or_else(|| unresolved(target, node))?,
            },
        };
        Ok(value)
    }

    fn attribute(&self, id: &str, name: &str, node: &Node) -> Result<Value, TemplateError> {
        if self.made.reference(id).is_none() {
            return Err(unresolved(id, node));
        }
        let kind = self.template.resources.iter().find(|resource| resource.id == id).map(|resource| resource.kind.as_str());
        self.made.attribute(id, name).ok_or_else(|| {
            let kind = kind.unwrap_or("unknown");
            if is_custom(kind) {
                let (stack, region) = (&self.inputs.pseudo.stack_id, self.inputs.pseudo.region.replace('-', ""));
                return node.error(format!(
                    "CustomResource attribute error: Vendor response doesn't contain {name} key in object {stack}|{id} in S3 bucket \
                     cloudformation-custom-resource-storage-{region}"
                ));
            }
            node.error(format!(
                "Template error: resource {id} does not support attribute type {name} in Fn::GetAtt (resource type {kind})"
            ))
        })
    }

    fn sub(&self, argument: &Node, node: &Node) -> Result<Value, TemplateError> {
        let (text, own) = match argument.items() {
            Some([text, own]) => (text.expect_text("the text of Fn::Sub")?, own.expect_map("the variables of Fn::Sub")?),
            Some(_) => {
                return Err(
                    node.error("Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments.")
                );
            }
            None => (argument.expect_text("the argument of Fn::Sub")?, &[][..]),
        };
        let mut filled = String::new();
        pieces(&text, &mut |piece| {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Name(name) => {
                    let value = match (own.iter().find(|member| member.name == name), name.split_once('.')) {
                        (Some(member), _) => self.resolve(&member.node)?.unwrap_or_default(),
                        (None, Some((id, attribute))) => self.attribute(id, attribute, node)?,
                        (None, None) => self.reference(name, node)?,
                    };
                    filled.push_str(&scalar(&value, node)?);
                }
            }
            Ok(())
        })?;
        Ok(filled.into())
    }

    fn find_in_map(&self, argument: &Node, node: &Node) -> Result<Value, TemplateError> {
        let (keys, default) = match argument.items() {
            Some([map, top, second, options]) => ([map, top, second], options.member("DefaultValue")),
            _ => (three(argument, node)?, None),
        };
        let [map, top, second] = keys;
        let (map, top, second) = (self.text(map)?, self.text(top)?, self.text(second)?);
        let found = self.template.mappings.as_ref().and_then(|mappings| mappings.member(&map)?.member(&top)?.member(&second));
        match found.or(default) {
            Some(found) => Ok(self.resolve(found)?.unwrap_or_default()),
            None => Err(node.error(format!("Template error: Unable to get mapping for {map}::{top}::{second}"))),
        }
    }

    /// `Fn::Cidr [block, count, bits]`: `count` blocks of `bits` host bits each.
    fn cidr(&self, argument: &Node, node: &Node) -> Result<Value, TemplateError> {
        let wrong = || {
            node.error(
                "Template error: every Fn::Cidr object requires an IP block, a count of 1 to 256, and the number of host bits",
            )
        };
        let items = argument.items().ok_or_else(wrong)?;
        let texts: Vec<String> = items.iter().map(|item| self.text(item)).collect::<Result<_, _>>()?;
        let [block, count, bits] = texts.as_slice() else { return Err(wrong()) };
        let network: IpNet = block.parse().map_err(|_| wrong())?;
        let longest = network.max_prefix_len();
        let count: usize = count.parse().ok().filter(|count| (1..=256).contains(count)).ok_or_else(wrong)?;
        let bits: u8 = bits.parse().ok().filter(|bits| (1..=longest).contains(bits)).ok_or_else(wrong)?;
        let subnets = network.trunc().subnets(longest - bits).map_err(|_| wrong())?;
        let blocks: Vec<String> = subnets.take(count).map(|subnet| subnet.to_string()).collect();
        if blocks.len() < count {
            return Err(
                node.error(format!("Template error: Fn::Cidr cannot fit {count} blocks of {bits} host bits into {block}"))
            );
        }
        Ok(blocks.into())
    }

    pub(crate) fn list(&self, node: &Node) -> Result<Vec<Value>, TemplateError> {
        match self.resolve(node)? {
            Some(Value::Array(items)) => Ok(items),
            _ => Err(node.error("Template error: a list is needed here")),
        }
    }

    pub(crate) fn text(&self, node: &Node) -> Result<String, TemplateError> {
        let value = self.resolve(node)?.unwrap_or_default();
        scalar(&value, node)
    }

    /// Whether a condition holds. Those that it asks for are among `conditions` already.
    pub(crate) fn holds(&self, node: &Node) -> Result<bool, TemplateError> {
        // Conditions are evaluated in their order, so one that is asked for is known.
        let named = |name: String| match self.conditions.get(&name) {
            Some(held) => Ok(*held),
            None => Err(node.error(format!("Template format error: Unresolved condition dependency {name}"))),
        };
        match &node.data {
            Data::Function("Fn::Equals", argument) => {
                let [left, right] = two(argument, node)?;
                Ok(self.text(left)? == self.text(right)?)
            }
            Data::Function("Fn::Not", argument) => match argument.items() {
                Some([inner]) => Ok(!self.holds(inner)?),
                _ => Err(node.error("Template error: Fn::Not requires one condition in a list")),
            },
            Data::Function(name @ ("Fn::And" | "Fn::Or"), argument) => {
                let items = argument.items().filter(|items| (2..=10).contains(&items.len()));
                let items = items.ok_or_else(|| {
                    node.error(format!(
                        "Template error: every {name} object requires a list of at least 2 and at most 10 boolean parameters."
                    ))
                })?;
                let results: Vec<bool> = items.iter().map(|item| self.holds(item)).collect::<Result<_, _>>()?;
                Ok(if *name == "Fn::And" { results.iter().all(|held| *held) } else { results.iter().any(|held| *held) })
            }
            Data::Function("Condition", argument) => named(argument.expect_text("the name of a condition")?),
            Data::Map(members) => match members.as_slice() {
                [member] if member.name == "Condition" => named(member.node.expect_text("the name of a condition")?),
                _ => Err(node.error("Template format error: Every Conditions member must be a boolean function")),
            },
            _ => Err(node.error("Template format error: Every Conditions member must be a boolean function")),
        }
    }
}

fn unresolved(id: &str, node: &Node) -> TemplateError {
    node.error(format!("Template format error: Unresolved resource dependencies [{id}] in the Resources block of the template"))
}

/// A scalar as text; `None` for a list or an object.
pub(crate) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null => Some(String::new()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

fn scalar(value: &Value, node: &Node) -> Result<String, TemplateError> {
    text_of(value).ok_or_else(|| node.error("Template error: a string is needed here, not a list or an object"))
}

fn two<'a>(argument: &'a Node, node: &Node) -> Result<[&'a Node; 2], TemplateError> {
    match argument.items() {
        Some([first, second]) => Ok([first, second]),
        _ => Err(node.error("Template error: the function requires a list of two arguments")),
    }
}

fn three<'a>(argument: &'a Node, node: &Node) -> Result<[&'a Node; 3], TemplateError> {
    match argument.items() {
        Some([first, second, third]) => Ok([first, second, third]),
        _ => Err(node.error("Template error: the function requires a list of three arguments")),
    }
}
