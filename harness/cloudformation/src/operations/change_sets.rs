//! Change sets: what would be done, shown before it is done.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html>

use nightproof_core::document::whole_seconds;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::change::{self, Changes, ResourceChange};
use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::records::{ChangeSet, EXECUTED, OnFailure, Processed, Stack, StackStatus, unless_empty};
use crate::submitted::{GivenParameter, RollbackConfiguration, StackTag, Submitted, lacking};
use crate::template_source::TemplateSource;
use crate::update::Options;
use crate::{creation, service_role, submission, update};

/// What a change set of an update says when there is nothing to do.
const NO_CHANGES: &str = "The submitted information didn't contain changes. Submit different information to create a change set.";

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
    document
}

/// `CreateChangeSet`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateChangeSet {
    stack_name: String,
    template_body: Option<String>,
    #[serde(rename = "TemplateURL")]
    template_url: Option<String>,
    #[serde(default)]
    use_previous_template: bool,
    #[serde(default)]
    parameters: Vec<GivenParameter>,
    #[serde(default)]
    capabilities: Vec<String>,
    resource_types: Option<Vec<String>>,
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
    rollback_configuration: Option<RollbackConfiguration>,
    #[serde(rename = "NotificationARNs")]
    notification_arns: Option<Vec<String>>,
    tags: Option<Vec<StackTag>>,
    change_set_name: String,
    client_token: Option<String>,
    description: Option<String>,
    change_set_type: Option<String>,
    #[serde(default)]
    include_nested_stacks: bool,
    on_stack_failure: Option<String>,
    #[serde(default)]
    import_existing_resources: bool,
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

fn on_failure(given: Option<&str>) -> Result<Option<OnFailure>, AwsError> {
    match given {
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
    pub(crate) async fn create_change_set(&self, call: &Call, input: CreateChangeSet) -> Result<Value, AwsError> {
        let submitted = Submitted {
            template: TemplateSource { body: input.template_body, url: input.template_url },
            use_previous_template: input.use_previous_template,
            parameters: input.parameters,
            capabilities: input.capabilities,
            tags: input.tags,
            resource_types: input.resource_types,
            rollback: input.rollback_configuration,
            notification_arns: input.notification_arns,
            shows_expansion: true,
        };
        submitted.check()?;
        lacking(input.import_existing_resources, "ImportExistingResources", "CreateChangeSet")?;
        lacking(input.include_nested_stacks, "IncludeNestedStacks", "CreateChangeSet")?;
        let on_failure = on_failure(input.on_stack_failure.as_deref())?;
        let (service, stack_name, name) = (self, input.stack_name.as_str(), input.change_set_name.as_str());
        let account = call.account();
        let token = input.client_token.as_deref();
        let found = service.find(account, stack_name).ok();
        let already = || {
            validation(format!("Stack [{stack_name}] already exists and cannot be created again with the changeSet [{name}]."))
        };
        let creates = match input.change_set_type.as_deref() {
            None | Some("UPDATE") => false,
            Some("CREATE") => true,
            Some("IMPORT") => return Err(AwsError::not_implemented("cloudformation", "ChangeSetType IMPORT of CreateChangeSet")),
            Some(other) => {
                return Err(validation(format!(
                    "1 validation error detected: Value '{other}' at 'changeSetType' failed to satisfy constraint: Member must satisfy \
                 enum value set: [IMPORT, UPDATE, CREATE]"
                )));
            }
        };
        // Another stack may have the name of one that was deleted, but not its id.
        if creates && found.as_ref().is_some_and(|stack| stack.status == StackStatus::DeleteComplete) {
            return Err(already());
        }
        let existing = found.filter(|stack| stack.status != StackStatus::DeleteComplete);
        let waiting = existing.iter().flat_map(|stack| &stack.change_sets).filter(|set| set.execution != EXECUTED);
        if let Some(same) = waiting.into_iter().find(|set| set.name == name) {
            if token.is_some() && same.token.as_deref() == token {
                return Ok(json!({"Id": same.id, "StackId": existing.map(|stack| stack.id)}));
            }
            return Err(AwsError::new("AlreadyExistsException", 400, format!("ChangeSet {name} already exists")));
        }
        let (stack, reviewed) = if creates {
            match existing {
                Some(stack) if stack.status == StackStatus::ReviewInProgress => (stack, true),
                Some(_) => return Err(already()),
                None => (Stack::new(&creation::new_id(call, stack_name), stack_name, call.now), false),
            }
        } else {
            (update::find(service, account, stack_name)?, true)
        };
        let previous = (!creates).then_some(&stack);
        let submission = submission::read(service, call, submitted, (&stack.name, &stack.id), previous).await?;
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
            description: input.description,
            created: call.now,
            creates,
            status: if complete { "CREATE_COMPLETE" } else { "FAILED" },
            reason: (!complete).then(|| submission.failure.clone().unwrap_or_else(|| NO_CHANGES.to_owned())),
            execution: if complete { "AVAILABLE" } else { "UNAVAILABLE" },
            warning: changes.iter().flatten().find_map(ResourceChange::unresolved),
            changes: changes.unwrap_or_default(),
            on_failure,
            role: input.role_arn,
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
        lacking(input.retain_except_on_create && !set.creates, "RetainExceptOnCreate", "ExecuteChangeSet for an update")?;
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
