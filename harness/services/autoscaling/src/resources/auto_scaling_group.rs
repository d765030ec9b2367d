//! `AWS::AutoScaling::AutoScalingGroup`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-autoscaling-autoscalinggroup.html>

use async_trait::async_trait;
use nightproof_core::service::AwsError;
use nightproof_journal::Event;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, changed, pick, text, texts};

use serde_json::{Value, json};

use super::gone::unmake;
use super::rolling_update;

pub(super) struct AutoScalingGroup;

const SERVICE: &str = "autoscaling";
const SIZES: [&str; 3] = ["DesiredCapacity", "MaxSize", "MinSize"];

#[async_trait]
impl ResourceProvider for AutoScalingGroup {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "AutoScalingGroupName",
                    "AvailabilityZones",
                    "CapacityRebalance",
                    "Cooldown",
                    "DefaultInstanceWarmup",
                    "DeletionProtection",
                    "DesiredCapacity",
                    "HealthCheckGracePeriod",
                    "HealthCheckType",
                    "LaunchConfigurationName",
                    "LaunchTemplate",
                    "LifecycleHookSpecificationList",
                    "MaxSize",
                    "MinSize",
                    "NewInstancesProtectedFromScaleIn",
                    "ServiceLinkedRoleARN",
                    "Tags",
                    "TerminationPolicies",
                    "VPCZoneIdentifier",
                ],
                naming: Some("AutoScalingGroupName"),
                members: &[(
                    "LifecycleHookSpecificationList",
                    &["DefaultResult", "HeartbeatTimeout", "LifecycleHookName", "LifecycleTransition", "NotificationMetadata"],
                )],
                recorded: &[
                    "LoadBalancerNames",
                    "MetricsCollection",
                    "NotificationConfiguration",
                    "NotificationConfigurations",
                    "TargetGroupARNs",
                    "TrafficSources",
                ],
                attributes: &["AutoScalingGroupARN"],
                ..ResourceFacts::new("AWS::AutoScaling::AutoScalingGroup")
            }
        }
    }

    fn replaces_by_policy(&self, policy: &Value, changed: &[String]) -> bool {
        rolling_update::is_true(policy, "/AutoScalingReplacingUpdate/WillReplace")
            && changed.iter().any(|name| rolling_update::CAUSES.contains(&name.as_str()))
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "AutoScalingGroupName", 255);
        let mut input = given(properties);
        input["AutoScalingGroupName"] = name.as_str().into();
        input["Tags"] = tags(properties).into_iter().map(|tag| of_group(&name, &tag)).collect();
        if let Some(hooks) = properties.get("LifecycleHookSpecificationList") {
            input["LifecycleHookSpecificationList"] = hooks.clone();
        }
        // The profile of the launch template may be newer than what EC2 knows of IAM.
        let unknown = |error: &AwsError| error.message.contains("Invalid IAM Instance Profile");
        context.make_once_known(SERVICE, "CreateAutoScalingGroup", input, unknown).await?;
        context.exists(&name);
        report_unchecked(context, properties);
        described(context, &name).await
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (name, before) = (old.physical.as_str(), &old.properties);
        change_tags(context, name, before, properties).await?;
        change_hooks(context, name, before, properties).await?;
        let unmodified = "/AutoScalingScheduledAction/IgnoreUnmodifiedGroupSizeProperties";
        let keeps_size = context.update_policy().is_some_and(|policy| rolling_update::is_true(policy, unmodified));
        let mut input = given(properties);
        input["AutoScalingGroupName"] = name.into();
        if let Some(members) = input.as_object_mut() {
            members.retain(|member, _| {
                !SIZES.contains(&member.as_str()) || !keeps_size || changed(before, properties, member).is_some()
            });
        }
        set_back(&mut input, before, properties);
        rolling_update::update(context, name, input, before, properties).await?;
        report_unchecked(context, properties);
        described(context, name).await
    }

    /// With its instances, and without waiting for lifecycle actions.
    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let name = made.physical.as_str();
        let input = json!({ "AutoScalingGroupName": name, "ForceDelete": true });
        unmake(context, "DeleteAutoScalingGroup", input).await?;
        let named = json!({ "AutoScalingGroupNames": [name] });
        let is_gone = |answer: &Value| Ok(text(answer, "/AutoScalingGroups/0/AutoScalingGroupName").is_empty());
        context.until(SERVICE, "DescribeAutoScalingGroups", named, is_gone).await.map(drop)
    }
}

/// Tells the journal of a group whose load balancers would be asked for the health of its instances: they are records, which ask nobody.
fn report_unchecked(context: &Context, properties: &Value) {
    let kinds = text(properties, "/HealthCheckType");
    let given = |names: &[&str]| names.iter().any(|name| properties.get(*name).is_some());
    let asks = (kinds.contains("ELB") && given(&["LoadBalancerNames", "TargetGroupARNs", "TrafficSources"]))
        || (kinds.contains("VPC_LATTICE") && given(&["TrafficSources"]));
    if asks {
        let (logical_id, kind) = (context.logical_id().to_owned(), "AWS::AutoScaling::AutoScalingGroup".to_owned());
        let properties = vec![format!("HealthCheckType {kinds}")];
        context.handle().journal().record(Event::Recorded { logical_id, kind, properties });
    }
}

/// The members that a creation and a change have in common.
fn given(properties: &Value) -> Value {
    let mut input = pick(
        properties,
        &[
            "AvailabilityZones",
            "CapacityRebalance",
            "DefaultInstanceWarmup",
            "DeletionProtection",
            "DesiredCapacity",
            "HealthCheckGracePeriod",
            "HealthCheckType",
            "LaunchConfigurationName",
            "LaunchTemplate",
            "MaxSize",
            "MinSize",
            "NewInstancesProtectedFromScaleIn",
            "ServiceLinkedRoleARN",
            "TerminationPolicies",
        ],
    );
    if let Some(cooldown) = properties.get("Cooldown") {
        input["DefaultCooldown"] = cooldown.clone();
    }
    if properties.get("VPCZoneIdentifier").is_some() {
        input["VPCZoneIdentifier"] = texts(properties, "VPCZoneIdentifier").join(",").into();
    }
    input
}

/// Sets what is not given any more back to its default.
fn set_back(input: &mut Value, before: &Value, properties: &Value) {
    let defaults = [
        ("Cooldown", "DefaultCooldown", json!(300)),
        ("HealthCheckGracePeriod", "HealthCheckGracePeriod", json!(0)),
        ("NewInstancesProtectedFromScaleIn", "NewInstancesProtectedFromScaleIn", json!(false)),
        ("TerminationPolicies", "TerminationPolicies", json!(["Default"])),
        ("HealthCheckType", "HealthCheckType", json!("EC2")),
        ("DeletionProtection", "DeletionProtection", json!("none")),
        ("CapacityRebalance", "CapacityRebalance", json!(false)),
    ];
    for (property, member, default) in defaults {
        if before.get(property).is_some() && properties.get(property).is_none() {
            input[member] = default;
        }
    }
}

async fn described(context: &Context, name: &str) -> Result<MadeResource> {
    let answer = context.make(SERVICE, "DescribeAutoScalingGroups", json!({ "AutoScalingGroupNames": [name] })).await?;
    let arn = text(&answer, "/AutoScalingGroups/0/AutoScalingGroupARN");
    Ok(MadeResource::new(name, [("AutoScalingGroupARN", arn.into())]))
}

fn tags(properties: &Value) -> Vec<Value> {
    properties.get("Tags").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// A tag as the API has it, which names the group.
fn of_group(name: &str, tag: &Value) -> Value {
    let mut tag = tag.clone();
    tag["ResourceId"] = name.into();
    tag["ResourceType"] = "auto-scaling-group".into();
    tag
}

async fn change_tags(context: &Context, name: &str, before: &Value, properties: &Value) -> Result<()> {
    let (old, new) = (tags(before), tags(properties));
    let is_kept = |tag: &Value| new.iter().any(|other| other.get("Key") == tag.get("Key"));
    let removed: Vec<Value> = old.iter().filter(|tag| !is_kept(tag)).map(|tag| of_group(name, &pick(tag, &["Key"]))).collect();
    if !removed.is_empty() {
        context.make(SERVICE, "DeleteTags", json!({ "Tags": removed })).await?;
    }
    let set: Vec<Value> = new.iter().filter(|tag| !old.contains(tag)).map(|tag| of_group(name, tag)).collect();
    if !set.is_empty() {
        context.make(SERVICE, "CreateOrUpdateTags", json!({ "Tags": set })).await?;
    }
    Ok(())
}

async fn change_hooks(context: &Context, name: &str, before: &Value, properties: &Value) -> Result<()> {
    let Some((old, new)) = changed(before, properties, "LifecycleHookSpecificationList") else { return Ok(()) };
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let named = |hook: &Value| hook.get("LifecycleHookName").cloned().unwrap_or_default();
    let new = list(new);
    for hook in list(old).iter().filter(|hook| new.iter().all(|other| named(other) != named(hook))) {
        let input = json!({ "AutoScalingGroupName": name, "LifecycleHookName": named(hook) });
        unmake(context, "DeleteLifecycleHook", input).await?;
    }
    for mut hook in new {
        hook["AutoScalingGroupName"] = name.into();
        context.make(SERVICE, "PutLifecycleHook", hook).await?;
    }
    Ok(())
}
