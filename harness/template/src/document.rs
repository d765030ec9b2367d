//! A template before its macros are applied: which they are, in which order, and what they are given.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros-author.html>

use std::collections::BTreeMap;

use serde_json::Value;

use crate::inputs::{Inputs, Nothing};
use crate::intrinsic::Scope;
use crate::node::{Data, Member, Node, TRANSFORM};
use crate::{Position, Template, TemplateError, extension, form, json, read};

/// The transform that brings `Fn::ForEach`, `Fn::Length` and `Fn::ToJsonString`.
pub const LANGUAGE_EXTENSIONS: &str = "AWS::LanguageExtensions";

/// What CloudFormation says to a template that is none.
const NO_TEMPLATE: &str = "Template format error: unsupported structure.";

/// A template's text as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    pub(crate) root: Node,
    /// Whether `AWS::LanguageExtensions` was applied.
    pub(crate) is_extended: bool,
}

/// One use of a macro in a template.
#[derive(Debug, Clone, PartialEq)]
pub struct MacroUse {
    /// The macro's name: `AWS::Include`, or one of the account's own.
    pub name: String,
    /// Where it is named.
    pub position: Position,
    /// Where in the template its fragment is; `None`: it is the whole template.
    place: Option<Vec<Step>>,
    parameters: Option<Node>,
}

/// A step from a node to one below it.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Item(usize),
    Argument,
}

impl Document {
    /// Reads a template, YAML or JSON.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn read(text: &str) -> Result<Self, Vec<TemplateError>> {
        let root = read::read(text).map_err(|error| vec![error])?;
        let mut errors = Vec::new();
        form::nulls(&root, &mut String::new(), &mut errors);
        if errors.is_empty() { Ok(Self { root, is_extended: false }) } else { Err(errors) }
    }

    /// The macro that is applied next: those in `Fn::Transform` from the inside out, then those of the section `Transform` in their order.
    ///
    /// # Errors
    /// Macros that are not named by a text.
    pub fn next_macro(&self) -> Result<Option<MacroUse>, TemplateError> {
        let mut path = Vec::new();
        if innermost(&self.root, &mut path) {
            let found = at(&self.root, &path).and_then(|node| node.member(TRANSFORM));
            return found.map(|node| named(node, Some(path))).transpose();
        }
        self.root
            .member("Transform")
            .filter(|node| !node.items().is_some_and(<[Node]>::is_empty))
            .map(|node| named(node, None))
            .transpose()
    }

    /// The names of the macros in the section `Transform`, and in each `Fn::Transform`.
    ///
    /// # Errors
    /// Macros that are not named by a text.
    pub fn macros(&self) -> Result<Vec<String>, TemplateError> {
        let mut names = Vec::new();
        let mut uses: Vec<&Node> = self.root.member("Transform").into_iter().collect();
        self.root.walk(&mut |node| uses.extend(node.member(TRANSFORM)));
        for node in uses {
            for one in node.items().unwrap_or(std::slice::from_ref(node)) {
                names.push(name(one)?);
            }
        }
        Ok(names)
    }

    /// What a macro is given of the template: what stands beside its `Fn::Transform`, or all but the section `Transform`.
    pub fn fragment(&self, used: &MacroUse) -> Value {
        let (node, own) = match &used.place {
            Some(path) => (at(&self.root, path), TRANSFORM),
            None => (Some(&self.root), "Transform"),
        };
        let mut fragment = node.map(json::from_node).unwrap_or_default();
        if let Some(members) = fragment.as_object_mut() {
            members.shift_remove(own);
        }
        fragment
    }

    /// The parameters that a use gives its macro, functions resolved.
    ///
    /// # Errors
    /// The function that cannot be resolved before anything is made.
    pub fn parameters(&self, used: &MacroUse, inputs: &Inputs) -> Result<Value, TemplateError> {
        let Some(node) = &used.parameters else { return Ok(Value::Object(serde_json::Map::new())) };
        let template = Template::bare(&self.root);
        let scope = Scope { template: &template, inputs, conditions: &BTreeMap::new(), made: &Nothing };
        Ok(scope.resolve(node)?.unwrap_or_default())
    }

    /// Puts what a macro made of its fragment in the fragment's place.
    ///
    /// # Errors
    /// What it made cannot stand there.
    pub fn put(&mut self, used: &MacroUse, fragment: &Value) -> Result<(), TemplateError> {
        let Some(path) = &used.place else {
            if !fragment.is_object() {
                return Err(TemplateError::new(NO_TEMPLATE));
            }
            let left = rest(self.root.member("Transform"));
            self.root = json::to_node(fragment, Some(&self.root), self.root.position)?;
            return with(&mut self.root, "Transform", left);
        };
        let Some(node) = at_mut(&mut self.root, path) else { return Ok(()) };
        let left = rest(node.member(TRANSFORM));
        *node = json::to_node(fragment, Some(node), node.position)?;
        with(node, TRANSFORM, left)
    }

    /// Applies `AWS::LanguageExtensions`, which is next in the section `Transform`. `hidden` are the parameters whose values no answer shows.
    ///
    /// # Errors
    /// A loop or function that cannot be resolved.
    pub fn extend(&mut self, inputs: &Inputs, hidden: &[&str]) -> Result<(), TemplateError> {
        let left = rest(self.root.member("Transform"));
        with(&mut self.root, "Transform", left)?;
        extension::apply(&mut self.root, inputs, hidden)?;
        self.is_extended = true;
        Ok(())
    }

    /// Whether `AWS::LanguageExtensions` was applied.
    pub fn is_extended(&self) -> bool {
        self.is_extended
    }

    /// The template as JSON: what `GetTemplate` shows of one whose macros are applied.
    pub fn to_json(&self) -> Value {
        json::from_node(&self.root)
    }

    /// The template, checked as far as it can be checked without parameters. What its macros make is not known if they are not applied.
    ///
    /// # Errors
    /// Everything that was found wrong, with its place, in CloudFormation's words.
    pub fn template(&self) -> Result<Template, Vec<TemplateError>> {
        let mut errors = Vec::new();
        form::nulls(&self.root, &mut String::new(), &mut errors);
        if errors.is_empty() { Template::of(self) } else { Err(errors) }
    }
}

/// The name of a macro, as `Fn::Transform` and the section `Transform` have it.
fn name(node: &Node) -> Result<String, TemplateError> {
    let found = node.text().or_else(|| node.member("Name").and_then(Node::text));
    found.ok_or_else(|| node.error("Key Name of transform definition must be a string."))
}

/// The first of the macros that a node names.
fn named(node: &Node, place: Option<Vec<Step>>) -> Result<MacroUse, TemplateError> {
    let first = node.items().and_then(<[Node]>::first).unwrap_or(node);
    Ok(MacroUse { name: name(first)?, position: first.position, place, parameters: first.member("Parameters").cloned() })
}

/// The macros that a node names, without the first one.
fn rest(node: Option<&Node>) -> Option<Member> {
    let node = node?;
    let left = node.items()?.get(1..)?.to_vec();
    let data = Data::List(left);
    let is_empty = matches!(&data, Data::List(items) if items.is_empty());
    let position = node.position;
    (!is_empty).then_some(Member { name: String::new(), position, node: Node { position, data } })
}

/// Gives an object the member `name`, or none of that name.
fn with(node: &mut Node, name: &str, member: Option<Member>) -> Result<(), TemplateError> {
    let position = node.position;
    match (&mut node.data, member) {
        (Data::Map(members), member) => {
            members.retain(|one| one.name != name);
            members.extend(member.map(|member| Member { name: name.to_owned(), ..member }));
            Ok(())
        }
        (_, None) => Ok(()),
        (_, Some(_)) => Err(TemplateError::at(position, NO_TEMPLATE)),
    }
}

/// Goes to the first object with a `Fn::Transform` below which there is none. Returns whether there is one.
fn innermost(node: &Node, path: &mut Vec<Step>) -> bool {
    let mut below = |step, inner: &Node| {
        path.push(step);
        let found = innermost(inner, path);
        if !found {
            path.pop();
        }
        found
    };
    let found = match &node.data {
        Data::Scalar(_) => false,
        Data::List(items) => items.iter().enumerate().any(|(index, item)| below(Step::Item(index), item)),
        Data::Map(members) => members.iter().enumerate().any(|(index, member)| below(Step::Item(index), &member.node)),
        Data::Function(_, argument) => below(Step::Argument, argument),
    };
    found || node.member(TRANSFORM).is_some()
}

fn at<'n>(node: &'n Node, path: &[Step]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, step| match (&node.data, step) {
        (Data::List(items), Step::Item(index)) => items.get(*index),
        (Data::Map(members), Step::Item(index)) => members.get(*index).map(|member| &member.node),
        (Data::Function(_, argument), Step::Argument) => Some(argument.as_ref()),
        _ => None,
    })
}

fn at_mut<'n>(node: &'n mut Node, path: &[Step]) -> Option<&'n mut Node> {
    path.iter().try_fold(node, |node, step| match (&mut node.data, step) {
        (Data::List(items), Step::Item(index)) => items.get_mut(*index),
        (Data::Map(members), Step::Item(index)) => members.get_mut(*index).map(|member| &mut member.node),
        (Data::Function(_, argument), Step::Argument) => Some(argument.as_mut()),
        _ => None,
    })
}
