//! One resource of a stack, created, changed or deleted by its type's provider.

use std::sync::Arc;

use nightproof_journal::Event;
use nightproof_resource::{Context, Deployment, MadeResource, Reading, Unread};
use serde_json::{Map, Value};

use crate::dynamic_reference;
use crate::resource_type::ResourceType;
use crate::stack_record::Record;
use crate::support::Support;
use crate::worker::Worker;

/// Creates the resource `id`, of type `kind`, with complete properties.
pub(crate) async fn create(worker: &Worker, id: &str, kind: &str, properties: Value) -> Result<MadeResource, String> {
    let resource_type = checked(worker, kind, &properties)?;
    let resolved = resource_type.coerced(dynamic_reference::resolve(worker, &properties).await?);
    check_types(resource_type, id, &resolved)?;
    let context = context(worker, id, properties.clone(), false);
    let made = resource_type.provider.create(&context, &resolved).await?;
    recorded(worker, id, resource_type, &properties);
    Ok(MadeResource { properties, ..made })
}

/// The type of a resource, if it has all properties. A record is held to the whole schema of its type, by its provider.
fn checked<'a>(worker: &'a Worker, kind: &str, properties: &Value) -> Result<&'a ResourceType, String> {
    let types = &worker.service.types;
    let resource_type = types.get(kind)?;
    if !resource_type.is_recorded {
        Support::new(types, kind).check(properties)?;
    }
    Ok(resource_type)
}

/// Refuses properties of a type that a service acts upon, if they have another type than their schema says.
fn check_types(resource_type: &ResourceType, id: &str, properties: &Value) -> Result<(), String> {
    let wrong = if resource_type.is_recorded { Vec::new() } else { resource_type.mismatches(properties) };
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(format!("Properties validation failed for resource {id} with message:\n{}", wrong.join("\n"))),
    }
}

/// Tells the journal what of a resource is a record only.
fn recorded(worker: &Worker, id: &str, resource_type: &ResourceType, properties: &Value) {
    let facts = resource_type.provider.facts();
    let given = facts.recorded.iter().filter(|path| has(properties, &path.split('.').collect::<Vec<_>>()));
    let properties: Vec<String> = given.map(|name| (*name).to_owned()).collect();
    if resource_type.is_recorded || !properties.is_empty() {
        let (logical_id, kind) = (id.to_owned(), facts.name.to_owned());
        worker.region.journal().record(Event::Recorded { logical_id, kind, properties });
    }
}

/// Whether there is something at a path, in lists too.
fn has(value: &Value, path: &[&str]) -> bool {
    match (value, path) {
        (Value::Array(items), _) => items.iter().any(|item| has(item, path)),
        (_, [name, rest @ ..]) => value.get(name).is_some_and(|inner| has(inner, rest)),
        (_, []) => true,
    }
}

/// Changes in place what [`create`] made, to other properties of which none needs a replacement. Repeating it does no harm: an update that
/// failed half-way is undone by another one.
pub(crate) async fn update(
    worker: &Worker,
    id: &str,
    kind: &str,
    old: &MadeResource,
    properties: Value,
) -> Result<MadeResource, String> {
    let resource_type = checked(worker, kind, &properties)?;
    let resolved = resource_type.coerced(dynamic_reference::resolve(worker, &properties).await?);
    check_types(resource_type, id, &resolved)?;
    let before = MadeResource { properties: dynamic_reference::known(&old.properties, &properties, &resolved), ..old.clone() };
    let context = context(worker, id, properties.clone(), true);
    let made = resource_type.provider.update(&context, &before, &resolved).await?;
    recorded(worker, id, resource_type, &properties);
    Ok(MadeResource { properties, ..made })
}

/// What a resource is now, with scalars in the types of its schema.
pub(crate) async fn read(worker: &Worker, id: &str, resource_type: &ResourceType, made: &MadeResource) -> Reading {
    let context = context(worker, id, made.properties.clone(), false);
    resource_type.provider.read(&context, made).await.map(|found| resource_type.coerced(without_nulls(found)))
}

/// What exists under the properties of `identifier`, in the properties of its type. `declared` are the template's.
pub(crate) async fn find(
    worker: &Worker,
    id: &str,
    resource_type: &ResourceType,
    identifier: &Map<String, Value>,
    declared: &Value,
) -> Result<MadeResource, Unread> {
    let mut known = declared.as_object().cloned().unwrap_or_default();
    known.extend(identifier.clone());
    let known = Value::Object(known);
    let context = context(worker, id, known.clone(), false);
    let physical = resource_type.provider.physical_id(&context, &Value::Object(identifier.clone())).ok_or(Unread::Lacking)?;
    let sought = MadeResource { physical, properties: known, ..MadeResource::default() };
    let properties = read(worker, id, resource_type, &sought).await?;
    let attributes = resource_type.provider.facts().attributes.iter();
    let attributes = attributes.filter_map(|name| {
        let value = name.split('.').try_fold(&properties, |value, part| value.get(part))?;
        Some(((*name).to_owned(), value.clone()))
    });
    Ok(MadeResource { physical: sought.physical, attributes: attributes.collect(), properties })
}

/// Members that are null are those that a resource does not have.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(list) => list.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// Deletes what [`create`] made. If it is gone already, that is no error.
pub(crate) async fn delete(worker: &Worker, id: &str, kind: &str, made: &MadeResource) -> Result<(), String> {
    let context = context(worker, id, made.properties.clone(), false);
    worker.service.types.get(kind)?.provider.delete(&context, made).await
}

fn context(worker: &Worker, id: &str, properties: Value, is_update: bool) -> Context {
    let update_policy = worker.with(|stack| stack.resource(id).and_then(|record| record.update_policy.clone())).flatten();
    let record = Record { worker: worker.clone(), id: id.to_owned(), properties };
    let deployment = Deployment {
        region: worker.region.clone(),
        caller: worker.caller.clone(),
        stack: worker.name.clone(),
        logical_id: id.to_owned(),
        cancel: worker.cancel.clone(),
        record: Arc::new(record),
        update_policy,
    };
    Context::new(deployment, is_update)
}
