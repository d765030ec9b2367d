//! A template's sections.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::node::{Data, Member, Node};
use crate::{
    Deployment, Inputs, Parameter, Position, TemplateError, Unsupported, check, form, mapping, parameter, read, unsupported,
};

/// A template that was read and statically checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Its `Description`.
    pub description: Option<String>,
    /// Its parameters, in order.
    pub parameters: Vec<Parameter>,
    /// Its resources, in order; conditions are not applied yet.
    pub resources: Vec<Resource>,
    /// Its outputs, in order; conditions are not applied yet.
    pub outputs: Vec<Output>,
    /// What CloudFormation knows and a local region does not, outside of its resources: sections, transforms, functions.
    pub unsupported: Vec<Unsupported>,
    /// Names in the section `Transform`.
    pub transforms: Vec<String>,
    /// Whether a transform makes another template of this one, so that its references cannot be checked, nor its conditions applied.
    pub is_transformed: bool,
    pub(crate) mappings: Option<Node>,
    pub(crate) conditions: Vec<Member>,
}

/// A resource as the template declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Logical id.
    pub id: String,
    /// `AWS::S3::Bucket`
    pub kind: String,
    /// What becomes of it when it is deleted from the stack.
    pub deletion_policy: DeletionPolicy,
    /// What becomes of it when it is replaced.
    pub update_replace_policy: DeletionPolicy,
    /// The condition under which it is made.
    pub condition: Option<String>,
    /// Where its declaration starts.
    pub position: Position,
    /// Where its `Type` stands.
    pub kind_position: Position,
    /// Attributes that CloudFormation knows and a local region does not.
    pub unsupported: Vec<Unsupported>,
    pub(crate) depends_on: Vec<(String, Position)>,
    pub(crate) properties: Option<Node>,
    pub(crate) metadata: Option<Node>,
}

impl Resource {
    /// Whether another declaration gives this property in the same words, be it not at all.
    pub fn says_the_same_of(&self, other: &Self, property: &str) -> bool {
        let of = |resource: &Self| resource.properties.as_ref().and_then(|properties| properties.member(property).cloned());
        same(of(self).as_ref(), of(other).as_ref())
    }

    /// Whether another declaration has the same `Metadata`.
    pub fn has_metadata_of(&self, other: &Self) -> bool {
        same(self.metadata.as_ref(), other.metadata.as_ref())
    }

    /// Where the declaration gives this property.
    pub fn position_of(&self, property: &str) -> Option<Position> {
        let members = self.properties.as_ref()?.members()?;
        members.iter().find(|member| member.name == property).map(|member| member.position)
    }

    /// Whether it is made by somebody's own function or topic.
    pub fn is_custom(&self) -> bool {
        is_custom(&self.kind)
    }

    /// Whether the declaration has this property.
    pub fn declares(&self, property: &str) -> bool {
        self.properties.as_ref().is_some_and(|properties| properties.member(property).is_some())
    }
}

fn same(one: Option<&Node>, other: Option<&Node>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.same(other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// What becomes of a resource that its stack lets go of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionPolicy {
    /// It is deleted.
    Delete,
    /// It stays.
    Retain,
    /// A snapshot is taken first.
    Snapshot,
    /// It stays, unless its creation is being rolled back.
    RetainExceptOnCreate,
}

/// An output as the template declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// The condition under which it exists.
    pub condition: Option<String>,
    pub(crate) value: Node,
    pub(crate) export: Option<Node>,
}

/// Quotas of a template.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const PARAMETERS: usize = 200;
const RESOURCES: usize = 500;
const OUTPUTS: usize = 200;

const SECTIONS: &[&str] =
    &["AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions", "Resources", "Outputs"];
/// Sections that [`unsupported::find`] tells of.
const UNSUPPORTED_SECTIONS: &[&str] = &["Transform", "Rules", "Hooks"];
const ATTRIBUTES: &[&str] =
    &["Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy", "Metadata"];

impl Template {
    /// Reads a template, YAML or JSON, and checks all that can be checked without parameters: sections, references, cycles.
    ///
    /// # Errors
    /// Everything that was found wrong, with its place, in CloudFormation's words.
    pub fn parse(text: &str) -> Result<Self, Vec<TemplateError>> {
        let root = read::read(text).map_err(|error| vec![error])?;
        let mut errors = Vec::new();
        form::nulls(&root, &mut String::new(), &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let found = unsupported::find(&root);
        errors.extend(found.errors);
        let template = Self::sections(&root, found.is_transformed, &mut errors);
        let template = template.map(|template| Self {
            unsupported: found.unsupported,
            transforms: found.transforms,
            is_transformed: found.is_transformed,
            ..template
        });
        if let Some(template) = template.as_ref().filter(|template| !template.is_transformed) {
            errors.extend(check::references(template));
        }
        match template {
            Some(template) if errors.is_empty() => Ok(template),
            _ => Err(errors),
        }
    }

    fn sections(root: &Node, is_transformed: bool, errors: &mut Vec<TemplateError>) -> Option<Self> {
        let members = match root.members() {
            Some(members) => members,
            None => {
                errors.push(root.error("Template format error: unsupported structure."));
                return None;
            }
        };
        let is_known = |name: &str| SECTIONS.contains(&name) || UNSUPPORTED_SECTIONS.contains(&name);
        // A macro may have sections of its own.
        for member in members.iter().filter(|member| !is_transformed && !is_known(&member.name)) {
            let message = format!("Invalid template property or properties [{}]", member.name);
            errors.push(TemplateError::at(member.position, message));
        }
        if let Some(version) =
            root.member("AWSTemplateFormatVersion").filter(|version| version.text().as_deref() != Some("2010-09-09"))
        {
            errors.push(version.error("Template format error: Unrecognized template format version; it must be \"2010-09-09\""));
        }
        let mut section = |name: &str| match root.member(name).map(|node| node.expect_map(name)) {
            None => Vec::new(),
            Some(Ok(members)) => members.to_vec(),
            Some(Err(error)) => {
                errors.push(error);
                Vec::new()
            }
        };
        // Of a function among them nothing is known but that it makes some.
        let mut declarations = |name: &str| {
            let mut declared = section(name);
            declared.retain(|member| unsupported::function(&member.name).is_none());
            declared
        };
        let (declared, conditions) = (declarations("Parameters"), declarations("Conditions"));
        let (resources, outputs) = (declarations("Resources"), declarations("Outputs"));
        if resources.is_empty() && !is_transformed {
            errors.push(TemplateError::new("Template format error: At least one Resources member must be defined."));
        }
        for (name, declared, most) in
            [("parameters", &declared, PARAMETERS), ("resources", &resources, RESOURCES), ("outputs", &outputs, OUTPUTS)]
        {
            let count = declared.len();
            if count > most {
                let message =
                    format!("Template format error: Number of {name}, {count}, is greater than maximum allowed, {most}");
                errors.push(TemplateError::new(message));
                return None;
            }
        }
        let parameters: BTreeSet<&str> = declared.iter().map(|parameter| parameter.name.as_str()).collect();
        for resource in resources.iter().filter(|resource| parameters.contains(resource.name.as_str())) {
            let message = format!("Template format error: {} is both a parameter and a resource", resource.name);
            errors.push(TemplateError::at(resource.position, message));
        }
        if let Some(mappings) = root.member("Mappings") {
            errors.extend(mapping::check(mappings));
        }
        if let Some(description) = root.member("Description")
            && let Err(error) = description.expect_text("Description")
        {
            errors.push(error);
        }
        let resource = |member: &Member| resource(member, is_transformed);
        Some(Self {
            unsupported: Vec::new(),
            transforms: Vec::new(),
            is_transformed,
            description: root.member("Description").and_then(Node::text),
            parameters: collect(&declared, errors, Parameter::read),
            resources: collect(&resources, errors, resource),
            outputs: collect(&outputs, errors, output),
            mappings: root.member("Mappings").cloned(),
            conditions,
        })
    }

    /// The value of every parameter: given, or its default. For an SSM type it is the SSM parameter's *name*, which the caller looks up.
    ///
    /// # Errors
    /// Unknown, missing and invalid ones, in CloudFormation's words.
    pub fn parameter_values(&self, given: &BTreeMap<String, String>) -> Result<BTreeMap<String, Value>, Vec<TemplateError>> {
        parameter::values(&self.parameters, given)
    }

    /// Applies conditions and works out the order of creation.
    ///
    /// # Errors
    /// Conditions that cannot be evaluated, references to resources that their condition leaves out.
    pub fn deploy(&self, inputs: Inputs) -> Result<Deployment<'_>, Vec<TemplateError>> {
        Deployment::new(self, inputs)
    }
}

fn collect<T>(members: &[Member], errors: &mut Vec<TemplateError>, read: impl Fn(&Member) -> Result<T, TemplateError>) -> Vec<T> {
    let mut found = Vec::new();
    for member in members {
        match read(member) {
            Ok(value) => found.push(value),
            Err(error) => errors.push(error),
        }
    }
    found
}

/// Whether a type is made by somebody's own function or topic.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources.html>
fn is_custom(kind: &str) -> bool {
    kind == "AWS::CloudFormation::CustomResource" || kind.starts_with("Custom::")
}

fn resource(member: &Member, is_transformed: bool) -> Result<Resource, TemplateError> {
    let id = &member.name;
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(TemplateError::at(
            member.position,
            format!("Template format error: Resource name {id} is non alphanumeric."),
        ));
    }
    let is_custom = member.node.member("Type").and_then(Node::text).is_some_and(|kind| is_custom(&kind));
    let mut unsupported = Vec::new();
    for attribute in member.node.expect_map(&format!("Resource {id}"))? {
        let (name, position) = (attribute.name.as_str(), attribute.position);
        match name {
            "CreationPolicy" | "UpdatePolicy" => {
                unsupported.push(Unsupported::new(format!("attribute `{name}`"), Some(id), position));
            }
            // Of the handler of a custom resource, which no service reads.
            "Version" if is_custom => {}
            _ if ATTRIBUTES.contains(&name) || is_transformed => {}
            _ => return Err(TemplateError::at(position, format!("Invalid template resource property '{name}'"))),
        }
    }
    let missing = || {
        TemplateError::at(
            member.position,
            format!("Template format error: [/Resources/{id}] Every Resources object must contain a Type member."),
        )
    };
    let kind_node = member.node.member("Type").ok_or_else(missing)?;
    let kind = kind_node.expect_text(&format!("the Type of resource {id}"))?;
    let mut depends_on = Vec::new();
    if let Some(node) = member.node.member("DependsOn") {
        for one in node.items().unwrap_or(std::slice::from_ref(node)) {
            depends_on.push((one.expect_text(&format!("DependsOn of resource {id}"))?, one.position));
        }
    }
    let condition = member.node.member("Condition").map(|node| node.expect_text("Condition")).transpose()?;
    let properties = member.node.member("Properties").cloned();
    if let Some(properties) = &properties {
        properties.expect_map(&format!("Properties of resource {id}"))?;
    }
    // What `cfn-init` reads, which no machine has.
    let init = member.node.member("Metadata").and_then(Node::members).into_iter().flatten();
    let init = init.filter(|inner| inner.name == "AWS::CloudFormation::Init");
    unsupported.extend(init.map(|inner| Unsupported::new("metadata `AWS::CloudFormation::Init`", Some(id), inner.position)));
    let mut policy = |name| policy(member, name, is_transformed, &mut unsupported);
    let (deletion_policy, update_replace_policy) = (policy("DeletionPolicy")?, policy("UpdateReplacePolicy")?);
    Ok(Resource {
        id: id.clone(),
        kind,
        kind_position: kind_node.position,
        unsupported,
        deletion_policy,
        update_replace_policy,
        condition,
        position: member.position,
        depends_on,
        properties,
        metadata: member.node.member("Metadata").cloned(),
    })
}

fn policy(
    member: &Member,
    name: &str,
    is_transformed: bool,
    unsupported: &mut Vec<Unsupported>,
) -> Result<DeletionPolicy, TemplateError> {
    let Some(node) = member.node.member(name) else { return Ok(DeletionPolicy::Delete) };
    // `AWS::LanguageExtensions` allows functions here.
    if is_transformed && matches!(node.data, Data::Function(..)) {
        unsupported.push(Unsupported::new(format!("a function in `{name}`"), Some(&member.name), node.position));
        return Ok(DeletionPolicy::Delete);
    }
    match node.text().as_deref() {
        Some("Delete") => Ok(DeletionPolicy::Delete),
        Some("Retain") => Ok(DeletionPolicy::Retain),
        Some("Snapshot") => Ok(DeletionPolicy::Snapshot),
        Some("RetainExceptOnCreate") if name == "DeletionPolicy" => Ok(DeletionPolicy::RetainExceptOnCreate),
        _ => Err(node.error(format!("Template format error: Unrecognized {name} for resource {}", member.name))),
    }
}

fn output(member: &Member) -> Result<Output, TemplateError> {
    let name = &member.name;
    for inner in member.node.expect_map(&format!("Output {name}"))? {
        if !["Value", "Description", "Export", "Condition"].contains(&inner.name.as_str()) {
            return Err(TemplateError::at(
                inner.position,
                format!("Template format error: Output {name} has an unknown member {}", inner.name),
            ));
        }
    }
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let message = format!("Template format error: Output name {name} is non alphanumeric.");
        return Err(TemplateError::at(member.position, message));
    }
    let text = |key: &str| member.node.member(key).map(|node| node.expect_text(&format!("{key} of output {name}"))).transpose();
    let value = member.node.member("Value").cloned();
    let missing =
        || TemplateError::at(member.position, format!("Template format error: Output {name} is malformed. It has no Value."));
    let export = match member.node.member("Export") {
        None => None,
        Some(export) => Some(
            export
                .member("Name")
                .cloned()
                .ok_or_else(|| export.error(format!("Template format error: Export of output {name} has no Name")))?,
        ),
    };
    Ok(Output {
        name: name.clone(),
        description: text("Description")?,
        condition: text("Condition")?,
        value: value.ok_or_else(missing)?,
        export,
    })
}
