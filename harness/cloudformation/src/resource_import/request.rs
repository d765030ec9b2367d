//! What a request for an import may ask for.

use std::collections::{BTreeMap, BTreeSet};

use nightproof_core::service::AwsError;
use nightproof_template::Template;
use serde::Deserialize;

use crate::change::Changes;
use crate::error::validation;
use crate::records::{Stack, Submission};
use crate::resource_types::ResourceTypes;

/// A resource that exists. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceToImport.html>
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ResourceToImport {
    pub resource_type: String,
    /// Its name in the template.
    pub logical_resource_id: String,
    /// The properties by which it is found, as the type's schema has them.
    pub resource_identifier: BTreeMap<String, String>,
}

/// Refuses an import of `wanted` into `stack` that AWS does not do. `changes` are those that the submission makes of the stack.
pub(crate) fn check(
    types: &ResourceTypes,
    wanted: &[ResourceToImport],
    stack: &Stack,
    (submission, changes): (&Submission, &Changes),
    role: Option<&str>,
) -> Result<(), AwsError> {
    each(types, wanted, &submission.template)?;
    together(wanted, changes)?;
    let policies = |id: &str| submission.template.resources.iter().find(|one| one.id == id)?.deletion_policy.as_ref();
    let without = wanted.iter().map(|one| one.logical_resource_id.as_str()).filter(|id| policies(id).is_none());
    let without: Vec<&str> = without.collect();
    if !without.is_empty() {
        return Err(validation(format!(
            "The following resources to import {} must have DeletionPolicy attribute specified in the template.",
            listed(&without)
        )));
    }
    frozen(stack, submission, role)
}

/// Looks at the resources one by one.
fn each(types: &ResourceTypes, wanted: &[ResourceToImport], template: &Template) -> Result<(), AwsError> {
    if wanted.is_empty() {
        return Err(validation("Must Provide at least one resource to import"));
    }
    let ids: BTreeSet<&str> = wanted.iter().map(|one| one.logical_resource_id.as_str()).collect();
    if ids.len() < wanted.len() {
        return Err(validation("Every resource to import must have unique LogicalResourceId"));
    }
    let declared = |id: &str| template.resources.iter().find(|resource| resource.id == id);
    let undeclared = wanted.iter().map(|one| one.logical_resource_id.as_str()).filter(|id| declared(id).is_none());
    let undeclared: Vec<&str> = undeclared.collect();
    if !undeclared.is_empty() {
        return Err(validation(format!(
            "The logical resource ids {} provided in ResourceToImport do not exist in the template.",
            listed(&undeclared)
        )));
    }
    let kinds = wanted.iter().map(|one| one.resource_type.as_str());
    let unsupported: BTreeSet<&str> = kinds.filter(|kind| !is_importable(types, kind)).collect();
    if !unsupported.is_empty() {
        let unsupported: Vec<&str> = unsupported.into_iter().collect();
        return Err(validation(format!("ResourceTypes {} are not supported for Import", listed(&unsupported))));
    }
    for one in wanted {
        let kind = one.resource_type.as_str();
        let schema = nightproof_registry::resource_type(kind);
        let expected: Vec<&str> = schema.iter().flat_map(nightproof_registry::ResourceType::identifier).collect();
        let given: BTreeSet<&str> = one.resource_identifier.keys().map(String::as_str).collect();
        if given != expected.iter().copied().collect() {
            return Err(validation(format!(
                "Invalid resource identifier for resource type {kind}. Expected {}",
                listed(&expected)
            )));
        }
        let id = &one.logical_resource_id;
        if let Some(resource) = declared(id).filter(|resource| resource.kind != kind) {
            return Err(validation(format!(
                "Resource type of [{id}] passed in ResourceToImport does not match with resource type defined in the template. Resource type \
                 in ResourceToImport: {kind}; Resource type in Template: {}.",
                resource.kind
            )));
        }
    }
    Ok(())
}

/// Whether AWS imports resources of this type.
fn is_importable(types: &ResourceTypes, kind: &str) -> bool {
    let is_open = types.find(kind).is_some_and(|found| found.provider.facts().is_open);
    let schema = nightproof_registry::resource_type(kind);
    !is_open && schema.is_some_and(|schema| schema.provisioning_type() != "NON_PROVISIONABLE")
}

/// An import does nothing but to import.
fn together(wanted: &[ResourceToImport], changes: &Changes) -> Result<(), AwsError> {
    let added = changes.ids("Add");
    if added.is_empty() {
        return Err(validation("The template should contain at least one new resource to import."));
    }
    let ids: Vec<&str> = wanted.iter().map(|one| one.logical_resource_id.as_str()).collect();
    let existing: Vec<&str> = ids.iter().copied().filter(|id| !added.contains(id)).collect();
    if !existing.is_empty() {
        return Err(validation(format!(
            "Resources {} passed in ResourceToImport are already in a stack and cannot be imported.",
            listed(&existing)
        )));
    }
    let missing: Vec<&str> = added.into_iter().filter(|id| !ids.contains(id)).collect();
    if !missing.is_empty() {
        return Err(validation(format!("Resources {} is missing from ResourceToImport list", listed(&missing))));
    }
    // What only refers to what is imported is as it was.
    let changed: Vec<&str> = changes.ids("Modify").into_iter().chain(changes.ids("Remove")).collect();
    if changed.is_empty() {
        return Ok(());
    }
    Err(validation(format!(
        "You have modified resources {} in your template that are not being imported. Update, create or delete operations cannot be executed \
         during import operations.",
        listed(&changed)
    )))
}

/// What belongs to the stack itself stays as it is.
fn frozen(stack: &Stack, submission: &Submission, role: Option<&str>) -> Result<(), AwsError> {
    let before = stack.made_by().map(|template| template.outputs).unwrap_or_default();
    let same = |output: &nightproof_template::Output| before.iter().any(|one| one.says_the_same_as(output));
    let declared = &submission.template.outputs;
    let outputs = before.len() != declared.len() || !declared.iter().all(same);
    let role = role.is_some() && role != stack.role.as_deref();
    let tags = submission.tags != stack.tags;
    let changed = [("Outputs", outputs), ("RoleArn", role), ("Tags", tags)].into_iter().filter(|(_, changes)| *changes);
    let changed: Vec<&str> = changed.map(|(name, _)| name).collect();
    match changed.is_empty() {
        true => Ok(()),
        false => Err(validation(format!("As part of the import operation, you cannot modify or add {}", listed(&changed)))),
    }
}

fn listed(names: &[&str]) -> String {
    format!("[{}]", names.join(", "))
}
