//! Finding the resources of an import.

use std::collections::BTreeMap;

use nightproof_core::service::AwsError;
use nightproof_resource::{MadeResource, Unread};
use nightproof_template::Deployment;
use serde_json::{Map, Value};

use super::request::ResourceToImport;
use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::records::MadeSoFar;
use crate::resource;
use crate::worker::Worker;

/// What was found, by logical id; or why the change set fails.
pub(crate) type Found = Result<BTreeMap<String, MadeResource>, String>;

/// Finds the resources that are to be imported. AWS looks for each of them, and asks then whether a stack has it.
///
/// # Errors
/// Resources of a type are not read by this region.
pub(crate) async fn look_up(
    worker: &Worker,
    deployment: &Deployment<'_>,
    wanted: &[ResourceToImport],
) -> Result<Found, AwsError> {
    let mut found = BTreeMap::new();
    for one in wanted {
        let (id, kind) = (&one.logical_resource_id, one.resource_type.as_str());
        let resource_type = worker.service.types.get(kind).map_err(validation)?;
        let identifier = identifier(one);
        let (declared, _) = deployment.known_properties(id, &MadeSoFar::default(), &Value::Null);
        match resource::find(worker, id, resource_type, &identifier, &declared).await {
            Ok(made) => found.insert(id.clone(), made),
            Err(Unread::Gone) => return Ok(Err(not_found(kind, &joined(&identifier)))),
            Err(Unread::Failed(reason)) => return Ok(Err(reason)),
            Err(Unread::Lacking) => return Err(lacking(kind)),
        };
    }
    for one in wanted {
        if let Some(made) = found.get(&one.logical_resource_id)
            && let Some(stack) = owner(&worker.service, &worker.caller.account, &one.resource_type, &made.physical)
        {
            return Ok(Err(owned(&joined(&identifier(one)), &stack)));
        }
    }
    Ok(Ok(found))
}

/// The refusal of a type that this region does not read.
pub(super) fn lacking(kind: &str) -> AwsError {
    AwsError::not_implemented("cloudformation", &format!("import of {kind}"))
}

pub(super) fn not_found(kind: &str, identifier: &str) -> String {
    format!("Resource of type '{kind}' with identifier '{identifier}' was not found.")
}

pub(super) fn owned(identifier: &str, stack: &str) -> String {
    format!("{identifier} already exists in stack {stack}")
}

/// The properties by which a resource is found, in the order of its type's schema.
fn identifier(one: &ResourceToImport) -> Map<String, Value> {
    let schema = nightproof_registry::resource_type(&one.resource_type);
    let names: Vec<String> = schema.iter().flat_map(nightproof_registry::ResourceType::identifier).map(str::to_owned).collect();
    let value = |name: String| Some((name.clone(), one.resource_identifier.get(&name)?.as_str().into()));
    names.into_iter().filter_map(value).collect()
}

/// An identifier of several properties as one text.
pub(super) fn joined(identifier: &Map<String, Value>) -> String {
    identifier.values().filter_map(Value::as_str).collect::<Vec<_>>().join("|")
}

/// The id of the stack that has this resource.
pub(super) fn owner(service: &CloudFormation, account: &str, kind: &str, physical: &str) -> Option<String> {
    let stacks = service.lock();
    let mut living = stacks.get(account)?.iter().filter(|stack| stack.deleted.is_none());
    let is_it = |resource: &crate::records::StackResource| {
        resource.kind == kind && resource.made.as_ref().is_some_and(|made| made.physical == physical)
    };
    living.find(|stack| stack.resources.iter().any(is_it)).map(|stack| stack.id.clone())
}
