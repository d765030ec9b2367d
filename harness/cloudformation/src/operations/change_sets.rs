//! Change sets: what would be done, shown before it is done.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html>

use nightproof_core::document::whole_seconds;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::change::ResourceChange;
use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::records::{ChangeSet, ChangeSetKind, EXECUTED, OnFailure, Processed, Stack, StackStatus, unless_empty};
use crate::submitted::lacking;
use crate::update::Options;
use crate::{creation, resource_import, service_role, update};

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
    if let Some(warning) = set.warning.as_ref().filter(|_| with_values && set.reason.is_none()) {
        document["StatusReason"] = format!(
            "[WARN] --include-property-values option can return incomplete ChangeSet data because: ChangeSet creation failed for {warning}"
        )
        .into();
    }
    document["NotificationARNs"] = json!(set.submission.inputs.pseudo.notification_arns);
    document["RollbackConfiguration"] = json!(set.submission.rollback);
    document["OnStackFailure"] = set.on_failure.map(OnFailure::word).into();
    document["ImportExistingResources"] = set.imports_existing.then_some(true).into();
    document
}

/// `DescribeChangeSet`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeChangeSet {
    change_set_name: String,
    stack_name: Option<String>,
    #[serde(default)]
    include_property_values: bool,
}

/// `ListChangeSets`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListChangeSets.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListChangeSets {
    stack_name: String,
}

/// `ExecuteChangeSet`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ExecuteChangeSet {
    change_set_name: String,
    stack_name: Option<String>,
    client_request_token: Option<String>,
    #[serde(default)]
    disable_rollback: bool,
    #[serde(default)]
    retain_except_on_create: bool,
}

/// `DeleteChangeSet`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteChangeSet.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteChangeSet {
    change_set_name: String,
    stack_name: Option<String>,
}

fn not_found(name: &str) -> AwsError {
    AwsError::new("ChangeSetNotFound", 404, format!("ChangeSet [{name}] does not exist"))
}

/// A change set by its ARN, or by its name and its stack's.
fn find(service: &CloudFormation, account: &str, name: &str, stack_name: Option<&str>) -> Result<(Stack, ChangeSet), AwsError> {
    let stack = match stack_name {
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
pub(crate) fn template(
    service: &CloudFormation,
    account: &str,
    name: &str,
    stack_name: Option<&str>,
) -> Result<(String, Option<Processed>), AwsError> {
    let submission = find(service, account, name, stack_name)?.1.submission;
    Ok((submission.body, submission.processed))
}

impl CloudFormation {
    pub(crate) fn describe_change_set(&self, call: &Call, input: DescribeChangeSet) -> Result<Value, AwsError> {
        let (stack, set) = find(self, call.account(), &input.change_set_name, input.stack_name.as_deref())?;
        Ok(document(&set, &stack, input.include_property_values))
    }

    pub(crate) fn list_change_sets(&self, call: &Call, input: ListChangeSets) -> Result<Value, AwsError> {
        let stack = self.find(call.account(), &input.stack_name)?;
        let waiting = stack.change_sets.iter().rev().filter(|set| set.execution != EXECUTED);
        let summaries = waiting.map(|set| summary(set, &stack));
        Ok(json!({"Summaries": summaries.collect::<Vec<_>>()}))
    }

    pub(crate) async fn execute_change_set(&self, call: &Call, input: ExecuteChangeSet) -> Result<Value, AwsError> {
        let (service, account) = (self, call.account());
        let (stack, set) = find(service, account, &input.change_set_name, input.stack_name.as_deref())?;
        let token = input.client_request_token.as_deref();
        if service.repeated(account, &stack.id, token, "ExecuteChangeSet")?.is_some() {
            return Ok(json!({}));
        }
        let disable_rollback = input.disable_rollback;
        if set.status != "CREATE_COMPLETE" || set.execution != "AVAILABLE" {
            let status = if set.status == "CREATE_COMPLETE" { set.execution } else { set.status };
            return Err(AwsError::new(
                "InvalidChangeSetStatus",
                400,
                format!("ChangeSet [{}] cannot be executed in its current status of [{status}]", set.id),
            ));
        }
        let creates = set.kind == ChangeSetKind::Create;
        lacking(input.retain_except_on_create && !creates, "RetainExceptOnCreate", "ExecuteChangeSet for an update")?;
        let deployer = service_role::deployer(call, &stack, set.role.as_deref()).await?;
        if set.kind == ChangeSetKind::Import {
            lacking(disable_rollback, "DisableRollback", "ExecuteChangeSet for an import")?;
            resource_import::begin(service, call, &stack.id, set.submission.clone(), deployer, token)?;
        } else if creates {
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
                stack.deletes_created = input.retain_except_on_create;
                stack.take_token(token, "ExecuteChangeSet");
                true
            });
            if begun != Some(true) {
                return Err(validation(format!("Stack [{}] is not in REVIEW_IN_PROGRESS state", stack.name)));
            }
            creation::begin(service, call, &stack.id, set.submission.clone(), deployer);
        } else {
            let options = Options { keeps_failure: disable_rollback, ..Options::default() };
            update::begin(service, call, &stack.id, set.submission.clone(), deployer, (token, "ExecuteChangeSet"), options)?;
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
    pub(crate) fn delete_change_set(&self, call: &Call, input: DeleteChangeSet) -> Result<Value, AwsError> {
        let (service, account) = (self, call.account());
        let (stack, set) = match find(service, account, &input.change_set_name, input.stack_name.as_deref()) {
            Ok(found) => found,
            Err(error) if error.code == "ChangeSetNotFound" => return Ok(json!({})),
            Err(error) => return Err(error),
        };
        service.with(account, &stack.id, |stack| stack.change_sets.retain(|other| other.id != set.id));
        Ok(json!({}))
    }
}
