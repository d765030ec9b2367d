//! `CreateChangeSet`.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::change::{self, Changes, ResourceChange};
use crate::cloudformation::CloudFormation;
use crate::error::{invalid, validation};
use crate::records::{ChangeSet, ChangeSetKind, EXECUTED, OnFailure, Stack, StackStatus, Submission};
use crate::resource_import::{self, ResourceToImport};
use crate::submitted::{GivenParameter, RollbackConfiguration, StackTag, Submitted, lacking};
use crate::template_source::TemplateSource;
use crate::worker::Worker;
use crate::{creation, service_role, submission, update};

/// What a change set of an update says when there is nothing to do.
const NO_CHANGES: &str = "The submitted information didn't contain changes. Submit different information to create a change set.";
/// What a change set of an import says.
const VERIFY: &str = "Verify that resources and their properties defined in the template match the intended configuration of the resource import to avoid \
     unexpected changes.";

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
    resources_to_import: Vec<ResourceToImport>,
    #[serde(default)]
    include_nested_stacks: bool,
    on_stack_failure: Option<String>,
    #[serde(default)]
    import_existing_resources: bool,
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

fn kind(given: Option<&str>) -> Result<ChangeSetKind, AwsError> {
    match given {
        None | Some("UPDATE") => Ok(ChangeSetKind::Update),
        Some("CREATE") => Ok(ChangeSetKind::Create),
        Some("IMPORT") => Ok(ChangeSetKind::Import),
        Some(other) => Err(validation(format!(
            "1 validation error detected: Value '{other}' at 'changeSetType' failed to satisfy constraint: Member must satisfy enum value \
             set: [IMPORT, UPDATE, CREATE]"
        ))),
    }
}

/// What a change set comes to: its changes, or why it fails.
type Outcome = Result<Vec<ResourceChange>, String>;

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
        lacking(input.include_nested_stacks, "IncludeNestedStacks", "CreateChangeSet")?;
        let on_failure = on_failure(input.on_stack_failure.as_deref())?;
        let kind = kind(input.change_set_type.as_deref())?;
        let is_import = kind == ChangeSetKind::Import;
        lacking(
            !is_import && !input.resources_to_import.is_empty(),
            "ResourcesToImport",
            "CreateChangeSet of a type other than IMPORT",
        )?;
        let (service, name, account) = (self, input.change_set_name.as_str(), call.account());
        let token = input.client_token.as_deref();
        let existing = self.undeleted(account, &input.stack_name, kind, name)?;
        let waiting = existing.iter().flat_map(|stack| &stack.change_sets).filter(|set| set.execution != EXECUTED);
        if let Some(same) = waiting.into_iter().find(|set| set.name == name) {
            if token.is_some() && same.token.as_deref() == token {
                return Ok(json!({"Id": same.id, "StackId": existing.map(|stack| stack.id)}));
            }
            return Err(AwsError::new("AlreadyExistsException", 400, format!("ChangeSet {name} already exists")));
        }
        let (stack, is_recorded) = self.stack_for(call, &input.stack_name, existing, kind, name)?;
        let previous = (kind != ChangeSetKind::Create && stack.status != StackStatus::ReviewInProgress).then_some(&stack);
        let mut submission = submission::read(service, call, submitted, (&stack.name, &stack.id), previous).await?;
        let role = input.role_arn.as_deref();
        let outcome = match &submission.failure {
            Some(failure) => Err(failure.clone()),
            None if is_import => self.imported(call, &stack, &mut submission, &input.resources_to_import, role).await?,
            None if input.import_existing_resources => match self.find_existing(call, &stack, &mut submission, role).await? {
                Ok(()) => self.changed(call, &stack, &submission, kind)?,
                Err(reason) => Err(reason),
            },
            None => self.changed(call, &stack, &submission, kind)?,
        };
        let id = call.arn("cloudformation", format!("changeSet/{name}/{}", uuid::Uuid::new_v4()));
        let complete = outcome.is_ok();
        let verify = is_import.then(|| VERIFY.to_owned());
        let set = ChangeSet {
            id: id.clone(),
            name: name.to_owned(),
            description: input.description,
            created: call.now,
            kind,
            imports_existing: input.import_existing_resources,
            status: if complete { "CREATE_COMPLETE" } else { "FAILED" },
            reason: outcome.as_ref().err().cloned().or(verify),
            execution: if complete { "AVAILABLE" } else { "UNAVAILABLE" },
            warning: outcome.iter().flatten().find_map(ResourceChange::unresolved),
            changes: outcome.unwrap_or_default(),
            on_failure,
            role: input.role_arn,
            token: token.map(str::to_owned),
            submission,
        };
        let stack_id = stack.id.clone();
        if !is_recorded {
            self.review(call, stack)?;
        }
        service.with(account, &stack_id, |stack| stack.change_sets.push(set));
        Ok(json!({"Id": id, "StackId": stack_id}))
    }

    /// The stack of this name, if there is one.
    fn undeleted(&self, account: &str, name: &str, kind: ChangeSetKind, set: &str) -> Result<Option<Stack>, AwsError> {
        let found = self.find(account, name).ok();
        // Another stack may have the name of one that was deleted, but not its id.
        if kind == ChangeSetKind::Create && found.as_ref().is_some_and(|stack| stack.status == StackStatus::DeleteComplete) {
            return Err(already(name, set));
        }
        Ok(found.filter(|stack| stack.status != StackStatus::DeleteComplete))
    }

    /// The stack that a change set is for, and whether there is a record of it.
    fn stack_for(
        &self,
        call: &Call,
        name: &str,
        existing: Option<Stack>,
        kind: ChangeSetKind,
        set: &str,
    ) -> Result<(Stack, bool), AwsError> {
        if kind == ChangeSetKind::Update {
            return Ok((update::find(self, call.account(), name)?, true));
        }
        match existing {
            None => Ok((Stack::new(&creation::new_id(call, name), name, call.now), false)),
            Some(stack) if stack.status == StackStatus::ReviewInProgress => Ok((stack, true)),
            Some(_) if kind == ChangeSetKind::Create => Err(already(name, set)),
            Some(stack) if stack.status.is_importable() => Ok((stack, true)),
            Some(stack) => {
                Err(validation(format!("Stack:{} is in {} state and can not be updated.", stack.id, stack.status.word())))
            }
        }
    }

    /// Records a stack that is only reviewed yet.
    fn review(&self, call: &Call, mut stack: Stack) -> Result<(), AwsError> {
        let mut stacks = self.lock();
        let stacks = stacks.entry(call.account().to_owned()).or_default();
        if stacks.iter().any(|other| other.name == stack.name && other.status != StackStatus::DeleteComplete) {
            return Err(AwsError::new("AlreadyExistsException", 400, format!("Stack [{}] already exists", stack.name)));
        }
        stack.becomes(StackStatus::ReviewInProgress, Some("User Initiated".to_owned()), call.now);
        stacks.push(stack);
        Ok(())
    }

    /// The changes of a creation or an update.
    fn changed(&self, call: &Call, stack: &Stack, submission: &Submission, kind: ChangeSetKind) -> Result<Outcome, AwsError> {
        if kind == ChangeSetKind::Create {
            return Ok(Ok(change::additions(submission)?));
        }
        let changes = Changes::new(self, call, stack, submission)?;
        Ok(if changes.are_none() { Err(NO_CHANGES.to_owned()) } else { Ok(changes.resources) })
    }

    /// The changes of an import.
    async fn imported(
        &self,
        call: &Call,
        stack: &Stack,
        submission: &mut Submission,
        wanted: &[ResourceToImport],
        role: Option<&str>,
    ) -> Result<Outcome, AwsError> {
        // Other tags of the stack are refused as such, and not as changes of all that has them.
        let changes = Changes::new(self, call, stack, &Submission { tags: stack.tags.clone(), ..submission.clone() })?;
        resource_import::check(&self.types, wanted, stack, (submission, &changes), role)?;
        let worker = self.deploying(call, stack, role).await?;
        let found = {
            let deployment = submission.template.deploy(submission.inputs.clone()).map_err(|errors| invalid(&errors))?;
            resource_import::look_up(&worker, &deployment, wanted).await?
        };
        match found {
            Ok(found) => submission.imported = found,
            Err(reason) => return Ok(Err(reason)),
        }
        Ok(Ok(Changes::new(self, call, stack, submission)?.resources))
    }

    /// Finds what exists of the resources that would be made.
    async fn find_existing(
        &self,
        call: &Call,
        stack: &Stack,
        submission: &mut Submission,
        role: Option<&str>,
    ) -> Result<Result<(), String>, AwsError> {
        let worker = self.deploying(call, stack, role).await?;
        let found = {
            let deployment = submission.template.deploy(submission.inputs.clone()).map_err(|errors| invalid(&errors))?;
            resource_import::existing(&worker, &deployment, stack).await?
        };
        Ok(found.map(|found| submission.imported = found))
    }

    async fn deploying(&self, call: &Call, stack: &Stack, role: Option<&str>) -> Result<Worker, AwsError> {
        let deployer = service_role::deployer(call, stack, role).await?;
        Worker::on(stack, self, call, deployer.caller).ok_or_else(|| AwsError::internal("the region goes down"))
    }
}

fn already(name: &str, set: &str) -> AwsError {
    validation(format!("Stack [{name}] already exists and cannot be created again with the changeSet [{set}]."))
}
