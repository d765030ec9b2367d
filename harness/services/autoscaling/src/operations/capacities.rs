//! Setting the capacity of a group, and taking single instances out of it.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use super::settings::{nothing, reason};
use crate::activity::at;
use crate::autoscaling::AutoScaling;
use crate::error::{no_instance, validation};

/// `SetDesiredCapacity`. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetDesiredCapacity.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SetDesiredCapacity {
    auto_scaling_group_name: String,
    desired_capacity: i64,
    #[expect(dead_code, reason = "no scaling policy starts a cooldown")]
    honor_cooldown: Option<bool>,
}

/// `TerminateInstanceInAutoScalingGroup`.
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_TerminateInstanceInAutoScalingGroup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TerminateInstanceInAutoScalingGroup {
    instance_id: Option<String>,
    should_decrement_desired_capacity: bool,
}

/// `SetInstanceHealth`. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetInstanceHealth.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SetInstanceHealth {
    instance_id: String,
    health_status: String,
    should_respect_grace_period: Option<bool>,
}

/// `SetInstanceProtection`. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetInstanceProtection.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SetInstanceProtection {
    auto_scaling_group_name: String,
    instance_ids: Vec<String>,
    protected_from_scale_in: bool,
}

impl AutoScaling {
    pub(crate) fn set_desired_capacity(&self, call: &Call, input: SetDesiredCapacity) -> Result<Value, AwsError> {
        let wanted = input.desired_capacity;
        self.change(call.account(), &input.auto_scaling_group_name, |group| {
            let size = &mut group.settings.size;
            if wanted > size.max {
                return Err(validation(format!(
                    "New SetDesiredCapacity value {wanted} is above max value {} for the AutoScalingGroup.",
                    size.max
                )));
            }
            if wanted < size.min {
                return Err(validation(format!(
                    "New SetDesiredCapacity value {wanted} is below min value {} for the AutoScalingGroup.",
                    size.min
                )));
            }
            let before = std::mem::replace(&mut size.desired, wanted);
            if before != wanted {
                let what =
                    format!("explicitly set group desired capacity changing the desired capacity from {before} to {wanted}");
                group.reason = reason(call, &what);
            }
            Ok(nothing())
        })
    }

    /// The name of the group that an instance is in.
    fn group_of(&self, account: &str, id: &str) -> Result<String, AwsError> {
        self.with(account, |records| {
            let found = records.groups.values().find(|group| group.instance(id).is_some());
            found.map(|group| group.name.clone()).ok_or_else(|| no_instance(id))
        })
    }

    pub(crate) fn terminate_instance(&self, call: &Call, input: TerminateInstanceInAutoScalingGroup) -> Result<Value, AwsError> {
        let id = input.instance_id.as_deref().ok_or_else(|| validation("InstanceId must be specified."))?;
        let group = self.group_of(call.account(), id)?;
        self.change(call.account(), &group, |group| {
            let size = &mut group.settings.size;
            if input.should_decrement_desired_capacity {
                if size.desired <= size.min {
                    return Err(validation(format!(
                        "Currently, desiredSize equals minSize ({}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.",
                        size.min
                    )));
                }
                size.desired -= 1;
            }
            let now = call.now;
            let cause = format!("At {} instance {id} was taken out of service in response to a user request.", at(now));
            group.leave(id, cause, true, now);
            let activity = group.instance(id).and_then(|instance| group.activities.get(&instance.activity));
            let activity = activity.map(|activity| activity.describe(&group.name, &group.arn));
            Ok(json!({ "Activity": activity }))
        })
    }

    pub(crate) fn set_instance_health(&self, call: &Call, input: SetInstanceHealth) -> Result<Value, AwsError> {
        let id = input.instance_id.as_str();
        let healthy = match input.health_status.as_str() {
            "Healthy" => true,
            "Unhealthy" => false,
            other => return Err(validation(format!("Valid instance health states are: [Healthy, Unhealthy]. Given: {other}"))),
        };
        let group = self.group_of(call.account(), id)?;
        self.change(call.account(), &group, |group| {
            let grace = jiff::SignedDuration::from_secs(group.settings.grace);
            let respects = input.should_respect_grace_period.unwrap_or(true);
            if let Some(instance) = group.instance_mut(id)
                && !(respects && !healthy && call.now.duration_since(instance.launched) < grace)
            {
                instance.healthy = healthy;
            }
            Ok(nothing())
        })
    }

    pub(crate) fn set_instance_protection(&self, call: &Call, input: SetInstanceProtection) -> Result<Value, AwsError> {
        self.change(call.account(), &input.auto_scaling_group_name, |group| {
            if let Some(id) = input.instance_ids.iter().find(|id| group.instance(id).is_none()) {
                return Err(validation(format!("The instance {id} is not part of Auto Scaling group {}.", group.name)));
            }
            for instance in group.instances.iter_mut().filter(|instance| input.instance_ids.contains(&instance.id)) {
                instance.protected = input.protected_from_scale_in;
            }
            Ok(nothing())
        })
    }
}
