//! The service's operations by name, and what other services ask of its records.

use async_trait::async_trait;
use nightproof_core::operations;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::Value;

use crate::cloudformation::CloudFormation;
use crate::membership;
use crate::operations::change_sets::{DeleteChangeSet, DescribeChangeSet, ExecuteChangeSet, ListChangeSets};
use crate::operations::create_change_set::CreateChangeSet;
use crate::operations::create_stack::CreateStack;
use crate::operations::delete_stack::DeleteStack;
use crate::operations::drift::{
    DescribeStackDriftDetectionStatus, DescribeStackResourceDrifts, DetectStackDrift, DetectStackResourceDrift,
};
use crate::operations::exports::{ListExports, ListImports};
use crate::operations::rollbacks::{CancelUpdateStack, ContinueUpdateRollback, RollbackStack};
use crate::operations::signal_resource::SignalResource;
use crate::operations::stack_policies::{GetStackPolicy, SetStackPolicy};
use crate::operations::stack_sets::{
    CreateStackInstances, DeleteStackInstances, DeleteStackSet, DescribeStackSet, ListStackInstances, ListStackSets,
};
use crate::operations::stacks::{
    DescribeStackEvents, DescribeStackResource, DescribeStackResources, DescribeStacks, ListStackResources, ListStacks,
    UpdateTerminationProtection,
};
use crate::operations::templates::{GetTemplate, GetTemplateSummary, ValidateTemplate};
use crate::operations::types::{DescribeType, ListTypes};
use crate::operations::update_stack::UpdateStack;

operations!("cloudformation", CloudFormation:
    CancelUpdateStack => cancel_update_stack: ["= @stack"],
    ContinueUpdateRollback => continue_update_rollback.await: [
        "= @stack cloudformation:RoleArn=RoleARN",
        "iam:PassRole {RoleARN} ?RoleARN iam:PassedToService='cloudformation.amazonaws.com'"
    ],
    CreateChangeSet => create_change_set.await: [
        "= @stack cloudformation:ChangeSetName=ChangeSetName cloudformation:TemplateUrl=TemplateURL cloudformation:RoleArn=RoleARN cloudformation:ResourceTypes=ResourceTypes cloudformation:ImportResourceTypes=ResourcesToImport.ResourceType",
        "iam:PassRole {RoleARN} ?RoleARN iam:PassedToService='cloudformation.amazonaws.com'"
    ],
    CreateStack => create_stack.await: [
        "= @stack cloudformation:TemplateUrl=TemplateURL cloudformation:RoleArn=RoleARN cloudformation:StackPolicyUrl=StackPolicyURL cloudformation:ResourceTypes=ResourceTypes",
        "iam:PassRole {RoleARN} ?RoleARN iam:PassedToService='cloudformation.amazonaws.com'"
    ],
    CreateStackInstances => no_stack_set: ["= stackset/{StackSetName}:*"],
    DeleteChangeSet => delete_change_set: ["= @stack cloudformation:ChangeSetName=ChangeSetName"],
    DeleteStack => delete_stack.await: [
        "= @stack cloudformation:RoleArn=RoleARN",
        "iam:PassRole {RoleARN} ?RoleARN iam:PassedToService='cloudformation.amazonaws.com'"
    ],
    DeleteStackInstances => no_stack_set: ["= stackset/{StackSetName}:*"],
    DeleteStackSet => delete_stack_set: ["= stackset/{StackSetName}:*"],
    DescribeChangeSet => describe_change_set: ["= @stack cloudformation:ChangeSetName=ChangeSetName"],
    DescribeStackDriftDetectionStatus => describe_stack_drift_detection_status: ["= *"],
    DescribeStackEvents => describe_stack_events: ["= @stack"],
    DescribeStackResource => describe_stack_resource: ["= @stack"],
    DescribeStackResourceDrifts => describe_stack_resource_drifts: ["= @stack"],
    DescribeStackResources => describe_stack_resources: ["= @stack"],
    DescribeStackSet => no_stack_set: ["= stackset/{StackSetName}:*"],
    DescribeStacks => describe_stacks: ["= @stack-or-all"],
    DescribeType => describe_type: ["= *"],
    DetectStackDrift => detect_stack_drift: ["= @stack"],
    DetectStackResourceDrift => detect_stack_resource_drift.await: ["= @stack"],
    ExecuteChangeSet => execute_change_set.await: ["= @stack cloudformation:ChangeSetName=ChangeSetName"],
    GetStackPolicy => get_stack_policy: ["= @stack"],
    GetTemplate => get_template: ["= @stack"],
    GetTemplateSummary => get_template_summary.await: ["= @stack-or-all"],
    ListChangeSets => list_change_sets: ["= @stack"],
    ListExports => list_exports: ["= *"],
    ListImports => list_imports: ["= *"],
    ListStackInstances => no_stack_set: ["= stackset/{StackSetName}:*"],
    ListStackResources => list_stack_resources: ["= @stack"],
    ListStackSets => list_stack_sets: ["= *"],
    ListStacks => list_stacks: ["= *"],
    ListTypes => list_types: ["= *"],
    RollbackStack => rollback_stack.await: [
        "= @stack cloudformation:RoleArn=RoleARN",
        "iam:PassRole {RoleARN} ?RoleARN iam:PassedToService='cloudformation.amazonaws.com'"
    ],
    SetStackPolicy => set_stack_policy.await: ["= @stack cloudformation:StackPolicyUrl=StackPolicyURL"],
    SignalResource => signal_resource: ["= @stack"],
    UpdateStack => update_stack.await: [
        "= @stack cloudformation:TemplateUrl=TemplateURL cloudformation:RoleArn=RoleARN cloudformation:StackPolicyUrl=StackPolicyURL cloudformation:ResourceTypes=ResourceTypes",
        "iam:PassRole {RoleARN} ?RoleARN iam:PassedToService='cloudformation.amazonaws.com'"
    ],
    UpdateTerminationProtection => update_termination_protection: ["= @stack"],
    ValidateTemplate => validate_template.await: ["= *"],
);

#[async_trait]
impl Service for CloudFormation {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.dispatch(call, operation, input).await.map(Reply::from)
    }

    fn allows_by_itself(&self, call: &Call, operation: &str, input: &Value) -> bool {
        membership::allows(self, call, operation, input)
    }

    async fn resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        self.named_stacks(call, kind, input)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        let stacks = self.lock();
        let living = stacks.get(call.account()).into_iter().flatten().filter(|stack| stack.deleted.is_none());
        living.map(|stack| Tagged { arn: stack.id.clone(), tags: stack.tags.clone() }).collect()
    }

    fn resource_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        self.stack_tags(account, arn)
    }
}
