//! Taking one resource into a stack: it is read once more, and becomes what the template says as by an update, its tags among it.

use nightproof_resource::{MadeResource, Unread};
use serde_json::Value;

use super::lookup::not_found;
use crate::difference::Difference;
use crate::drift;
use crate::resource;
use crate::worker::Worker;

/// What events say of a resource that is imported.
pub(crate) const STARTED: &str = "Resource import started.";
const COMPLETED: &str = "Resource import completed.";
const TAGS: &str = "Apply stack-level tags to imported resource if applicable.";

/// Imports the resource `id`, which was found as `found`. Properties that its template does not give stay as they are.
pub(crate) async fn adopt(
    worker: &Worker,
    id: &str,
    kind: &str,
    found: MadeResource,
    properties: Value,
) -> Result<MadeResource, String> {
    let resource_type = worker.service.types.get(kind)?;
    let actual = match resource::read(worker, id, resource_type, &found).await {
        Ok(actual) => actual,
        Err(Unread::Gone) => return Err(not_found(kind, &found.physical)),
        Err(Unread::Failed(reason)) => return Err(reason),
        Err(Unread::Lacking) => return Err(format!("resources of type {kind} are not read by this local region")),
    };
    let before = drift::as_they_are(resource_type, &properties, &actual);
    let made = MadeResource { properties: before, ..found };
    worker.record(id, made.clone());
    worker.resource_becomes(id, "IMPORT_COMPLETE", Some(COMPLETED.to_owned()));
    worker.resource_becomes(id, "UPDATE_IN_PROGRESS", Some(TAGS.to_owned()));
    let difference = Difference::between(resource_type, &made.properties, &properties);
    if difference.needs_replacement() {
        let paths: Vec<String> = difference.replacing.iter().map(|name| format!("/properties/{name}")).collect();
        return Err(format!("Invalid patch update: createOnlyProperties [{}] cannot be updated", paths.join(", ")));
    }
    match difference.is_empty() {
        true => Ok(MadeResource { properties, ..made }),
        false => resource::update(worker, id, kind, &made, properties).await,
    }
}
