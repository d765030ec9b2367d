//! A template with its parameters: what is to be made, in which order, and with which properties.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::check::By;
use crate::inputs::{Inputs, Made, Nothing};
use crate::intrinsic::Scope;
use crate::node::Node;
use crate::{DeletionPolicy, Policies, PolicyAttribute, Resource, Signals, Template, TemplateError, check, order, parameter};

/// An output with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolvedOutput {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// What it is.
    pub description: Option<String>,
    /// The name under which it is exported.
    pub export: Option<String>,
}

/// What CloudFormation says of a value that a mapping does not have.
const MISSING: &str = "Template error: Unable to get mapping for ";

/// What a property refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PropertyReference {
    /// A parameter.
    Parameter(String),
    /// A resource, by `Ref`.
    Resource(String),
    /// An attribute of a resource: its logical id and the attribute.
    Attribute(String, String),
}

/// A template with its parameters, conditions applied.
#[derive(Debug, Clone)]
pub struct Deployment<'a> {
    template: &'a Template,
    inputs: Inputs,
    conditions: BTreeMap<String, bool>,
    dependencies: BTreeMap<String, BTreeSet<String>>,
}

impl Template {
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

impl<'a> Deployment<'a> {
    pub(crate) fn new(template: &'a Template, inputs: Inputs) -> Result<Self, Vec<TemplateError>> {
        let mut conditions = BTreeMap::new();
        let mut errors = Vec::new();
        let declared: BTreeMap<&str, &Node> =
            template.conditions.iter().map(|condition| (condition.name.as_str(), &condition.node)).collect();
        for name in check::condition_order(template).map_err(|error| vec![error])? {
            let Some(node) = declared.get(name.as_str()) else { continue };
            let scope = Scope { template, inputs: &inputs, conditions: &conditions, made: &Nothing };
            match scope.holds(node) {
                Ok(holds) => {
                    conditions.insert(name, holds);
                }
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let left_out = check::left_out(template, &conditions);
        if !left_out.is_empty() {
            return Err(left_out);
        }
        let mut deployment = Self { template, inputs, conditions, dependencies: BTreeMap::new() };
        let wanted: BTreeSet<String> = deployment.resources().map(|resource| resource.id.clone()).collect();
        // `DependsOn` what is left out counts for nothing.
        let mut dependencies = check::dependencies(template, Some(&deployment.conditions));
        dependencies.retain(|id, _| wanted.contains(id));
        for on in dependencies.values_mut() {
            on.retain(|id| wanted.contains(id));
        }
        deployment.dependencies = dependencies;
        let mut missing = deployment.missing_values();
        missing.extend(deployment.unrecognized_policies());
        if missing.is_empty() { Ok(deployment) } else { Err(missing) }
    }

    /// Values of mappings that are not there, as far as their keys are known before anything is made.
    fn missing_values(&self) -> Vec<TemplateError> {
        let scope = self.scope(&Nothing);
        let resources = self.resources().filter_map(|resource| resource.properties.as_ref());
        let outputs = self.wanted_outputs().flat_map(|output| std::iter::once(&output.value).chain(&output.export));
        let uses = resources.chain(outputs).flat_map(|node| check::uses("Fn::FindInMap", node, &|name| self.condition(name)));
        let keys = |node: &Node| match &node.data {
            crate::node::Data::Function(_, argument) => {
                argument.items().is_some_and(|items| items.iter().take(3).all(|key| scope.text(key).is_ok()))
            }
            _ => false,
        };
        uses.filter(|node| keys(node))
            .filter_map(|node| scope.resolve(node).err())
            .filter(|error| error.message.starts_with(MISSING))
            .collect()
    }

    fn applies(&self, condition: Option<&str>) -> bool {
        condition.is_none_or(|name| self.conditions.get(name).copied().unwrap_or(false))
    }

    /// Whether a condition holds; `None` if there is none of this name.
    pub(crate) fn condition(&self, name: &str) -> Option<bool> {
        self.conditions.get(name).copied()
    }

    /// The outputs whose conditions hold.
    pub(crate) fn wanted_outputs(&self) -> impl Iterator<Item = &'a crate::Output> + '_ {
        self.template.outputs.iter().filter(|output| self.applies(output.condition.as_deref()))
    }

    /// The resources that are to be made, in the template's order.
    pub fn resources(&self) -> impl Iterator<Item = &'a Resource> + '_ {
        self.template.resources.iter().filter(|resource| self.applies(resource.condition.as_deref()))
    }

    /// What becomes of a resource that its stack lets go of.
    pub fn policies(&self, resource: &Resource) -> Policies {
        Policies {
            deletion: self.policy(resource.deletion_policy.as_ref(), "DeletionPolicy").ok().flatten(),
            update_replace: self.policy(resource.update_replace_policy.as_ref(), "UpdateReplacePolicy").ok().flatten(),
        }
    }

    /// The policy that an attribute comes to; an error if a parameter names none.
    fn policy(&self, attribute: Option<&PolicyAttribute>, name: &str) -> Result<Option<DeletionPolicy>, ()> {
        let holds = |name: &str| self.conditions.get(name).copied().unwrap_or(false);
        match attribute.map(|attribute| attribute.chosen(&holds)) {
            Some(PolicyAttribute::Fixed(policy)) => Ok(Some(*policy)),
            Some(PolicyAttribute::Named(parameter)) => {
                let value = self.inputs.parameters.get(parameter).and_then(Value::as_str).unwrap_or_default();
                DeletionPolicy::named(value, name).map(Some).ok_or(())
            }
            Some(PolicyAttribute::Absent | PolicyAttribute::Chosen(..)) | None => Ok(None),
        }
    }

    /// Policies that parameters should name, and do not.
    fn unrecognized_policies(&self) -> Vec<TemplateError> {
        let mut errors = Vec::new();
        for resource in self.resources() {
            for (attribute, name) in
                [(&resource.deletion_policy, "DeletionPolicy"), (&resource.update_replace_policy, "UpdateReplacePolicy")]
            {
                if self.policy(attribute.as_ref(), name).is_err() {
                    let message = format!("Template format error: Unrecognized {name} for resource {}", resource.id);
                    errors.push(TemplateError::at(resource.position, message));
                }
            }
        }
        errors
    }

    /// What a resource depends on directly, among those to be made.
    pub fn dependencies(&self, id: &str) -> &BTreeSet<String> {
        static NONE: BTreeSet<String> = BTreeSet::new();
        self.dependencies.get(id).unwrap_or(&NONE)
    }

    /// Waves of resources: each depends only on earlier waves.
    pub fn order(&self) -> Vec<Vec<String>> {
        order::waves(&self.dependencies).0
    }

    /// The region that the stack is in.
    pub(crate) fn region(&self) -> &str {
        &self.inputs.pseudo.region
    }

    pub(crate) fn scope<'b>(&'b self, made: &'b dyn Made) -> Scope<'b> {
        Scope { template: self.template, inputs: &self.inputs, conditions: &self.conditions, made }
    }

    /// The properties of a resource, all functions resolved, `AWS::NoValue` left out.
    ///
    /// # Errors
    /// The function that cannot be resolved, with its place.
    pub fn properties(&self, id: &str, made: &dyn Made) -> Result<Value, TemplateError> {
        let properties =
            self.template.resources.iter().find(|resource| resource.id == id).and_then(|resource| resource.properties.as_ref());
        match properties.and_then(|properties| properties.members()) {
            Some(members) => self.scope(made).object(members),
            None => Ok(Value::Object(serde_json::Map::new())),
        }
    }

    /// As [`Deployment::properties`], with `unknown` for each property that cannot be resolved, and the first reason for which one cannot.
    pub fn known_properties(&self, id: &str, made: &dyn Made, unknown: &Value) -> (Value, Option<TemplateError>) {
        let resource = self.template.resources.iter().find(|resource| resource.id == id);
        let members = resource.and_then(|resource| resource.properties.as_ref()?.members()).unwrap_or_default();
        let scope = self.scope(made);
        let (mut known, mut first) = (serde_json::Map::new(), None);
        for member in members {
            match scope.resolve(&member.node) {
                Ok(value) => known.extend(value.map(|value| (member.name.clone(), value))),
                Err(error) => {
                    known.insert(member.name.clone(), unknown.clone());
                    first.get_or_insert(error);
                }
            }
        }
        (Value::Object(known), first)
    }

    /// The metadata of a resource, all functions resolved; `None` if it has none.
    ///
    /// # Errors
    /// The function that cannot be resolved, with its place.
    pub fn metadata(&self, resource: &Resource, made: &dyn Made) -> Result<Option<Value>, TemplateError> {
        resource.metadata.as_ref().map_or(Ok(None), |metadata| self.scope(made).resolve(metadata))
    }

    /// The signals that a resource waits for when it is created.
    ///
    /// # Errors
    /// The function that cannot be resolved, with its place.
    pub fn signals(&self, id: &str, made: &dyn Made) -> Result<Option<Signals>, TemplateError> {
        let resource = self.template.resources.iter().find(|resource| resource.id == id);
        let Some(policy) = resource.and_then(|resource| resource.creation_policy.as_ref()) else { return Ok(None) };
        let Some(signal) = policy.member("ResourceSignal") else { return Ok(None) };
        let scope = self.scope(made);
        let is_group = resource.is_some_and(|resource| resource.kind == "AWS::AutoScaling::AutoScalingGroup");
        let group = policy.member("AutoScalingCreationPolicy");
        let percent = is_group.then(|| match group.and_then(|group| group.member("MinSuccessfulInstancesPercent")) {
            Some(node) => scope.text(node)?.parse().map_err(|_| node.error("MinSuccessfulInstancesPercent must be a number")),
            None => Ok(100),
        });
        let text = |name: &str| signal.member(name).map(|node| scope.text(node)).transpose();
        let count = text("Count")?.unwrap_or_else(|| "1".to_owned());
        let count = count.parse().map_err(|_| signal.error("Count of ResourceSignal must be a number"))?;
        let timeout = text("Timeout")?.unwrap_or_else(|| "PT5M".to_owned());
        Ok(Some(Signals { count, successful: percent.transpose()?, timeout }))
    }

    /// The policy by which a resource is changed, all functions resolved; `None` if it has none.
    ///
    /// # Errors
    /// The function that cannot be resolved, with its place.
    pub fn update_policy(&self, resource: &Resource, made: &dyn Made) -> Result<Option<Value>, TemplateError> {
        resource.update_policy.as_ref().map_or(Ok(None), |policy| self.scope(made).resolve(policy))
    }

    /// What a property of a resource refers to, by the values that conditions choose.
    pub fn property_references(&self, id: &str, property: &str) -> Vec<PropertyReference> {
        let found = self.template.resources.iter().find(|resource| resource.id == id);
        let node = found.and_then(|resource| resource.properties.as_ref()?.member(property));
        let referred = node.map(|node| check::referred(node, &|name| self.conditions.get(name).copied())).unwrap_or_default();
        let is_parameter = |name: &str| self.inputs.parameters.contains_key(name);
        let references = referred.into_iter().filter_map(|reference| match reference.by {
            _ if is_parameter(&reference.name) => Some(PropertyReference::Parameter(reference.name)),
            By::Reference if reference.name.starts_with("AWS::") => None,
            By::Reference => Some(PropertyReference::Resource(reference.name)),
            By::Attribute(attribute) | By::Placeholder(attribute) => {
                Some(PropertyReference::Attribute(reference.name, attribute))
            }
        });
        references.collect()
    }

    /// Names of the exports that resources and outputs import.
    ///
    /// # Errors
    /// An export that does not exist, with its place.
    pub fn imports(&self) -> Result<BTreeSet<String>, TemplateError> {
        let scope = self.scope(&Nothing);
        let resources = self.resources().filter_map(|resource| resource.properties.as_ref());
        let outputs = self.wanted_outputs().flat_map(|output| std::iter::once(&output.value).chain(&output.export));
        let mut names = BTreeSet::new();
        for node in resources.chain(outputs) {
            for import in check::uses("Fn::ImportValue", node, &|name| self.condition(name)) {
                names.insert(scope.import(import)?);
            }
        }
        Ok(names)
    }

    /// The outputs whose conditions hold.
    ///
    /// # Errors
    /// The function that cannot be resolved, with its place.
    pub fn outputs(&self, made: &dyn Made) -> Result<Vec<ResolvedOutput>, TemplateError> {
        let scope = self.scope(made);
        let text = |node: &Node| -> Result<String, TemplateError> {
            match scope.resolve(node)? {
                Some(Value::String(text)) => Ok(text),
                Some(value @ (Value::Bool(_) | Value::Number(_))) => Ok(value.to_string()),
                _ => Err(node.error("Template format error: The Value field of every Outputs member must evaluate to a String.")),
            }
        };
        self.wanted_outputs()
            .map(|output| {
                Ok(ResolvedOutput {
                    name: output.name.clone(),
                    value: text(&output.value)?,
                    description: output.description.clone(),
                    export: output.export.as_ref().map(text).transpose()?,
                })
            })
            .collect()
    }
}
