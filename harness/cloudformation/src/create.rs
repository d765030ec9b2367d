//! Making a stack, and taking back what was made when one of its resources fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use nightproof_template::{DeletionPolicy, Deployment};
use serde_json::{Value, json};

use super::apply::{self, Applied};
use super::removal::{self, Leaving};
use super::service_role::{self, Deployer};
use super::stack::{MadeSoFar, OnFailure, Stack, StackStatus};
use super::submission::{self, Submission};
use super::worker::Worker;
use super::{CloudFormation, export, text, validation};

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>
pub(super) async fn create(service: &CloudFormation, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let unsupported = [
        "StackPolicyBody",
        "StackPolicyURL",
        "NotificationARNs",
        "RollbackConfiguration",
        "ResourceTypes",
        "TimeoutInMinutes",
        "RetainExceptOnCreate",
        "DeploymentConfig",
    ];
    submission::refuse_unsupported(input, "CreateStack", &unsupported)?;
    let name = text(input, "StackName").to_owned();
    let token = input.text("ClientRequestToken");
    if let Some(id) = service.repeated(call.account(), &name, token, "CreateStack")? {
        return Ok(json!({"StackId": id}));
    }
    let on_failure = on_failure(input)?;
    let id = new_id(call, &name);
    let submission = submission::read(service, call, input, (&name, &id), None).await?;
    let mut stack = Stack::new(&id, &name, call.now);
    let deployer = service_role::deployer(call, &stack, input.text("RoleARN")).await?;
    stack.on_failure = on_failure;
    stack.protected = input.flag("EnableTerminationProtection").unwrap_or(false);
    stack.take_token(token, "CreateStack");
    {
        let mut stacks = service.lock();
        let stacks = stacks.entry(call.account().to_owned()).or_default();
        if stacks.iter().any(|other| other.name == name && other.status != StackStatus::DeleteComplete) {
            return Err(AwsError::new("AlreadyExistsException", 400, format!("Stack [{name}] already exists")));
        }
        stacks.push(stack);
    }
    begin(service, call, &id, submission, deployer);
    Ok(json!({"StackId": id}))
}

/// A stack's ARN.
pub(super) fn new_id(call: &Call, name: &str) -> String {
    format!("arn:aws:cloudformation:{}:{}:stack/{name}/{}", call.region.name(), call.account(), uuid::Uuid::new_v4())
}

fn on_failure(input: &Value) -> Result<OnFailure, AwsError> {
    match (text(input, "OnFailure"), input.flag("DisableRollback")) {
        ("", Some(true)) | ("DO_NOTHING", None) => Ok(OnFailure::DoNothing),
        ("", _) | ("ROLLBACK", None) => Ok(OnFailure::Rollback),
        ("DELETE", None) => Ok(OnFailure::Delete),
        _ => Err(validation("You may only specify one of OnFailure, DisableRollback")),
    }
}

/// Starts making a stack that is recorded.
pub(super) fn begin(service: &CloudFormation, call: &Call, id: &str, submission: Submission, deployer: Deployer) {
    let worker = service.with(call.account(), id, |stack| {
        stack.takes(&submission);
        stack.role.clone_from(&deployer.role);
        stack.becomes(StackStatus::CreateInProgress, Some("User Initiated".to_owned()), call.now);
        (Arc::clone(&stack.turn), stack.clone())
    });
    if let Some((turn, stack)) = worker
        && let Some(worker) = Worker::on(&stack, service, call, deployer.caller)
    {
        call.region.tasks().spawn(async move {
            let _turn = turn.lock().await;
            run(&worker, submission).await;
        });
    }
}

async fn run(worker: &Worker, submission: Submission) {
    let Ok(deployment) = submission.template.deploy(submission.inputs.clone()) else { return };
    let failure = match deployment.imports() {
        Ok(imports) => {
            worker.with(|stack| stack.imports = imports);
            let Applied { made, failure, .. } = apply::apply(worker, &deployment, &BTreeMap::new(), &submission.tags).await;
            if worker.cancel.is_cancelled() {
                return;
            }
            failure.or_else(|| finish(worker, &deployment, &made, StackStatus::CreateComplete).err())
        }
        Err(error) => Some(error.message),
    };
    if let Some(reason) = failure {
        fail(worker, &reason).await;
    }
}

/// Outputs and exports; the stack has `status` then.
pub(super) fn finish(worker: &Worker, deployment: &Deployment<'_>, made: &MadeSoFar, status: StackStatus) -> Result<(), String> {
    let outputs = deployment.outputs(made).map_err(|error| error.message)?;
    let mut exports = BTreeMap::new();
    for (name, value) in outputs.iter().filter_map(|output| Some((output.export.clone()?, output.value.clone()))) {
        if exports.insert(name.clone(), value).is_some() {
            return Err(format!("Export with name {name} is declared by more than one output."));
        }
    }
    let now = worker.now();
    // In one go: nobody is to take a name, or to import a value, between the check and the change.
    let mut stacks = worker.service.lock();
    let Some(stacks) = stacks.get_mut(&worker.caller.account) else { return Ok(()) };
    if let Some(conflict) = export::conflict(stacks, &worker.id, &exports) {
        return Err(conflict);
    }
    // Whoever deletes the stack meanwhile has said what becomes of it.
    let found = stacks.iter_mut().find(|stack| stack.id == worker.id && stack.status != StackStatus::DeleteInProgress);
    if let Some(stack) = found {
        stack.outputs = outputs.iter().map(output).collect();
        stack.exports = exports;
        stack.becomes(status, None, now);
    }
    Ok(())
}

/// An output as `DescribeStacks` shows it.
pub(super) fn output(output: &nightproof_template::ResolvedOutput) -> Value {
    json!({
        "OutputKey": output.name,
        "OutputValue": output.value,
        "Description": output.description,
        "ExportName": output.export,
    })
}

async fn fail(worker: &Worker, reason: &str) {
    let policy = worker.with(|stack| stack.on_failure).unwrap_or(OnFailure::Rollback);
    let (status, asked) = match policy {
        OnFailure::DoNothing => (StackStatus::CreateFailed, ""),
        OnFailure::Delete => (StackStatus::DeleteInProgress, "Delete requested by user."),
        OnFailure::Rollback => (StackStatus::RollbackInProgress, "Rollback requested by user."),
    };
    let now = worker.now();
    let reason = format!("{} {asked}", reason.trim_end());
    let begun = worker.with(|stack| {
        // Whoever deletes the stack meanwhile deletes its resources, too.
        let ours = stack.status == StackStatus::CreateInProgress;
        if ours {
            stack.becomes(status, Some(reason), now);
        }
        ours
    });
    if begun != Some(true) || policy == OnFailure::DoNothing {
        return;
    }
    let keep = |policy| policy == DeletionPolicy::Retain;
    let records = worker.resources();
    let leaving = records.iter().map(|record| Leaving::of(record, keep(record.deletion_policy))).collect();
    let left = removal::remove(worker, leaving).await;
    let now = worker.now();
    worker.with(|stack| {
        if stack.status != status {
            return;
        }
        stack.imports = BTreeSet::new();
        match (removal::failure(&left), policy) {
            (None, OnFailure::Delete) => {
                stack.deleted = Some(now);
                stack.becomes(StackStatus::DeleteComplete, None, now);
            }
            (None, _) => stack.becomes(StackStatus::RollbackComplete, None, now),
            (reason, OnFailure::Delete) => stack.becomes(StackStatus::DeleteFailed, reason, now),
            (reason, _) => stack.becomes(StackStatus::RollbackFailed, reason, now),
        }
    });
}
