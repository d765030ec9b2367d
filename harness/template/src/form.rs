//! Checks of intrinsic functions' forms, before anything is known of the values.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use serde_json::Value;

use crate::TemplateError;
use crate::intrinsic;
use crate::node::{Data, Node};

/// Where in a template a function stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Block {
    Conditions,
    Resources,
    Outputs,
}

impl Block {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Conditions => "Conditions",
            Self::Resources => "Resources",
            Self::Outputs => "Outputs",
        }
    }
}

const CONDITIONS_ONLY: &str =
    "Template format error: Conditions can only be boolean operations on parameters and other conditions";

/// Functions within a node whose form is wrong, or that cannot be used in this block.
///
/// `is_extended`: `AWS::LanguageExtensions` was applied.
pub(crate) fn functions(node: &Node, block: Block, is_extended: bool) -> Vec<TemplateError> {
    let mut errors = Vec::new();
    node.walk(&mut |inner| {
        if let Data::Function(name, argument) = &inner.data {
            let misplaced = match *name {
                "Condition" | "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" if block != Block::Conditions => Some(format!(
                    "Template format error: {name} can be used in the Conditions block of the template only, not in {}",
                    block.name()
                )),
                "Fn::GetAtt" | "Fn::ImportValue" | "Fn::If" | "Fn::GetAZs" | "Fn::Cidr" if block == Block::Conditions => {
                    Some(CONDITIONS_ONLY.to_owned())
                }
                _ => None,
            };
            let wrong = misplaced.or_else(|| form(name, argument, is_extended));
            errors.extend(wrong.map(|message| inner.error(message)));
        }
    });
    errors
}

/// What is wrong with a function's argument.
fn form(name: &str, argument: &Node, is_extended: bool) -> Option<String> {
    let items = argument.items();
    let count = items.map_or(0, <[Node]>::len);
    let literal = |index: usize| items.and_then(|items| items.get(index)).is_some_and(|item| item.text().is_some());
    // A list where a function of a list will do, too.
    let list = |index: usize| {
        let item = items.and_then(|items| items.get(index));
        item.is_some_and(|item| matches!(item.data, Data::List(_) | Data::Function(..)))
    };
    let value = |node: &Node| matches!(node.data, Data::Scalar(_) | Data::Function(..));
    let (holds, message) = match name {
        "Ref" => (argument.text().is_some(), "Template format error: Every Ref object must have a single String value."),
        "Fn::GetAtt" => (
            intrinsic::attribute_of(argument).is_some_and(|(id, _)| !id.is_empty()),
            "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute",
        ),
        "Fn::Sub" => return sub(argument),
        "Fn::Join" => (
            count == 2 && literal(0) && list(1),
            "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be \
             joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.",
        ),
        "Fn::Select" => (
            count == 2 && list(1) && selectable(items.unwrap_or_default()),
            "Template error: Fn::Select requires a list argument with two elements: an integer index and a list",
        ),
        "Fn::Split" => (
            count == 2 && literal(0) && items.and_then(<[Node]>::last).is_some_and(value),
            "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or \
             a function that returns a string to be split.",
        ),
        "Fn::If" => {
            (count == 3 && literal(0), "Template error: Fn::If requires a list argument: the name of a condition, and two values")
        }
        "Fn::Equals" => (count == 2, "Template error: every Fn::Equals object requires a list of 2 string parameters."),
        "Fn::Not" => (count == 1, "Template error: every Fn::Not object requires a list of 1 boolean parameter."),
        "Fn::And" | "Fn::Or" => {
            let message =
                format!("Template error: every {name} object requires a list of at least 2 and at most 10 boolean parameters.");
            return (!(2..=10).contains(&count)).then_some(message);
        }
        "Fn::FindInMap" => (
            find_in_map(items.unwrap_or_default(), is_extended),
            "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for \
             return value",
        ),
        "Fn::Length" => (
            matches!(argument.data, Data::List(_) | Data::Function(..)),
            "Template error: every Fn::Length object requires a list, or a function that returns one.",
        ),
        "Fn::ToJsonString" => (
            !matches!(argument.data, Data::Scalar(_)),
            "Template error: every Fn::ToJsonString object requires an object or a list.",
        ),
        "Fn::Base64" => (value(argument), "Template error: every Fn::Base64 object must have a String-typed value."),
        "Fn::ImportValue" => (
            value(argument),
            "Template error: the attribute in Fn::ImportValue must be a string or a function that returns a string",
        ),
        "Fn::GetAZs" => (value(argument), "Template error: every Fn::GetAZs object must have a String-typed value."),
        "Fn::Cidr" => (
            count == 3,
            "Template error: every Fn::Cidr object requires a list of three: the IP block, the count and the host bits",
        ),
        "Condition" => (argument.text().is_some(), "Template format error: Every Condition member must be a string."),
        _ => return None,
    };
    (!holds).then(|| message.to_owned())
}

/// The map and two keys, which are texts or functions; and with `AWS::LanguageExtensions` a default value.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-findinmap.html>
fn find_in_map(items: &[Node], is_extended: bool) -> bool {
    let is_key = |node: &Node| match &node.data {
        Data::Scalar(_) => true,
        Data::Function(name, _) => is_extended || matches!(*name, "Ref" | "Fn::FindInMap"),
        Data::List(_) | Data::Map(_) => false,
    };
    match items {
        [map, top, second] => [map, top, second].into_iter().all(is_key),
        [map, top, second, options] if is_extended => {
            [map, top, second].into_iter().all(is_key)
                && options.members().is_some_and(|members| matches!(members, [default] if default.name == "DefaultValue"))
        }
        _ => false,
    }
}

/// Whether an index that is written out is a number, and within a list that is written out.
fn selectable(items: &[Node]) -> bool {
    let [index, list] = items else { return false };
    let Some(index) = index.text() else { return true };
    let Ok(index) = index.parse::<usize>() else { return false };
    // How many items a function in the list leaves is known later.
    list.items().is_none_or(|list| index < list.len() || list.iter().any(|item| matches!(item.data, Data::Function(..))))
}

fn sub(argument: &Node) -> Option<String> {
    let text = match argument.items() {
        None => argument.text(),
        Some([text, variables]) if variables.members().is_some() => text.text(),
        Some(_) => None,
    };
    let Some(text) = text else {
        return Some(
            "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first \
             argument, and an optional second argument to specify a mapping of values to replace in the string"
                .to_owned(),
        );
    };
    let named = |name: &String| {
        !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | ':'))
    };
    let odd = intrinsic::placeholders(&text).into_iter().find(|name| !named(name))?;
    Some(format!(
        "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and \
         colons: `{odd}`"
    ))
}

/// Nulls, anywhere in a template.
pub(crate) fn nulls(node: &Node, path: &mut String, errors: &mut Vec<TemplateError>) {
    let mut below = |name: &str, inner: &Node| {
        let length = path.len();
        path.push('/');
        path.push_str(name);
        nulls(inner, path, errors);
        path.truncate(length);
    };
    match &node.data {
        Data::Scalar(Value::Null) => {
            errors.push(node.error(format!("[{path}] 'null' values are not allowed in templates")));
        }
        Data::Scalar(_) => {}
        Data::List(items) => items.iter().enumerate().for_each(|(index, item)| below(&index.to_string(), item)),
        Data::Map(members) => members.iter().for_each(|member| below(&member.name, &member.node)),
        Data::Function(name, argument) => below(name, argument),
    }
}
