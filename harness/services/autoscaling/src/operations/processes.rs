//! Suspending and resuming the processes of a group, and what groups can have.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use super::settings::nothing;
use crate::activity::at;
use crate::autoscaling::AutoScaling;
use crate::capacity::POLICIES;
use crate::error::validation;
use crate::group::PROCESSES;

/// `SuspendProcesses` <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SuspendProcesses.html> and `ResumeProcesses`
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_ResumeProcesses.html>. Without names, all processes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ChangeProcesses {
    auto_scaling_group_name: String,
    #[serde(default)]
    scaling_processes: Vec<String>,
}

/// `DescribeScalingProcessTypes`.
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScalingProcessTypes.html>
#[derive(Debug, Deserialize)]
pub(crate) struct DescribeScalingProcessTypes {}

/// `DescribeTerminationPolicyTypes`.
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeTerminationPolicyTypes.html>
#[derive(Debug, Deserialize)]
pub(crate) struct DescribeTerminationPolicyTypes {}

/// `DescribeAccountLimits`. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAccountLimits.html>
#[derive(Debug, Deserialize)]
pub(crate) struct DescribeAccountLimits {}

impl AutoScaling {
    pub(crate) fn change_processes(&self, call: &Call, input: ChangeProcesses, suspends: bool) -> Result<Value, AwsError> {
        let given = &input.scaling_processes;
        if let Some(other) = given.iter().find(|name| !PROCESSES.contains(&name.as_str())) {
            return Err(validation(format!("Invalid process name {other}. Valid names are: {}", PROCESSES.join(", "))));
        }
        let chosen = PROCESSES.into_iter().filter(|name| given.is_empty() || given.iter().any(|one| one == name));
        self.change(call.account(), &input.auto_scaling_group_name, |group| {
            for name in chosen {
                match suspends {
                    true => group.suspended.insert(name, format!("User suspended at {}", at(call.now))),
                    false => group.suspended.remove(name),
                };
            }
            Ok(nothing())
        })
    }

    pub(crate) fn describe_scaling_process_types(
        &self,
        _: &Call,
        DescribeScalingProcessTypes {}: DescribeScalingProcessTypes,
    ) -> Result<Value, AwsError> {
        Ok(json!({ "Processes": PROCESSES.map(|name| json!({ "ProcessName": name })) }))
    }

    pub(crate) fn describe_termination_policy_types(
        &self,
        _: &Call,
        DescribeTerminationPolicyTypes {}: DescribeTerminationPolicyTypes,
    ) -> Result<Value, AwsError> {
        Ok(json!({ "TerminationPolicyTypes": POLICIES }))
    }

    pub(crate) fn describe_account_limits(
        &self,
        call: &Call,
        DescribeAccountLimits {}: DescribeAccountLimits,
    ) -> Result<Value, AwsError> {
        self.with(call.account(), |records| {
            Ok(json!({
                "MaxNumberOfAutoScalingGroups": 500, "MaxNumberOfLaunchConfigurations": 200,
                "NumberOfAutoScalingGroups": records.groups.len(),
                "NumberOfLaunchConfigurations": records.configurations.len(),
            }))
        })
    }
}
