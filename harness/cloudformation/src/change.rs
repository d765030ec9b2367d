//! What an update would change, worked out before anything is changed.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets-view.html>

use std::collections::BTreeMap;

use nightproof_core::service::{AwsError, Call};
use nightproof_resource::MadeResource;
use nightproof_template::{Deployment, Made, PropertyReference, Resource, Template};
use serde_json::{Value, json};

use crate::cloudformation::CloudFormation;
use crate::difference::Difference;
use crate::error::{invalid, validation};
use crate::records::{Stack, StackResource, Submission};
use crate::resource_type::ResourceType;
use crate::worker::Worker;
use crate::{outputs, properties};

/// What stands for values that are known once their resource is made.
const KNOWN_AFTER_APPLY: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// The changes of one submission.
pub(crate) struct Changes {
    /// In `DescribeChangeSet`'s form.
    pub resources: Vec<Value>,
    outputs: bool,
}

impl Changes {
    /// What `submission` would change of `stack`.
    ///
    /// # Errors
    /// What no update can do.
    pub(crate) fn new(service: &CloudFormation, call: &Call, stack: &Stack, submission: &Submission) -> Result<Self, AwsError> {
        let deployment = submission.template.deploy(submission.inputs.clone()).map_err(|errors| invalid(&errors))?;
        check(stack, &deployment)?;
        let Some(worker) = Worker::on(stack, service, call, call.caller.clone()) else {
            return Err(AwsError::new("InternalFailure", 500, "the region is going down"));
        };
        let old = Template::parse(&stack.template).ok();
        let mut expected = Expected::default();
        let mut changes = Vec::new();
        for id in deployment.order().concat() {
            let Some(resource) = deployment.resources().find(|resource| resource.id == id) else { continue };
            let record = stack.resources.iter().find(|record| record.id == id);
            let Some((record, made)) = record.and_then(|record| Some((record, record.made.as_ref()?))) else {
                expected.0.insert(id, Expectation::New);
                changes.push(change("Add", resource, None));
                continue;
            };
            let properties = deployment.properties(&id, &expected).map_err(|error| error.to_string());
            let resource_type = service.types.get(&resource.kind).map_err(validation)?;
            let properties = properties.map(|new| properties::complete(resource_type, new, &submission.tags, &worker, &id));
            let before = old.as_ref().and_then(|old| old.resources.iter().find(|before| before.id == id));
            let comparison =
                Comparison { deployment: &deployment, stack, submission, before, resource, resource_type, expected: &expected };
            let details = comparison.details(made, properties.as_ref().ok(), record);
            let replacement = replacement(&details);
            expected.0.insert(
                id,
                match replacement {
                    "True" => Expectation::New,
                    _ if details.is_empty() => Expectation::Kept(made.clone()),
                    _ => Expectation::Changed(made.clone()),
                },
            );
            if !details.is_empty() {
                let mut modified = change("Modify", resource, Some(made));
                modified["ResourceChange"]["Replacement"] = replacement.into();
                modified["ResourceChange"]["Scope"] = scope(&details).into();
                modified["ResourceChange"]["Details"] = details.into();
                changes.push(modified);
            }
        }
        for record in stack.resources.iter().filter(|record| deployment.resources().all(|kept| kept.id != record.id)) {
            changes.push(removal(record));
        }
        let outputs = match deployment.outputs(&expected) {
            Ok(outputs) => outputs.iter().map(outputs::output).collect::<Vec<_>>() != stack.outputs,
            Err(_) => true,
        };
        Ok(Self { resources: changes, outputs })
    }

    /// Whether nothing would change at all.
    pub(crate) fn are_none(&self) -> bool {
        self.resources.is_empty() && !self.outputs
    }
}

/// Refuses what no update can do.
fn check(stack: &Stack, deployment: &Deployment<'_>) -> Result<(), AwsError> {
    let other_kind = |id: &str, kind: &str| stack.resources.iter().any(|record| record.id == id && record.kind != kind);
    let changed: Vec<&str> = deployment
        .resources()
        .filter(|resource| other_kind(&resource.id, &resource.kind))
        .map(|resource| resource.id.as_str())
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    Err(validation(format!(
        "Update of resource type is not permitted. The new template modifies resource type of the following resources: [{}]",
        changed.join(", ")
    )))
}

/// What making a stack would add, in `DescribeChangeSet`'s form.
pub(crate) fn additions(submission: &Submission) -> Result<Vec<Value>, AwsError> {
    let deployment = submission.template.deploy(submission.inputs.clone()).map_err(|errors| invalid(&errors))?;
    Ok(deployment.resources().map(|resource| change("Add", resource, None)).collect())
}

fn change(action: &str, resource: &Resource, made: Option<&MadeResource>) -> Value {
    json!({
        "Type": "Resource",
        "ResourceChange": {
            "Action": action,
            "LogicalResourceId": resource.id,
            "PhysicalResourceId": made.map(|made| made.physical.clone()),
            "ResourceType": resource.kind,
            "Scope": [],
            "Details": [],
        },
    })
}

fn removal(record: &StackResource) -> Value {
    use nightproof_template::DeletionPolicy::{Retain, RetainExceptOnCreate};
    let keeps = matches!(record.deletion_policy, Retain | RetainExceptOnCreate);
    json!({
        "Type": "Resource",
        "ResourceChange": {
            "Action": "Remove",
            "PolicyAction": if keeps { "Retain" } else { "Delete" },
            "LogicalResourceId": record.id,
            "PhysicalResourceId": record.made.as_ref().map(|made| made.physical.clone()),
            "ResourceType": record.kind,
            "Scope": [],
            "Details": [],
        },
    })
}

fn scope(details: &[Value]) -> Vec<&str> {
    let mut scope: Vec<&str> = Vec::new();
    for attribute in details.iter().filter_map(|detail| detail.pointer("/Target/Attribute")?.as_str()) {
        if !scope.contains(&attribute) {
            scope.push(attribute);
        }
    }
    scope
}

/// Whether a resource is replaced: `True` if a property that needs it changes for certain.
fn replacement(details: &[Value]) -> &'static str {
    let is = |detail: &Value, pointer: &str, word: &str| detail.pointer(pointer).and_then(Value::as_str) == Some(word);
    let recreating = || details.iter().filter(|detail| !is(detail, "/Target/RequiresRecreation", "Never"));
    if recreating().any(|detail| is(detail, "/Evaluation", "Static")) {
        return "True";
    }
    if recreating().next().is_some() { "Conditional" } else { "False" }
}

/// One resource, before and after.
struct Comparison<'a> {
    deployment: &'a Deployment<'a>,
    stack: &'a Stack,
    submission: &'a Submission,
    before: Option<&'a Resource>,
    resource: &'a Resource,
    resource_type: &'a ResourceType,
    expected: &'a Expected,
}

impl Comparison<'_> {
    /// What changes of it, and why. `properties` is `None` if they cannot be known yet.
    fn details(&self, made: &MadeResource, properties: Option<&Value>, record: &StackResource) -> Vec<Value> {
        let mut details = Vec::new();
        if let Some(properties) = properties {
            let difference = Difference::between(self.resource_type, &made.properties, properties);
            for name in &difference.changed {
                let recreates = difference.replacing.contains(name);
                details.extend(self.causes(name).into_iter().map(|cause| cause.detail(name, recreates)));
            }
        }
        // An attribute of a resource that changes in place may change with it.
        let names: Vec<String> =
            properties.and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.clone()).collect();
        let mut maybe = Vec::new();
        for name in names.iter().filter(|name| details.iter().all(|detail| target(detail) != Some(name.as_str()))) {
            for reference in self.deployment.property_references(&self.resource.id, name) {
                if let PropertyReference::Attribute(id, attribute) = reference
                    && matches!(self.expected.0.get(&id), Some(Expectation::Changed(_)))
                {
                    let cause = Cause { source: "ResourceAttribute", entity: Some(format!("{id}.{attribute}")), dynamic: true };
                    maybe.push(cause.detail(name, self.resource_type.replaces(name, properties.unwrap_or(&Value::Null))));
                }
            }
        }
        details.extend(maybe);
        let mut attribute = |name: &str, differs: bool| {
            if differs {
                details.push(json!({
                    "Target": {"Attribute": name, "RequiresRecreation": "Never"},
                    "Evaluation": "Static",
                    "ChangeSource": "DirectModification",
                }));
            }
        };
        attribute("Metadata", self.before.is_some_and(|before| !before.has_metadata_of(self.resource)));
        attribute("DeletionPolicy", record.deletion_policy != self.resource.deletion_policy);
        attribute("UpdateReplacePolicy", record.update_replace_policy != self.resource.update_replace_policy);
        details
    }

    /// Why a property changes.
    fn causes(&self, name: &str) -> Vec<Cause> {
        let mut causes = Vec::new();
        if self.before.is_none_or(|before| !before.says_the_same_of(self.resource, name)) {
            causes.push(Cause { source: "DirectModification", entity: None, dynamic: false });
        }
        for reference in self.deployment.property_references(&self.resource.id, name) {
            let is_new = |id: &String| matches!(self.expected.0.get(id), Some(Expectation::New));
            match reference {
                PropertyReference::Parameter(parameter) if self.changes(&parameter) => {
                    causes.push(Cause { source: "ParameterReference", entity: Some(parameter), dynamic: false });
                }
                PropertyReference::Resource(id) if is_new(&id) => {
                    causes.push(Cause { source: "ResourceReference", entity: Some(id), dynamic: true });
                }
                PropertyReference::Attribute(id, attribute) if is_new(&id) => {
                    let entity = Some(format!("{id}.{attribute}"));
                    causes.push(Cause { source: "ResourceAttribute", entity, dynamic: true });
                }
                _ => {}
            }
        }
        if causes.is_empty() {
            causes.push(Cause { source: "DirectModification", entity: None, dynamic: false });
        }
        causes
    }

    /// Whether a parameter has another value than before, or its SSM parameter may have.
    fn changes(&self, parameter: &str) -> bool {
        let declared = self.submission.template.parameters.iter().find(|one| one.name == parameter);
        declared.is_some_and(nightproof_template::Parameter::ssm_type)
            || self.stack.given.get(parameter) != self.submission.given.get(parameter)
    }
}

fn target(detail: &Value) -> Option<&str> {
    let target = detail.get("Target")?;
    target.get("Name").and_then(Value::as_str).or_else(|| target.get("Attribute")?.as_str())
}

/// Why a property changes.
struct Cause {
    source: &'static str,
    entity: Option<String>,
    /// Its value is known only when the stack is updated.
    dynamic: bool,
}

impl Cause {
    fn detail(self, property: &str, recreates: bool) -> Value {
        let (attribute, name) = if property == "Tags" { ("Tags", None) } else { ("Properties", Some(property)) };
        json!({
            "Target": {
                "Attribute": attribute,
                "Name": name,
                "RequiresRecreation": if recreates { "Always" } else { "Never" },
            },
            "Evaluation": if self.dynamic { "Dynamic" } else { "Static" },
            "ChangeSource": self.source,
            "CausingEntity": self.entity,
        })
    }
}

/// What references will answer.
#[derive(Default)]
struct Expected(BTreeMap<String, Expectation>);

enum Expectation {
    Kept(MadeResource),
    Changed(MadeResource),
    /// Made anew: nothing is known of it yet.
    New,
}

impl Made for Expected {
    fn reference(&self, id: &str) -> Option<String> {
        Some(match self.0.get(id)? {
            Expectation::Kept(made) | Expectation::Changed(made) => made.physical.clone(),
            Expectation::New => KNOWN_AFTER_APPLY.to_owned(),
        })
    }

    fn attribute(&self, id: &str, name: &str) -> Option<Value> {
        match self.0.get(id)? {
            Expectation::Kept(made) | Expectation::Changed(made) => made.attributes.get(name).cloned(),
            Expectation::New => Some(KNOWN_AFTER_APPLY.into()),
        }
    }
}
