//! The instances of a stack: those that it declares, and those that its groups launched.

use std::time::Duration;

use nightproof_wire::AwsError;
use serde_json::{Value, json};

use crate::Hop;
use crate::account::dynamic_client::DynamicClient;
use crate::account::resources::Resources;
use crate::chain::failure::{HopFailure, at};

const GROUP: &str = "AWS::AutoScaling::AutoScalingGroup";

/// An auto scaling group and the instances that it has.
struct Group {
    name: String,
    desired: usize,
    /// Those that stay.
    instances: Vec<String>,
    in_service: usize,
}

/// The stack's instances as they are now.
pub(crate) async fn present(client: &DynamicClient, resources: &Resources) -> Result<Vec<String>, HopFailure> {
    let mut instances = resources.ids("AWS::EC2::Instance");
    instances.extend(groups(client, resources).await?.into_iter().flat_map(|group| group.instances));
    Ok(instances)
}

/// The instances of the stack's groups, each with its group's logical id.
///
/// # Errors
/// That of EC2 Auto Scaling.
pub(crate) async fn of_groups(client: &DynamicClient, resources: &Resources) -> Result<Vec<(String, String)>, AwsError> {
    let groups = described(client, resources).await?;
    let of_group = |group: Group| {
        let resource = resources.of_type(GROUP).find(|resource| resource.physical == group.name);
        let logical = resource.map(|resource| resource.logical.clone()).unwrap_or_default();
        group.instances.into_iter().map(move |id| (logical.clone(), id))
    };
    Ok(groups.into_iter().flat_map(of_group).collect())
}

/// The stack's instances, once its groups have as many in service as they are to have: `bound` at most.
pub(crate) async fn complete(client: &DynamicClient, resources: &Resources, bound: Duration) -> Result<Vec<String>, HopFailure> {
    let awaited = nightproof_poll::try_until(bound, || async {
        let groups = groups(client, resources).await?;
        let lacking = groups.iter().find(|group| group.in_service < group.desired);
        Ok(match lacking {
            None => Ok(()),
            Some(group) => Err((group.name.clone(), group.in_service, group.desired)),
        })
    });
    match awaited.await? {
        Ok(()) => present(client, resources).await,
        Err((name, in_service, desired)) => {
            let why = last_failure(client, &name).await.map(|why| format!(": {why}")).unwrap_or_default();
            let seconds = bound.as_secs();
            let reason = format!("after {seconds} s {in_service} of {desired} instances of the group {name} are in service{why}");
            Err(HopFailure::at(Hop::Instance, reason))
        }
    }
}

async fn groups(client: &DynamicClient, resources: &Resources) -> Result<Vec<Group>, HopFailure> {
    described(client, resources).await.map_err(at(Hop::Instance, "DescribeAutoScalingGroups"))
}

async fn described(client: &DynamicClient, resources: &Resources) -> Result<Vec<Group>, AwsError> {
    let names = resources.ids(GROUP);
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut found: Vec<Value> = Vec::new();
    let input = json!({ "AutoScalingGroupNames": names });
    client.pages("autoscaling", "DescribeAutoScalingGroups", input, "AutoScalingGroups", &mut found).await?;
    Ok(found.iter().map(group).collect())
}

fn group(described: &Value) -> Group {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let instances = described.get("Instances").and_then(Value::as_array).into_iter().flatten();
    let states: Vec<(String, String)> =
        instances.map(|instance| (text(instance, "InstanceId"), text(instance, "LifecycleState"))).collect();
    let desired = described.get("DesiredCapacity").and_then(Value::as_u64).unwrap_or_default();
    Group {
        name: text(described, "AutoScalingGroupName"),
        desired: usize::try_from(desired).unwrap_or(usize::MAX),
        in_service: states.iter().filter(|(_, state)| state == "InService").count(),
        instances: states.into_iter().filter(|(_, state)| !state.starts_with("Terminating")).map(|(id, _)| id).collect(),
    }
}

/// Why the last activity of a group that failed did.
async fn last_failure(client: &DynamicClient, group: &str) -> Option<String> {
    let input = json!({ "AutoScalingGroupName": group });
    let answer = client.ask("autoscaling", "DescribeScalingActivities", &input).await.ok()?;
    let activities = answer.get("Activities").and_then(Value::as_array)?;
    let failed = activities
        .iter()
        .find(|activity| matches!(activity.get("StatusCode").and_then(Value::as_str), Some("Failed" | "Cancelled")))?;
    failed.get("StatusMessage").and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_on_their_way_out_are_none_of_a_group() {
        let described = json!({ "AutoScalingGroupName": "g", "DesiredCapacity": 2, "Instances": [
            { "InstanceId": "i-1", "LifecycleState": "InService" }, { "InstanceId": "i-2", "LifecycleState": "Pending:Wait" },
            { "InstanceId": "i-3", "LifecycleState": "Terminating:Wait" },
        ]});
        let Group { name, desired, instances, in_service } = group(&described);
        assert_eq!((name.as_str(), desired, in_service, instances), ("g", 2, 1, vec!["i-1".to_owned(), "i-2".to_owned()]));
    }
}
