//! Change sets: what would be done, shown before it is done.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html>

use jiff::Timestamp;
use nightproof_core::document::{Members as _, whole_seconds};
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use super::change::{self, Changes};
use super::stack::{OnFailure, Stack, StackStatus};
use super::submission::{self, Submission};
use super::{CloudFormation, create, service_role, text, update, validation};

/// What a change set of an update says when there is nothing to do.
const NO_CHANGES: &str = "The submitted information didn't contain changes. Submit different information to create a change set.";

/// A change set of one stack.
#[derive(Debug, Clone)]
pub(super) struct ChangeSet {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    created: Timestamp,
    /// Whether it makes the stack.
    creates: bool,
    /// `CREATE_COMPLETE` or `FAILED`.
    status: &'static str,
    reason: Option<&'static str>,
    execution: &'static str,
    /// In `DescribeChangeSet`'s form.
    changes: Vec<Value>,
    on_failure: Option<OnFailure>,
    /// The role that it is to be executed with, if it names one.
    role: Option<String>,
    token: Option<String>,
    pub submission: Submission,
}

impl ChangeSet {
    /// Another update was begun.
    pub(super) fn outdate(&mut self) {
        if self.execution == "AVAILABLE" {
            self.execution = "OBSOLETE";
        }
    }

    fn summary(&self, stack: &Stack) -> Value {
        json!({
            "StackId": stack.id,
            "StackName": stack.name,
            "ChangeSetId": self.id,
            "ChangeSetName": self.name,
            "ExecutionStatus": self.execution,
            "Status": self.status,
            "StatusReason": self.reason,
            "CreationTime": whole_seconds(self.created),
            "Description": self.description,
            "IncludeNestedStacks": false,
        })
    }

    fn describe(&self, stack: &Stack) -> Value {
        let mut document = self.summary(stack);
        let tags = self.submission.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value}));
        document["Parameters"] = self.submission.shown.clone().into();
        document["Capabilities"] = self.submission.capabilities.clone().into();
        document["Tags"] = tags.collect();
        document["Changes"] = self.changes.clone().into();
        document["NotificationARNs"] = json!([]);
        document["RollbackConfiguration"] = json!({});
        document["OnStackFailure"] = self.on_failure.map(OnFailure::word).into();
        document
    }
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html>
pub(super) async fn create(service: &CloudFormation, call: &Call, input: &Value) -> Result<Value, AwsError> {
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
    let (stack_name, name) = (text(input, "StackName"), text(input, "ChangeSetName"));
    let account = call.account();
    let token = input.text("ClientToken");
    let existing = service.find(account, stack_name).ok().filter(|stack| stack.status != StackStatus::DeleteComplete);
    if let Some(same) = existing.iter().flat_map(|stack| &stack.change_sets).find(|set| set.name == name) {
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
            None => (Stack::new(&create::new_id(call, stack_name), stack_name, call.now), false),
        }
    } else {
        (update::find(service, account, stack_name)?, true)
    };
    let previous = (!creates).then_some(&stack);
    let submission = submission::read(service, call, input, (&stack.name, &stack.id), previous).await?;
    let changes = if creates {
        Some(change::additions(&submission)?)
    } else {
        let changes = Changes::of(service, call, &stack, &submission)?;
        (!changes.are_none()).then_some(changes.resources)
    };
    let id = format!("arn:aws:cloudformation:{}:{account}:changeSet/{name}/{}", call.region.name(), uuid::Uuid::new_v4());
    let complete = changes.is_some();
    let set = ChangeSet {
        id: id.clone(),
        name: name.to_owned(),
        description: input.text("Description").map(str::to_owned),
        created: call.now,
        creates,
        status: if complete { "CREATE_COMPLETE" } else { "FAILED" },
        reason: (!complete).then_some(NO_CHANGES),
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

impl CloudFormation {
    /// The stack of the change set with this ARN.
    pub(super) fn owner(&self, account: &str, id: &str) -> Option<Stack> {
        let stacks = self.lock();
        let all = stacks.get(account).map(Vec::as_slice).unwrap_or_default();
        all.iter().find(|stack| stack.change_sets.iter().any(|set| set.id == id)).cloned()
    }
}

fn not_found(name: &str) -> AwsError {
    AwsError::new("ChangeSetNotFound", 404, format!("ChangeSet [{name}] does not exist"))
}

/// A change set by its ARN, or by its name and its stack's.
fn find(service: &CloudFormation, account: &str, input: &Value) -> Result<(Stack, ChangeSet), AwsError> {
    let name = text(input, "ChangeSetName");
    let stack = match input.text("StackName") {
        Some(stack) => service.find(account, stack)?,
        None if name.starts_with("arn:") => service.owner(account, name).ok_or_else(|| not_found(name))?,
        None => return Err(validation("StackName must be specified if ChangeSetName is not specified as an ARN.")),
    };
    let set = stack.change_sets.iter().rev().find(|set| set.name == name || set.id == name).cloned();
    Ok((stack, set.ok_or_else(|| not_found(name))?))
}

/// The template of a change set.
pub(super) fn template(service: &CloudFormation, account: &str, input: &Value) -> Result<String, AwsError> {
    Ok(find(service, account, input)?.1.submission.body)
}

pub(super) fn describe(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    submission::refuse_unsupported(input, "DescribeChangeSet", &["IncludePropertyValues"])?;
    let (stack, set) = find(service, account, input)?;
    Ok(set.describe(&stack))
}

pub(super) fn list(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let stack = service.find(account, text(input, "StackName"))?;
    let summaries = stack.change_sets.iter().rev().map(|set| set.summary(&stack));
    Ok(json!({"Summaries": summaries.collect::<Vec<_>>()}))
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html>
pub(super) async fn execute(service: &CloudFormation, call: &Call, input: &Value) -> Result<Value, AwsError> {
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
        create::begin(service, call, &stack.id, set.submission.clone(), deployer);
    } else {
        update::begin(service, call, &stack.id, set.submission.clone(), deployer, (token, "ExecuteChangeSet"))?;
    }
    // The others were worked out against what the stack is no more.
    service.with(account, &stack.id, |stack| {
        stack.change_set = Some(set.id.clone());
        stack.change_sets.retain(|other| other.id == set.id);
        stack.change_sets.iter_mut().for_each(|set| set.execution = "EXECUTE_COMPLETE");
    });
    Ok(json!({}))
}

/// Deleting what does not exist succeeds.
pub(super) fn delete(service: &CloudFormation, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let account = call.account();
    let (stack, set) = match find(service, account, input) {
        Ok(found) => found,
        Err(error) if error.code == "ChangeSetNotFound" => return Ok(json!({})),
        Err(error) => return Err(error),
    };
    service.with(account, &stack.id, |stack| stack.change_sets.retain(|other| other.id != set.id));
    Ok(json!({}))
}
