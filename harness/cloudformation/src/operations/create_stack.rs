//! `CreateStack`.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::records::{ChangeSet, OnFailure, Stack, StackStatus};
use crate::stack_policy::PolicySource;
use crate::submitted::{GivenParameter, RollbackConfiguration, StackTag, Submitted};
use crate::template_source::TemplateSource;
use crate::{creation, service_role, submission};

/// `CreateStack`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateStack {
    stack_name: String,
    template_body: Option<String>,
    #[serde(rename = "TemplateURL")]
    template_url: Option<String>,
    #[serde(default)]
    parameters: Vec<GivenParameter>,
    disable_rollback: Option<bool>,
    rollback_configuration: Option<RollbackConfiguration>,
    #[serde(rename = "NotificationARNs")]
    notification_arns: Option<Vec<String>>,
    #[serde(default)]
    capabilities: Vec<String>,
    resource_types: Option<Vec<String>>,
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
    timeout_in_minutes: Option<u32>,
    on_failure: Option<String>,
    stack_policy_body: Option<String>,
    #[serde(rename = "StackPolicyURL")]
    stack_policy_url: Option<String>,
    tags: Option<Vec<StackTag>>,
    client_request_token: Option<String>,
    #[serde(default)]
    enable_termination_protection: bool,
    #[serde(default)]
    retain_except_on_create: bool,
}

impl CloudFormation {
    pub(crate) async fn create_stack(&self, call: &Call, input: CreateStack) -> Result<Value, AwsError> {
        let submitted = Submitted {
            template: TemplateSource { body: input.template_body, url: input.template_url },
            parameters: input.parameters,
            capabilities: input.capabilities,
            tags: input.tags,
            resource_types: input.resource_types,
            rollback: input.rollback_configuration,
            notification_arns: input.notification_arns,
            ..Submitted::default()
        };
        submitted.check()?;
        let (name, token) = (input.stack_name, input.client_request_token.as_deref());
        if let Some(id) = self.repeated(call.account(), &name, token, "CreateStack")? {
            return Ok(json!({"StackId": id}));
        }
        let on_failure = on_failure(input.on_failure.as_deref(), input.disable_rollback)?;
        let members = ("StackPolicyBody", "StackPolicyURL");
        let policy = PolicySource { body: input.stack_policy_body, url: input.stack_policy_url, members }.read(call).await?;
        // A stack that is only reviewed is made all the same; what was reviewed is worth nothing then.
        let reviewed = self.find(call.account(), &name).ok().filter(|stack| stack.status == StackStatus::ReviewInProgress);
        let mut stack = reviewed.unwrap_or_else(|| Stack::new(&creation::new_id(call, &name), &name, call.now));
        let id = stack.id.clone();
        let submission = submission::read(self, call, submitted, (&name, &id), None).await?;
        let deployer = service_role::deployer(call, &stack, input.role_arn.as_deref()).await?;
        stack.on_failure = on_failure;
        stack.policy = policy;
        stack.timeout = input.timeout_in_minutes;
        stack.protected = input.enable_termination_protection;
        stack.deletes_created = input.retain_except_on_create;
        stack.created = call.now;
        stack.change_sets.iter_mut().for_each(ChangeSet::outdate);
        stack.take_token(token, "CreateStack");
        {
            let mut stacks = self.lock();
            let stacks = stacks.entry(call.account().to_owned()).or_default();
            let exists = |other: &Stack| other.name == name && other.status != StackStatus::DeleteComplete;
            if stacks.iter().any(|other| exists(other) && !(other.id == id && other.status == StackStatus::ReviewInProgress)) {
                return Err(AwsError::new("AlreadyExistsException", 400, format!("Stack [{name}] already exists")));
            }
            stacks.retain(|other| other.id != stack.id);
            stacks.push(stack);
        }
        creation::begin(self, call, &id, submission, deployer);
        Ok(json!({"StackId": id}))
    }
}

fn on_failure(given: Option<&str>, disable_rollback: Option<bool>) -> Result<OnFailure, AwsError> {
    match (given.unwrap_or_default(), disable_rollback) {
        ("", Some(true)) | ("DO_NOTHING", None) => Ok(OnFailure::DoNothing),
        ("", _) | ("ROLLBACK", None) => Ok(OnFailure::Rollback),
        ("DELETE", None) => Ok(OnFailure::Delete),
        _ => Err(validation("You may only specify one of OnFailure, DisableRollback")),
    }
}
