//! Resources that a template names and that exist already, which a change set may import instead of failing on them.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html>

use std::collections::BTreeMap;

use nightproof_core::service::AwsError;
use nightproof_resource::{MadeResource, Unread};
use nightproof_template::{DeletionPolicy, Deployment, Resource};
use serde_json::{Map, Value};

use super::lookup::{Found, joined, lacking, owned, owner};
use crate::error::validation;
use crate::records::{MadeSoFar, Stack};
use crate::resource;
use crate::resource_type::ResourceType;
use crate::worker::Worker;

/// The resources that `deployment` would make and that exist under their own names.
///
/// # Errors
/// Resources of a type are not read by this region.
pub(crate) async fn existing(worker: &Worker, deployment: &Deployment<'_>, stack: &Stack) -> Result<Found, AwsError> {
    let mut found: BTreeMap<String, MadeResource> = BTreeMap::new();
    let (mut unkept, mut elsewhere) = (Vec::new(), None);
    let is_new = |one: &&Resource| !stack.resources.iter().any(|record| record.id == one.id && record.made.is_some());
    for one in deployment.resources().filter(is_new) {
        let resource_type = worker.service.types.get(&one.kind).map_err(validation)?;
        let (declared, _) = deployment.known_properties(&one.id, &MadeSoFar::default(), &Value::Null);
        let Some(identifier) = given_identifier(resource_type, &declared) else { continue };
        let made = match resource::find(worker, &one.id, resource_type, &identifier, &declared).await {
            Ok(made) => made,
            Err(Unread::Gone) => continue,
            // Behind a record there is nothing that could be there already.
            Err(Unread::Lacking) if resource_type.is_recorded => continue,
            Err(Unread::Lacking) => return Err(lacking(&one.kind)),
            Err(Unread::Failed(reason)) => return Ok(Err(reason)),
        };
        let policy = deployment.policies(one).deletion;
        if !matches!(policy, Some(DeletionPolicy::Retain | DeletionPolicy::RetainExceptOnCreate)) {
            let pairs = identifier.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()));
            unkept.push(format!("{} ({{{}}})", one.id, pairs.collect::<Vec<_>>().join(", ")));
        }
        if let Some(stack) = owner(&worker.service, &worker.caller.account, &one.kind, &made.physical) {
            elsewhere.get_or_insert_with(|| owned(&joined(&identifier), &stack));
        }
        found.insert(one.id.clone(), made);
    }
    if !unkept.is_empty() {
        return Ok(Err(format!(
            "CloudFormation is attempting to import some resources because they already exist in your account. The resources must have the \
             DeletionPolicy attribute set to 'Retain' or 'RetainExceptOnCreate' in the template for successful import. The affected resources \
             are {}",
            unkept.join(", ")
        )));
    }
    Ok(elsewhere.map_or(Ok(found), Err))
}

/// What identifies a resource, if its template gives all of it.
fn given_identifier(resource_type: &ResourceType, declared: &Value) -> Option<Map<String, Value>> {
    let schema = resource_type.schema().filter(|schema| schema.provisioning_type() != "NON_PROVISIONABLE")?;
    if resource_type.provider.facts().is_open {
        return None;
    }
    let value = |name: &str| {
        let given = declared.get(name).and_then(Value::as_str).filter(|_| !schema.is_read_only(&[name]))?;
        Some((name.to_owned(), given.into()))
    };
    let identifier: Option<Map<String, Value>> = schema.identifier().map(value).collect();
    identifier.filter(|identifier| !identifier.is_empty())
}
