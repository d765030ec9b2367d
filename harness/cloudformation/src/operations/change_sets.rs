//! Change sets: what would be done, shown before it is done.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html>

use nightproof_core::document::{Members as _, whole_seconds};
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::change::{self, Changes, ResourceChange};
use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::records::{ChangeSet, OnFailure, Processed, Stack, StackStatus, unless_empty};
use crate::{creation, service_role, submission, update};

/// What a change set of an update says when there is nothing to do.
const NO_CHANGES: &str = "The submitted information didn't contain changes. Submit different information to create a change set.";

/// A change set that made its stack what it is: it is described, but listed no more.
const EXECUTED: &str = "EXECUTE_COMPLETE";

/// The change set in `ListChangeSets`' form.
fn summary(set: &ChangeSet, stack: &Stack) -> Value {
    json!({
        "StackId": stack.id,
        "StackName": stack.name,
        "ChangeSetId": set.id,
        "ChangeSetName": set.name,
        "ExecutionStatus": set.execution,
        "Status": set.status,
        "StatusReason": set.reason,
        "CreationTime": whole_seconds(set.created),
        "Description": set.description,
        "IncludeNestedStacks": false,
    })
}

/// The change set in `DescribeChangeSet`'s form.
fn document(set: &ChangeSet, stack: &Stack, with_values: bool) -> Value {
    let mut document = summary(set, stack);
    // AWS leaves empty lists out, but for capabilities.
    let tags: Vec<Value> = set.submission.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    document["Parameters"] = json!(unless_empty(&set.submission.shown));
    document["Capabilities"] = set.submission.capabilities.clone().into();
    document["Tags"] = json!(unless_empty(&tags));
    document["Changes"] = match with_values {
        true => set.changes.iter().filter_map(ResourceChange::with_values).collect(),
        false => set.changes.iter().map(ResourceChange::plain).collect(),
    };
    document["NotificationARNs"] = json!([]);
    document["RollbackConfiguration"] = json!({});
    document["OnStackFailure"] = set.on_failure.map(OnFailure::word).into();
    document
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html>
pub(crate) async fn create(service: &CloudFormation, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let unsupported = [
        "NotificationARNs",
        "RollbackConfiguration",
        "ResourceTypes",
        "ResourcesToImport",
        "ImportExistingResources",
        "DeploymentMode",
        "DeploymentConfig",
    ];
    submission::refuse_unsupported(input, "CreateChangeSet", &unsupported)?;
    let (stack_name, name) = (input.required("StackName"), input.required("ChangeSetName"));
    let account = call.account();
    let token = input.text("ClientToken");
    let existing = service.find(account, stack_name).ok().filter(|stack| stack.status != StackStatus::DeleteComplete);
    let waiting = existing.iter().flat_map(|stack| &stack.change_sets).filter(|set| set.execution != EXECUTED);
    if let Some(same) = waiting.into_iter().find(|set| set.name == name) {
        if token.is_some() && same.token.as_deref() == token {
            return Ok(json!({"Id": same.id, "StackId": existing.map(|stack| stack.id)}));
        }
        return Err(AwsError::new("AlreadyExistsException", 400, format!("ChangeSet {name} already exists")));
    }
    let creates = match input.text("ChangeSetType") {
        None | Some("UPDATE") => false,
        Some("CREATE") => true,
        Some(other) => {
            return Err(AwsError::not_implemented("cloudformation", &format!("ChangeSetType {other} of CreateChangeSet")));
        }
    };
    let (stack, reviewed) = if creates {
        match existing {
            Some(stack) if stack.status == StackStatus::ReviewInProgress => (stack, true),
            Some(stack) => {
                return Err(validation(format!(
                    "Stack [{}] already exists and cannot be created again with the changeSet [{name}].",
                    stack.name
                )));
            }
            None => (Stack::new(&creation::new_id(call, stack_name), stack_name, call.now), false),
        }
    } else {
        (update::find(service, account, stack_name)?, true)
    };
    let previous = (!creates).then_some(&stack);
    let submission = submission::read(service, call, input, (&stack.name, &stack.id), previous).await?;
    let changes = if submission.failure.is_some() {
        None
    } else if creates {
        Some(change::additions(&submission)?)
    } else {
        let changes = Changes::new(service, call, &stack, &submission)?;
        (!changes.are_none()).then_some(changes.resources)
    };
    let id = call.arn("cloudformation", format!("changeSet/{name}/{}", uuid::Uuid::new_v4()));
    let complete = changes.is_some();
    let set = ChangeSet {
        id: id.clone(),
        name: name.to_owned(),
        description: input.text("Description").map(str::to_owned),
        created: call.now,
        creates,
        status: if complete { "CREATE_COMPLETE" } else { "FAILED" },
        reason: (!complete).then(|| submission.failure.clone().unwrap_or_else(|| NO_CHANGES.to_owned())),
        execution: if complete { "AVAILABLE" } else { "UNAVAILABLE" },
        changes: changes.unwrap_or_default(),
        on_failure: on_failure(input)?,
        role: input.text("RoleARN").map(str::to_owned),
        token: token.map(str::to_owned),
        submission,
    };
    let stack_id = stack.id.clone();
    if !reviewed {
        let mut stacks = service.lock();
        let stacks = stacks.entry(account.to_owned()).or_default();
        if stacks.iter().any(|other| other.name == stack.name && other.status != StackStatus::DeleteComplete) {
            return Err(AwsError::new("AlreadyExistsException", 400, format!("Stack [{stack_name}] already exists")));
        }
        let mut stack = stack;
        stack.becomes(StackStatus::ReviewInProgress, Some("User Initiated".to_owned()), call.now);
        stacks.push(stack);
    }
    service.with(account, &stack_id, |stack| stack.change_sets.push(set));
    Ok(json!({"Id": id, "StackId": stack_id}))
}

fn on_failure(input: &Value) -> Result<Option<OnFailure>, AwsError> {
    match input.text("OnStackFailure") {
        None => Ok(None),
        Some("ROLLBACK") => Ok(Some(OnFailure::Rollback)),
        Some("DELETE") => Ok(Some(OnFailure::Delete)),
        Some("DO_NOTHING") => Ok(Some(OnFailure::DoNothing)),
        Some(other) => Err(validation(format!("OnStackFailure {other} is not one of DO_NOTHING, ROLLBACK, DELETE"))),
    }
}

fn not_found(name: &str) -> AwsError {
    AwsError::new("ChangeSetNotFound", 404, format!("ChangeSet [{name}] does not exist"))
}

/// A change set by its ARN, or by its name and its stack's.
fn find(service: &CloudFormation, account: &str, input: &Value) -> Result<(Stack, ChangeSet), AwsError> {
    let name = input.required("ChangeSetName");
    let stack = match input.text("StackName") {
        Some(stack) => {
            let found = service.find(account, stack);
            found.map_err(|_| validation(format!("Stack [{stack}] does not exist")))?
        }
        None if name.starts_with("arn:") => service.owner(account, name).ok_or_else(|| not_found(name))?,
        None => return Err(validation("StackName must be specified if ChangeSetName is not specified as an ARN.")),
    };
    let set = stack.change_sets.iter().rev().find(|set| set.name == name || set.id == name).cloned();
    Ok((stack, set.ok_or_else(|| not_found(name))?))
}

/// The template of a change set, as it was sent, and with its macros applied.
pub(crate) fn template(service: &CloudFormation, account: &str, input: &Value) -> Result<(String, Option<Processed>), AwsError> {
    let submission = find(service, account, input)?.1.submission;
    Ok((submission.body, submission.processed))
}

pub(crate) fn describe(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let (stack, set) = find(service, account, input)?;
    Ok(document(&set, &stack, input.flag("IncludePropertyValues").unwrap_or(false)))
}

pub(crate) fn list(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let stack = service.find(account, input.required("StackName"))?;
    let waiting = stack.change_sets.iter().rev().filter(|set| set.execution != EXECUTED);
    let summaries = waiting.map(|set| summary(set, &stack));
    Ok(json!({"Summaries": summaries.collect::<Vec<_>>()}))
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html>
pub(crate) async fn execute(service: &CloudFormation, call: &Call, input: &Value) -> Result<Value, AwsError> {
    submission::refuse_unsupported(input, "ExecuteChangeSet", &["RetainExceptOnCreate"])?;
    let account = call.account();
    let (stack, set) = find(service, account, input)?;
    let token = input.text("ClientRequestToken");
    if service.repeated(account, &stack.id, token, "ExecuteChangeSet")?.is_some() {
        return Ok(json!({}));
    }
    let disable_rollback = input.flag("DisableRollback").unwrap_or(false);
    if set.status != "CREATE_COMPLETE" || set.execution != "AVAILABLE" {
        let status = if set.status == "CREATE_COMPLETE" { set.execution } else { set.status };
        return Err(AwsError::new(
            "InvalidChangeSetStatus",
            400,
            format!("ChangeSet [{}] cannot be executed in its current status of [{status}]", set.id),
        ));
    }
    if disable_rollback && !set.creates {
        return Err(AwsError::not_implemented("cloudformation", "DisableRollback of ExecuteChangeSet for an update"));
    }
    let deployer = service_role::deployer(call, &stack, set.role.as_deref()).await?;
    if set.creates {
        let begun = service.with(account, &stack.id, |stack| {
            // Of two who execute at once one is late.
            if stack.status != StackStatus::ReviewInProgress {
                return false;
            }
            stack.created = call.now;
            stack.updated = Some(call.now);
            stack.on_failure = set.on_failure.unwrap_or_default();
            if disable_rollback {
                stack.on_failure = OnFailure::DoNothing;
            }
            stack.take_token(token, "ExecuteChangeSet");
            true
        });
        if begun != Some(true) {
            return Err(validation(format!("Stack [{}] is not in REVIEW_IN_PROGRESS state", stack.name)));
        }
        creation::begin(service, call, &stack.id, set.submission.clone(), deployer);
    } else {
        update::begin(service, call, &stack.id, set.submission.clone(), deployer, (token, "ExecuteChangeSet"))?;
    }
    // The others were worked out against what the stack is no more.
    service.with(account, &stack.id, |stack| {
        stack.change_set = Some(set.id.clone());
        stack.change_sets.retain(|other| other.id == set.id || other.execution == EXECUTED);
        stack.change_sets.iter_mut().for_each(|set| set.execution = EXECUTED);
    });
    Ok(json!({}))
}

/// Deleting what does not exist succeeds.
pub(crate) fn delete(service: &CloudFormation, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let account = call.account();
    let (stack, set) = match find(service, account, input) {
        Ok(found) => found,
        Err(error) if error.code == "ChangeSetNotFound" => return Ok(json!({})),
        Err(error) => return Err(error),
    };
    service.with(account, &stack.id, |stack| stack.change_sets.retain(|other| other.id != set.id));
    Ok(json!({}))
}
