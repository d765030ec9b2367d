//! A template's sections, read and checked.

use std::collections::BTreeSet;

use crate::declaration::{DeletionPolicy, Output, PolicyAttribute, Resource, is_custom};
use crate::document::Document;
use crate::node::{Data, Member, Node, TRANSFORM, makes_members};
use crate::parameter::Parameter;
use crate::rule::Rule;
use crate::template::Template;
use crate::unsupported::{self, Unsupported};
use crate::{TemplateError, check, mapping};

/// Quotas of a template.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const PARAMETERS: usize = 200;
const RESOURCES: usize = 500;
const OUTPUTS: usize = 200;

const SECTIONS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Rules",
    "Mappings",
    "Conditions",
    "Resources",
    "Outputs",
];
/// Sections that [`unsupported::find`] tells of.
const UNSUPPORTED_SECTIONS: &[&str] = &["Transform", "Hooks"];
const ATTRIBUTES: &[&str] =
    &["Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy", "Metadata"];

impl Template {
    /// Reads a template, YAML or JSON, and checks all that can be checked without parameters: sections, references, cycles.
    ///
    /// # Errors
    /// Everything that was found wrong, with its place, in CloudFormation's words.
    pub fn parse(text: &str) -> Result<Self, Vec<TemplateError>> {
        Self::of(&Document::read(text)?)
    }

    /// As [`Template::parse`], of a template whose macros are applied; `is_extended`: `AWS::LanguageExtensions` was among them.
    ///
    /// # Errors
    /// As [`Template::parse`].
    pub fn of_processed(text: &str, is_extended: bool) -> Result<Self, Vec<TemplateError>> {
        Self::of(&Document { is_extended, ..Document::read(text)? })
    }

    /// The sections of a document.
    pub(crate) fn of(document: &Document) -> Result<Self, Vec<TemplateError>> {
        let root = &document.root;
        let mut errors = Vec::new();
        let found = unsupported::find(root, document.is_extended);
        errors.extend(found.errors);
        let template = Self::sections(root, found.is_transformed, &mut errors);
        let template = template.map(|template| Self {
            unsupported: found.unsupported,
            transforms: found.transforms,
            is_transformed: found.is_transformed,
            is_extended: document.is_extended,
            ..template
        });
        if let Some(template) = template.as_ref().filter(|template| !template.is_transformed) {
            errors.extend(check::references(template));
            errors.extend(template.rule_references());
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
        let mut section = |name: &str| match root.member(name).map(|node| objects(node, name)) {
            None => Vec::new(),
            Some(Ok(members)) => members.to_vec(),
            Some(Err(error)) => {
                errors.push(error);
                Vec::new()
            }
        };
        let rules = section("Rules");
        // Of a function among them nothing is known but that it makes some.
        let mut declarations = |name: &str| {
            let mut declared = section(name);
            let is_made = |member: &Member| member.node.member(TRANSFORM).is_some();
            declared.retain(|member| !(makes_members(&member.name) || is_transformed && is_made(member)));
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
            is_extended: false,
            rules: collect(&rules, errors, Rule::read),
            description: root.member("Description").and_then(Node::text),
            parameters: collect(&declared, errors, Parameter::read),
            resources: collect(&resources, errors, resource),
            outputs: collect(&outputs, errors, output),
            mappings: root.member("Mappings").cloned(),
            conditions,
        })
    }
}

/// The members of a section.
fn objects<'n>(section: &'n Node, name: &str) -> Result<&'n [Member], TemplateError> {
    let error = || section.error(format!("Template format error: Any {name} member must be an object."));
    section.members().ok_or_else(error)
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

fn resource(member: &Member, is_transformed: bool) -> Result<Resource, TemplateError> {
    let id = &member.name;
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(TemplateError::at(
            member.position,
            format!("Template format error: Resource name {id} is non alphanumeric."),
        ));
    }
    let kind = member.node.member("Type").and_then(Node::text);
    let is_custom = kind.as_deref().is_some_and(is_custom);
    let mut unsupported = Vec::new();
    for attribute in member.node.expect_map(&format!("Resource {id}"))? {
        let (name, position) = (attribute.name.as_str(), attribute.position);
        match name {
            "CreationPolicy" if takes_signals(kind.as_deref()) => {
                let others = attribute.node.members().unwrap_or_default();
                unsupported.extend(
                    others
                        .iter()
                        .filter(|one| {
                            one.name != "ResourceSignal"
                                && !(is_group(kind.as_deref()) && one.name == "AutoScalingCreationPolicy")
                        })
                        .map(|one| Unsupported::new(format!("`{}` of attribute `{name}`", one.name), Some(id), one.position)),
                );
            }
            "UpdatePolicy" if is_group(kind.as_deref()) => {
                let others =
                    attribute.node.members().unwrap_or_default().iter().filter(|one| !UPDATES.contains(&one.name.as_str()));
                unsupported.extend(
                    others.map(|one| Unsupported::new(format!("`{}` of attribute `{name}`", one.name), Some(id), one.position)),
                );
            }
            "UpdatePolicy" if kind.as_deref().is_some_and(|kind| UPDATED_BY_POLICY.contains(&kind)) => {}
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
            // What a function names is known when the transform is applied.
            if !(is_transformed && matches!(one.data, Data::Function(..))) {
                depends_on.push((one.expect_text(&format!("DependsOn of resource {id}"))?, one.position));
            }
        }
    }
    let condition = member.node.member("Condition");
    let condition = condition.filter(|node| !(is_transformed && matches!(node.data, Data::Function(..))));
    let condition = condition.map(|node| node.expect_text("Condition")).transpose()?;
    let properties = member.node.member("Properties").cloned();
    if let Some(properties) = &properties {
        properties.expect_map(&format!("Properties of resource {id}"))?;
    }
    let policy = |name| policy(member, name, is_transformed);
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
        creation_policy: member.node.member("CreationPolicy").cloned(),
        update_policy: member.node.member("UpdatePolicy").cloned(),
        depends_on,
        properties,
        metadata: member.node.member("Metadata").cloned(),
    })
}

/// The policies by which CloudFormation changes an auto scaling group.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html>
const UPDATES: [&str; 3] = ["AutoScalingReplacingUpdate", "AutoScalingRollingUpdate", "AutoScalingScheduledAction"];

/// Types beside groups whose updates go by a policy. Of an alias its traffic is shifted at once; the others are records.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html>
const UPDATED_BY_POLICY: [&str; 4] =
    ["AWS::ElastiCache::ReplicationGroup", "AWS::Elasticsearch::Domain", "AWS::Lambda::Alias", "AWS::OpenSearchService::Domain"];

fn is_group(kind: Option<&str>) -> bool {
    kind == Some("AWS::AutoScaling::AutoScalingGroup")
}

/// Whether `CreationPolicy` makes a resource of this type wait for signals.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-creationpolicy.html>
fn takes_signals(kind: Option<&str>) -> bool {
    let taking = ["AWS::AutoScaling::AutoScalingGroup", "AWS::CloudFormation::WaitCondition", "AWS::EC2::Instance"];
    kind.is_some_and(|kind| taking.contains(&kind))
}

fn policy(member: &Member, name: &str, is_transformed: bool) -> Result<Option<PolicyAttribute>, TemplateError> {
    match member.node.member(name) {
        // `AWS::LanguageExtensions` resolves functions here.
        Some(node) if !(is_transformed && matches!(node.data, Data::Function(..))) => {
            policy_attribute(node, name, &member.name).map(Some)
        }
        _ => Ok(None),
    }
}

fn policy_attribute(node: &Node, name: &str, id: &str) -> Result<PolicyAttribute, TemplateError> {
    let unrecognized = || node.error(format!("Template format error: Unrecognized {name} for resource {id}"));
    match &node.data {
        Data::Function("Fn::If", argument) => {
            let Some([condition, yes, no]) = argument.items() else { return Err(unrecognized()) };
            let condition = condition.text().ok_or_else(unrecognized)?;
            let both = [policy_attribute(yes, name, id)?, policy_attribute(no, name, id)?];
            Ok(PolicyAttribute::Chosen(condition, Box::new(both)))
        }
        Data::Function("Ref", argument) => match argument.text() {
            Some(name) if name == "AWS::NoValue" => Ok(PolicyAttribute::Absent),
            Some(name) => Ok(PolicyAttribute::Named(name)),
            None => Err(unrecognized()),
        },
        _ => {
            let policy = node.text().and_then(|text| DeletionPolicy::named(&text, name));
            policy.map(PolicyAttribute::Fixed).ok_or_else(unrecognized)
        }
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
        || TemplateError::at(member.position, "Template format error: Every Outputs member must contain a Value object");
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
