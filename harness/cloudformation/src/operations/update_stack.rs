//! `UpdateStack`.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::change::Changes;
use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::stack_policy::PolicySource;
use crate::submitted::{GivenParameter, RollbackConfiguration, StackTag, Submitted, lacking};
use crate::template_source::TemplateSource;
use crate::update::Options;
use crate::{nested, service_role, submission, update};

/// `UpdateStack`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateStack {
    stack_name: String,
    template_body: Option<String>,
    #[serde(rename = "TemplateURL")]
    template_url: Option<String>,
    #[serde(default)]
    use_previous_template: bool,
    stack_policy_during_update_body: Option<String>,
    #[serde(rename = "StackPolicyDuringUpdateURL")]
    stack_policy_during_update_url: Option<String>,
    #[serde(default)]
    parameters: Vec<GivenParameter>,
    #[serde(default)]
    capabilities: Vec<String>,
    resource_types: Option<Vec<String>>,
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
    rollback_configuration: Option<RollbackConfiguration>,
    stack_policy_body: Option<String>,
    #[serde(rename = "StackPolicyURL")]
    stack_policy_url: Option<String>,
    #[serde(rename = "NotificationARNs")]
    notification_arns: Option<Vec<String>>,
    tags: Option<Vec<StackTag>>,
    #[serde(default)]
    disable_rollback: bool,
    client_request_token: Option<String>,
    #[serde(default)]
    retain_except_on_create: bool,
}

impl CloudFormation {
    pub(crate) async fn update_stack(&self, call: &Call, input: UpdateStack) -> Result<Value, AwsError> {
        let submitted = Submitted {
            template: TemplateSource { body: input.template_body, url: input.template_url },
            use_previous_template: input.use_previous_template,
            parameters: input.parameters,
            capabilities: input.capabilities,
            tags: input.tags,
            resource_types: input.resource_types,
            rollback: input.rollback_configuration,
            notification_arns: input.notification_arns,
            shows_expansion: false,
        };
        submitted.check()?;
        lacking(input.retain_except_on_create, "RetainExceptOnCreate", "UpdateStack")?;
        let (name, token) = (input.stack_name, input.client_request_token.as_deref());
        let members = ("StackPolicyBody", "StackPolicyURL");
        let policy = PolicySource { body: input.stack_policy_body, url: input.stack_policy_url, members }.read(call).await?;
        let members = ("StackPolicyDuringUpdateBody", "StackPolicyDuringUpdateURL");
        let during =
            PolicySource { body: input.stack_policy_during_update_body, url: input.stack_policy_during_update_url, members };
        let policy_during_update = during.read(call).await?;
        let stack = update::find(self, call.account(), &name)?;
        if self.repeated(call.account(), &name, token, "UpdateStack")?.is_some() {
            return Ok(json!({"StackId": stack.id}));
        }
        let submission = submission::read(self, call, submitted, (&stack.name, &stack.id), Some(&stack)).await?;
        // Whether macros make something else of the same template is known only when they are applied, after the update has begun.
        let is_idle = submission.failure.is_none()
            && submission.processed.is_none()
            && Changes::new(self, call, &stack, &submission)?.are_none();
        if is_idle {
            return Err(validation(nested::NO_UPDATES));
        }
        let deployer = service_role::deployer(call, &stack, input.role_arn.as_deref()).await?;
        let options = Options { policy, policy_during_update, keeps_failure: input.disable_rollback };
        update::begin(self, call, &stack.id, submission, deployer, (token, "UpdateStack"), options)?;
        Ok(json!({"StackId": stack.id}))
    }
}
