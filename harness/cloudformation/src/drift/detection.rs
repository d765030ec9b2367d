//! Looks at resources and compares them with their template.

use nightproof_journal::{DRIFT_NOT_CHECKED, Event};
use nightproof_resource::{MadeResource, Unread, tag_pairs};
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

use super::attachment::is_attached;
use super::comparison::{comparable, differences};
use super::mask::masked;
use crate::records::{DetectionEnd, ResourceDrift, StackResource};
use crate::resource;
use crate::resource_type::ResourceType;
use crate::worker::Worker;

/// What looking at a resource has come to.
pub(crate) enum Looked {
    At(Box<ResourceDrift>),
    /// AWS does not look at resources of its type.
    Unsupported,
    /// This region does not.
    Lacking,
}

/// Compares a resource that was made with its template.
pub(crate) async fn look(worker: &Worker, record: &StackResource) -> Looked {
    let Some(made) = &record.made else { return Looked::Unsupported };
    let Ok(resource_type) = worker.service.types.get(&record.kind) else { return Looked::Lacking };
    // What is behind a custom resource its own provider knows alone.
    if resource_type.provider.facts().is_open {
        return Looked::Unsupported;
    }
    let expected = comparable(resource_type.schema(), &with_own_tags(resource_type, made.properties.clone()));
    let shown = record.shown.as_deref().and_then(|shown| serde_json::from_str::<Value>(shown).ok());
    let mut drift = ResourceDrift {
        status: "DELETED",
        reason: None,
        checked: worker.now(),
        actual: None,
        differences: Vec::new(),
        expected: masked(&expected, shown.as_ref()),
    };
    match resource::read(worker, &record.id, resource_type, made).await {
        Err(Unread::Lacking) => return Looked::Lacking,
        Err(Unread::Gone) => {}
        Err(Unread::Failed(reason)) => (drift.status, drift.reason) = ("UNKNOWN", Some(reason)),
        Ok(actual) => {
            let actual = with_own_tags(resource_type, actual);
            let mut found = differences(resource_type.schema(), &expected, &actual);
            let others = worker.resources();
            found.retain(|difference| !is_attached(&record.kind, difference, &others));
            drift.status = if found.is_empty() { "IN_SYNC" } else { "MODIFIED" };
            for difference in &mut found {
                let shown = shown.as_ref().map(|shown| at_path(shown, &difference.path));
                difference.expected = masked(&difference.expected, shown);
                difference.actual = masked(&difference.actual, shown);
            }
            drift.differences = found.iter().map(super::PropertyDifference::document).collect();
            drift.actual = Some(masked(&same_properties(&expected, &actual), shown.as_ref()));
        }
    }
    Looked::At(Box::new(drift))
}

/// What is shown at the path of a difference, or at the nearest place above it that is shown as one text.
fn at_path<'a>(shown: &'a Value, path: &str) -> &'a Value {
    path.split('/')
        .skip(1)
        .try_fold(shown, |value, part| match value {
            Value::Object(members) => Ok(members.get(part).unwrap_or(&Value::Null)),
            list @ Value::Array(_) => Err(list),
            other => Err(other),
        })
        .unwrap_or_else(|nearest| nearest)
}

/// The properties that are given, as they are.
fn same_properties(expected: &Value, actual: &Value) -> Value {
    let names = expected.as_object().into_iter().flatten().map(|(name, _)| name);
    let same = names.filter_map(|name| Some((name.clone(), actual.get(name).filter(|value| !value.is_null())?.clone())));
    Value::Object(same.collect())
}

/// The properties that are given, those of them as they are that differ from it.
pub(crate) fn as_they_are(resource_type: &ResourceType, given: &Value, actual: &Value) -> Value {
    let actual = with_own_tags(resource_type, actual.clone());
    let differences = differences(resource_type.schema(), &comparable(resource_type.schema(), given), &actual);
    let differs = |name: &str| differences.iter().any(|one| one.path.split('/').nth(1) == Some(name));
    let current = |(name, value): (&String, &Value)| match differs(name) {
        true => actual.get(name).filter(|value| !value.is_null()).map(|value| (name.clone(), value.clone())),
        false => Some((name.clone(), value.clone())),
    };
    Value::Object(given.as_object().into_iter().flatten().filter_map(current).collect())
}

/// Properties without the tags of AWS itself, in the form that the schema has for tags.
fn with_own_tags(resource_type: &ResourceType, mut properties: Value) -> Value {
    let Some(members) = properties.as_object_mut() else { return properties };
    let is_own = |key: &str| !key.starts_with("aws:");
    let is_map = resource_type.schema().is_some_and(|schema| schema.is_map(&["Tags"]));
    let tags = match members.get("Tags") {
        Some(Value::Array(list)) if !is_map => {
            let key = |tag: &Value| tag.get("Key").and_then(Value::as_str).unwrap_or_default().to_owned();
            Value::Array(list.iter().filter(|tag| is_own(&key(tag))).cloned().collect())
        }
        Some(tags) if !tags.is_null() => {
            let pairs = tag_pairs(&json!({ "Tags": tags })).into_iter().filter(|(key, _)| is_own(key));
            match is_map {
                true => Value::Object(pairs.collect::<Map<String, Value>>()),
                false => pairs.map(|(key, value)| json!({"Key": key, "Value": value})).collect(),
            }
        }
        _ => return properties,
    };
    let is_empty = tags.as_array().is_some_and(Vec::is_empty) || tags.as_object().is_some_and(Map::is_empty);
    match is_empty {
        true => drop(members.remove("Tags")),
        false => drop(members.insert("Tags".to_owned(), tags)),
    }
    properties
}

/// Looks at resources of the stack, and keeps what it finds in their records.
pub(crate) async fn detect(worker: &Worker, records: Vec<StackResource>) -> DetectionEnd {
    let mut running = JoinSet::new();
    for record in records {
        let worker = worker.clone();
        running.spawn(async move {
            let looked = look(&worker, &record).await;
            (record, looked)
        });
    }
    let (mut drifted, mut failures) = (0, Vec::new());
    while let Some(Ok((record, looked))) = running.join_next().await {
        match looked {
            Looked::At(drift) => {
                drifted += usize::from(drift.is_drifted());
                failures.extend(drift.reason.clone().map(|reason| (record.id.clone(), reason)));
                keep(worker, &record, *drift);
            }
            Looked::Lacking => {
                let detail = format!("drift of {} is not detected: resources of type {} are not read", record.id, record.kind);
                let finding = Event::Finding { id: DRIFT_NOT_CHECKED.to_owned(), detail };
                worker.region.journal().record(finding);
            }
            Looked::Unsupported => {}
        }
    }
    failures.sort();
    let stack_status = match (drifted, failures.is_empty()) {
        (0, true) => "IN_SYNC",
        (0, false) => "UNKNOWN",
        _ => "DRIFTED",
    };
    let ids: Vec<&str> = failures.iter().map(|(id, _)| id.as_str()).collect();
    let each = failures.iter().map(|(id, reason)| json!({"Resource": id, "FailureReason": reason})).collect::<Vec<_>>();
    let summary = || format!("Failed to detect drift on resources [{}]", ids.join(","));
    let failure = (!ids.is_empty()).then(|| json!({"Summary": summary(), "Failures": each}).to_string());
    DetectionEnd { stack_status, failure, drifted }
}

/// Keeps what was found of a resource, if it is still the same one.
pub(crate) fn keep(worker: &Worker, record: &StackResource, drift: ResourceDrift) {
    let same = |made: &MadeResource| record.made.as_ref().is_some_and(|looked| looked.physical == made.physical);
    worker.with(|stack| {
        if let Some(resource) = stack.resource(&record.id)
            && resource.made.as_ref().is_some_and(same)
        {
            resource.drift = Some(drift);
        }
    });
}
