//! What an update would change, worked out before anything is changed.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets-view.html>

mod comparison;
mod context;
mod detail;
mod expected;
mod resource_change;

use nightproof_core::service::{AwsError, Call};
use nightproof_template::{Deployment, Inputs, Made, Template, TemplateError};
use serde_json::{Value, json};

use self::comparison::Comparison;
use self::expected::{Expectation, Expected, KNOWN_AFTER_APPLY};
pub(crate) use self::resource_change::ResourceChange;
use crate::cloudformation::CloudFormation;
use crate::error::{invalid, validation};
use crate::records::{MadeSoFar, Stack, Submission};
use crate::worker::Worker;
use crate::{outputs, properties};

/// The changes of one submission.
pub(crate) struct Changes {
    pub resources: Vec<ResourceChange>,
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
        let old = stack.made_by();
        let (was, will_be) =
            (old.as_ref().and_then(|old| shown(old, &stack.inputs)), shown(&submission.template, &submission.inputs));
        let made = stack.resources.iter().filter_map(|record| Some((record.id.clone(), record.made.clone()?)));
        let made = MadeSoFar(made.collect());
        let mut expected = Expected::default();
        let mut changes = Vec::new();
        for id in deployment.order().concat() {
            let Some(resource) = deployment.resources().find(|resource| resource.id == id) else { continue };
            let record = stack.resources.iter().find(|record| record.id == id);
            let Some((record, existing)) = record.and_then(|record| Some((record, record.made.as_ref()?))) else {
                if let Some(found) = submission.imported.get(&id) {
                    expected.0.insert(id.clone(), Expectation::Kept(found.clone()));
                    changes.push(ResourceChange::import(resource, &found.physical, values(will_be.as_ref(), &id, &expected)));
                    continue;
                }
                changes.push(ResourceChange::addition(resource, values(will_be.as_ref(), &id, &expected)));
                expected.0.insert(id, Expectation::New);
                continue;
            };
            let properties = deployment.properties(&id, &expected).map_err(|error| error.to_string());
            let resource_type = service.types.get(&resource.kind).map_err(validation)?;
            let properties = properties.map(|new| properties::complete(resource_type, new, &submission.tags, &worker, &id));
            let before = old.as_ref().and_then(|old| old.resources.iter().find(|before| before.id == id));
            let comparison =
                Comparison { deployment: &deployment, stack, submission, before, resource, resource_type, expected: &expected };
            let details = comparison.details(existing, properties.as_ref().ok(), record);
            if details.is_empty() {
                expected.0.insert(id, Expectation::Kept(existing.clone()));
                continue;
            }
            let before = values(was.as_ref(), &id, &made).0;
            let after = values(will_be.as_ref(), &id, &expected);
            let change = ResourceChange::modification(record, deployment.policies(resource), details, before, after);
            let expectation = if change.replaces() { Expectation::New } else { Expectation::Changed(existing.clone()) };
            expected.0.insert(id, expectation);
            changes.push(change);
        }
        for record in stack.resources.iter().filter(|record| deployment.resources().all(|kept| kept.id != record.id)) {
            changes.push(ResourceChange::removal(record, values(was.as_ref(), &record.id, &made).0));
        }
        changes.sort_by_key(ResourceChange::place);
        let outputs = match deployment.outputs(&expected) {
            Ok(outputs) => outputs.iter().map(outputs::output).collect::<Vec<_>>() != stack.outputs,
            Err(_) => true,
        };
        Ok(Self { resources: changes, outputs })
    }

    /// Logical ids of the resources of which this is what would be done: `Add`, `Modify`, `Remove`.
    pub(crate) fn ids(&self, action: &str) -> Vec<&str> {
        self.resources.iter().filter(|change| change.action() == action).map(ResourceChange::id).collect()
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

/// What making a stack would add.
pub(crate) fn additions(submission: &Submission) -> Result<Vec<ResourceChange>, AwsError> {
    let deployment = submission.template.deploy(submission.inputs.clone()).map_err(|errors| invalid(&errors))?;
    let will_be = shown(&submission.template, &submission.inputs);
    let mut expected = Expected::default();
    let mut changes = Vec::new();
    for id in deployment.order().concat() {
        let Some(resource) = deployment.resources().find(|resource| resource.id == id) else { continue };
        let values = values(will_be.as_ref(), &id, &expected);
        let (change, expectation) = match submission.imported.get(&id) {
            Some(found) => (ResourceChange::import(resource, &found.physical, values), Expectation::Kept(found.clone())),
            None => (ResourceChange::addition(resource, values), Expectation::New),
        };
        changes.push(change);
        expected.0.insert(id, expectation);
    }
    changes.sort_by_key(ResourceChange::place);
    Ok(changes)
}

/// The template with the parameters that may be shown: those of `NoEcho` are masked.
pub(crate) fn shown<'a>(template: &'a Template, inputs: &Inputs) -> Option<Deployment<'a>> {
    let mut inputs = inputs.clone();
    for parameter in template.parameters.iter().filter(|parameter| parameter.no_echo) {
        inputs.parameters.insert(parameter.name.clone(), "****".into());
    }
    template.deploy(inputs).ok()
}

/// The properties of a resource as they are shown, and why some cannot be resolved.
fn values(deployment: Option<&Deployment<'_>>, id: &str, made: &dyn Made) -> (Value, Option<String>) {
    let Some(deployment) = deployment else { return (json!({}), None) };
    let (values, error) = deployment.known_properties(id, made, &KNOWN_AFTER_APPLY.into());
    // Without its end, which only the reason of a stack has.
    let reason = |error: TemplateError| error.message.strip_suffix(" found.").map_or(error.message.clone(), str::to_owned);
    (values, error.map(reason))
}
