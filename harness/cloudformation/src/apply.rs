//! Making a stack's resources what a template says, in parallel as their dependencies allow.

use std::collections::BTreeMap;

use nightproof_resource::MadeResource;
use nightproof_template::{Deployment, Resource};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::difference::Difference;
use crate::records::{Applied, Done, MadeSoFar, StackResource, Submission};
use crate::stack_policy::{Action, StackPolicy};
use crate::worker::Worker;
use crate::{change, nested, properties, resource, resource_import, signal};

/// Makes, changes or replaces every resource of `deployment` as soon as all that it depends on are as they should be. `before` are the
/// resources that the stack has. When one fails, those that were begun are waited for, and no other is begun.
pub(crate) async fn apply(
    worker: &Worker,
    deployment: &Deployment<'_>,
    before: &BTreeMap<String, StackResource>,
    submission: &Submission,
) -> Applied {
    let tags = submission.tags.as_slice();
    // Values that no answer shows are masked in it.
    let masked = change::shown(&submission.template, &submission.inputs);
    // What a stack's policy protects from an update, it protects from nothing else.
    let policy = worker.with(|stack| stack.policy_in_force().cloned()).flatten();
    let mut waiting: Vec<&Resource> = deployment.resources().collect();
    let mut applied = Applied { made: MadeSoFar::default(), done: BTreeMap::new(), attempted: BTreeMap::new(), failure: None };
    let mut failed: Vec<(&'static str, String)> = Vec::new();
    let mut running = JoinSet::new();
    loop {
        while failed.is_empty() && !worker.cancel.is_cancelled() {
            let is_made = |other: &String| applied.made.0.contains_key(other);
            let (ready, later): (Vec<_>, Vec<_>) =
                waiting.into_iter().partition(|resource| deployment.dependencies(&resource.id).iter().all(is_made));
            waiting = later;
            let mut kept = false;
            for resource in ready {
                let old = before.get(&resource.id);
                let properties = deployment.properties(&resource.id, &applied.made).map_err(|error| error.to_string());
                let update_policy = deployment.update_policy(resource, &applied.made).map_err(|error| error.to_string());
                let properties = properties.and_then(|properties| Ok((properties, update_policy?)));
                let update_policy = properties.as_ref().ok().and_then(|(_, policy)| policy.clone());
                let existing = submission.imported.get(&resource.id);
                let step = Step::new(worker, resource, (old, existing), properties, tags).allowed(policy.as_ref(), resource);
                let shown = masked.as_ref().and_then(|masked| masked.properties(&resource.id, &applied.made).ok());
                let signals = deployment.signals(&resource.id, &applied.made);
                let metadata = deployment.metadata(resource, &applied.made).ok().flatten().map(|metadata| metadata.to_string());
                worker.with(|stack| {
                    let depends_on = deployment.dependencies(&resource.id).clone();
                    let mut record = StackResource::new(resource, deployment.policies(resource), depends_on, worker.now());
                    record.metadata = metadata;
                    record.update_policy = update_policy;
                    record.shown = shown.as_ref().map(ToString::to_string);
                    record.imported = step.done() == Done::Imported;
                    if let Some(existing) = stack.resource(&resource.id) {
                        (record.status, record.changed) = (existing.status, existing.changed);
                        record.made.clone_from(&existing.made);
                        record.drift.clone_from(&existing.drift);
                    }
                    stack.put(record);
                });
                applied.done.insert(resource.id.clone(), step.done());
                if let Step::Update(_, properties) = &step {
                    applied.attempted.insert(resource.id.clone(), properties.clone());
                }
                match step {
                    Step::Keep(made) => {
                        kept = true;
                        applied.made.0.insert(resource.id.clone(), made);
                    }
                    step => {
                        step.tell(worker, &resource.id);
                        let (worker, id, kind) = (worker.clone(), resource.id.clone(), resource.kind.clone());
                        running.spawn(async move {
                            let done = step.done();
                            let is_new = matches!(step, Step::Create(_) | Step::Replace(_));
                            let mut result = step.take(&worker, &id, &kind).await;
                            if is_new && result.is_ok() {
                                let waited = match signals {
                                    Ok(Some(signals)) => signal::wait(&worker, &id, &signals).await,
                                    Ok(None) => Ok(()),
                                    Err(error) => Err(error.message),
                                };
                                result = waited.and(result);
                            }
                            (id, done, result)
                        });
                    }
                }
            }
            // What depends on resources that stay as they are need not wait.
            if !kept {
                break;
            }
        }
        match running.join_next().await {
            None => break,
            Some(Ok((id, done, Ok(made)))) => {
                worker.record(&id, made.clone());
                worker.resource_becomes(&id, if done == Done::Created { "CREATE_COMPLETE" } else { "UPDATE_COMPLETE" }, None);
                applied.made.0.insert(id, made);
            }
            Some(Ok((id, done, Err(reason)))) => {
                let (status, what) = failure_of(worker, &id, done);
                worker.resource_becomes(&id, status, Some(reason));
                failed.push((what, id));
            }
            Some(Err(error)) => failed.push(("create", error.to_string())),
        }
    }
    applied.failure = failure(&failed);
    applied
}

/// The status of a resource that could not be made what it is to be, and what could not be done.
fn failure_of(worker: &Worker, id: &str, done: Done) -> (&'static str, &'static str) {
    // An import ends with an update.
    let is_importing = || worker.with(|stack| stack.resource(id).is_some_and(|record| record.status == "IMPORT_IN_PROGRESS"));
    match done {
        Done::Created => ("CREATE_FAILED", "create"),
        Done::Imported if is_importing() == Some(true) => ("IMPORT_FAILED", "import"),
        _ => ("UPDATE_FAILED", "update"),
    }
}

/// The stack's reason when something failed.
fn failure(failed: &[(&'static str, String)]) -> Option<String> {
    let of = |what: &str| failed.iter().filter(|(done, _)| *done == what).map(|(_, id)| id.as_str()).collect::<Vec<_>>();
    let told = ["create", "import", "update"].map(|what| match of(what).as_slice() {
        [] => String::new(),
        ids => format!("The following resource(s) failed to {what}: [{}]. ", ids.join(", ")),
    });
    Some(told.concat()).filter(|told| !told.is_empty())
}

/// What is to be done about a resource.
enum Step {
    Keep(MadeResource),
    Create(Value),
    Update(MadeResource, Value),
    Replace(Value),
    /// It exists, and becomes part of the stack.
    Import(MadeResource, Value),
    /// It cannot be; whether it would have been created.
    Fail(Done, String),
}

impl Step {
    fn new(
        worker: &Worker,
        resource: &Resource,
        (record, existing): (Option<&StackResource>, Option<&MadeResource>),
        given: Result<(Value, Option<Value>), String>,
        tags: &[(String, String)],
    ) -> Self {
        let old = record.and_then(|record| record.made.clone());
        let without = if old.is_some() { Done::Updated } else { Done::Created };
        let found = worker.service.types.get(&resource.kind).and_then(|found| Ok((found, given?)));
        let (resource_type, properties, policy) = match found {
            Ok((found, (given, policy))) => (found, properties::complete(found, given, tags, worker, &resource.id), policy),
            Err(reason) => return Self::Fail(without, reason),
        };
        let Some(old) = old else {
            return match existing {
                Some(existing) => Self::Import(existing.clone(), properties),
                None => Self::Create(properties),
            };
        };
        // What an update left half made is made anew.
        if record.is_some_and(|record| record.status == "CREATE_FAILED") {
            return Self::Replace(properties);
        }
        let difference = Difference::between(resource_type, &old.properties, &properties);
        if difference.is_empty() {
            // What is behind the address of a nested stack's template may be another one now.
            return if resource.kind == nested::NAME { Self::Update(old, properties) } else { Self::Keep(old) };
        }
        if let Some(reason) = difference.changed.iter().find_map(|name| resource_type.provider.refuses_change(name)) {
            return Self::Fail(Done::Updated, reason);
        }
        let by_policy = policy.is_some_and(|policy| resource_type.provider.replaces_by_policy(&policy, &difference.changed));
        if !difference.needs_replacement() && !by_policy {
            return Self::Update(old, properties);
        }
        match resource_type.kept_name(&old.properties, &properties) {
            Some(name) => Self::Fail(
                Done::Updated,
                format!(
                    "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {name} and update the stack again."
                ),
            ),
            None => Self::Replace(properties),
        }
    }

    /// The step, if the stack's policy allows it.
    fn allowed(self, policy: Option<&StackPolicy>, resource: &Resource) -> Self {
        let action = match &self {
            Self::Update(..) => Action::Modify,
            Self::Replace(_) => Action::Replace,
            Self::Keep(_) | Self::Create(_) | Self::Import(..) | Self::Fail(..) => return self,
        };
        match policy.and_then(|policy| policy.refusal(action, &resource.id, &resource.kind)) {
            Some(reason) => Self::Fail(Done::Updated, reason),
            None => self,
        }
    }

    fn done(&self) -> Done {
        match self {
            Self::Keep(_) => Done::Kept,
            Self::Create(_) => Done::Created,
            Self::Import(..) => Done::Imported,
            Self::Update(..) => Done::Updated,
            Self::Replace(_) => Done::Replaced,
            Self::Fail(done, _) => *done,
        }
    }

    fn tell(&self, worker: &Worker, id: &str) {
        let replacing = "Requested update requires the creation of a new physical resource; hence creating one.";
        let (status, reason) = match self.done() {
            Done::Created => ("CREATE_IN_PROGRESS", None),
            Done::Imported => ("IMPORT_IN_PROGRESS", Some(resource_import::STARTED.to_owned())),
            Done::Replaced => ("UPDATE_IN_PROGRESS", Some(replacing.to_owned())),
            Done::Kept | Done::Updated => ("UPDATE_IN_PROGRESS", None),
        };
        worker.resource_becomes(id, status, reason);
    }

    async fn take(self, worker: &Worker, id: &str, kind: &str) -> Result<MadeResource, String> {
        match self {
            Self::Keep(made) => Ok(made),
            Self::Create(properties) | Self::Replace(properties) => resource::create(worker, id, kind, properties).await,
            Self::Update(old, properties) => resource::update(worker, id, kind, &old, properties).await,
            Self::Import(found, properties) => resource_import::adopt(worker, id, kind, found, properties).await,
            Self::Fail(_, reason) => Err(reason),
        }
    }
}
