//! The service's operations by name, and what other services ask of its records.

use async_trait::async_trait;
use nightproof_core::document::whole_seconds;
use nightproof_core::operations;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::Value;

use crate::authorization::profile_role;
use crate::autoscaling::AutoScaling;
use crate::launch_configuration::CreateLaunchConfiguration;
use crate::operations::activities::DescribeScalingActivities;
use crate::operations::capacities::{
    SetDesiredCapacity, SetInstanceHealth, SetInstanceProtection, TerminateInstanceInAutoScalingGroup,
};
use crate::operations::group_changes::UpdateAutoScalingGroup;
use crate::operations::groups::{CreateAutoScalingGroup, DeleteAutoScalingGroup, DescribeAutoScalingGroups};
use crate::operations::hooks::{
    CompleteLifecycleAction, DeleteLifecycleHook, DescribeLifecycleHookTypes, DescribeLifecycleHooks, PutLifecycleHook,
    RecordLifecycleActionHeartbeat,
};
use crate::operations::instances::DescribeAutoScalingInstances;
use crate::operations::launch_configurations::{DeleteLaunchConfiguration, DescribeLaunchConfigurations};
use crate::operations::processes::{
    ChangeProcesses as ResumeProcesses, ChangeProcesses as SuspendProcesses, DescribeAccountLimits, DescribeScalingProcessTypes,
    DescribeTerminationPolicyTypes,
};
use crate::operations::refreshes::{CancelInstanceRefresh, DescribeInstanceRefreshes, StartInstanceRefresh};
use crate::operations::scheduled_actions::{
    BatchDeleteScheduledAction, BatchPutScheduledUpdateGroupAction, DeleteScheduledAction, DescribeScheduledActions,
    PutScheduledUpdateGroupAction,
};
use crate::operations::tags::{ChangeTags as CreateOrUpdateTags, ChangeTags as DeleteTags, DescribeTags};

operations!("autoscaling", AutoScaling:
    CreateAutoScalingGroup => create_auto_scaling_group.await: ["= @group"],
    UpdateAutoScalingGroup => update_auto_scaling_group.await: ["= @group"],
    DeleteAutoScalingGroup => delete_auto_scaling_group: ["= @group"],
    DescribeAutoScalingGroups => describe_auto_scaling_groups: ["= *"],
    DescribeAutoScalingInstances => describe_auto_scaling_instances: ["= *"],
    DescribeScalingActivities => describe_scaling_activities: ["= *"],
    SetDesiredCapacity => set_desired_capacity: ["= @group"],
    TerminateInstanceInAutoScalingGroup => terminate_instance: ["= @group-of-instance"],
    SetInstanceHealth => set_instance_health: ["= @group-of-instance"],
    SetInstanceProtection => set_instance_protection: ["= @group"],
    SuspendProcesses => change_processes(true): ["= @group"],
    ResumeProcesses => change_processes(false): ["= @group"],
    CreateOrUpdateTags => change_tags(true): ["= @tagged"],
    DeleteTags => change_tags(false): ["= @tagged"],
    DescribeTags => describe_tags: ["= *"],
    PutLifecycleHook => put_lifecycle_hook: ["= @group"],
    DescribeLifecycleHooks => describe_lifecycle_hooks: ["= *"],
    DeleteLifecycleHook => delete_lifecycle_hook: ["= @group"],
    CompleteLifecycleAction => complete_lifecycle_action: ["= @group"],
    RecordLifecycleActionHeartbeat => record_lifecycle_action_heartbeat: ["= @group"],
    DescribeLifecycleHookTypes => describe_lifecycle_hook_types: ["= *"],
    DescribeScalingProcessTypes => describe_scaling_process_types: ["= *"],
    DescribeTerminationPolicyTypes => describe_termination_policy_types: ["= *"],
    DescribeAccountLimits => describe_account_limits: ["= *"],
    PutScheduledUpdateGroupAction => put_scheduled_action: ["= @group"],
    BatchPutScheduledUpdateGroupAction => batch_put_scheduled_actions: ["= @group"],
    DescribeScheduledActions => describe_scheduled_actions: ["= *"],
    DeleteScheduledAction => delete_scheduled_action: ["= @group"],
    BatchDeleteScheduledAction => batch_delete_scheduled_actions: ["= @group"],
    StartInstanceRefresh => start_instance_refresh.await: ["= @group"],
    DescribeInstanceRefreshes => describe_instance_refreshes: ["= *"],
    CancelInstanceRefresh => cancel_instance_refresh: ["= @group"],
    CreateLaunchConfiguration => create_launch_configuration.await: ["= @configuration", "iam:PassRole @profile-role iam:PassedToService='ec2.amazonaws.com'"],
    DescribeLaunchConfigurations => describe_launch_configurations: ["= *"],
    DeleteLaunchConfiguration => delete_launch_configuration: ["= @configuration"],
);

#[async_trait]
impl Service for AutoScaling {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        let call = Call { now: whole_seconds(call.now), ..call.clone() };
        self.dispatch(&call, operation, input).await.map(Reply::from)
    }

    async fn resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        match kind {
            "profile-role" => profile_role(call, input).await.into_iter().collect(),
            _ => self.named_resources(call, kind, input),
        }
    }

    fn resource_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        let groups = self.tagged_groups(account).into_iter();
        groups.filter(|group| group.arn == arn).flat_map(|group| group.tags).collect()
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        self.tagged_groups(call.account())
    }
}
