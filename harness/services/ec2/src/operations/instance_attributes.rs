//! Attributes of instances, one at a time.

use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use serde_json::{Map, Value, json};

use crate::error::{error, invalid_parameter, missing, unsupported};
use crate::records::{Records, State, Volume};
use crate::{image, instance_type, security_group, user_data};

pub(crate) fn describe(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let instance = records.instance(input.required("InstanceId"))?;
    let (member, value) = match input.required("Attribute") {
        "instanceType" => ("InstanceType", json!({ "Value": instance.kind.name })),
        "userData" => ("UserData", instance.user_data.as_ref().map_or_else(|| json!({}), |data| json!({ "Value": data }))),
        "disableApiTermination" => ("DisableApiTermination", json!({ "Value": instance.termination_protection })),
        "disableApiStop" => ("DisableApiStop", json!({ "Value": instance.stop_protection })),
        "instanceInitiatedShutdownBehavior" => {
            let behavior = if instance.terminates_on_shutdown { "terminate" } else { "stop" };
            ("InstanceInitiatedShutdownBehavior", json!({ "Value": behavior }))
        }
        "rootDeviceName" => ("RootDeviceName", json!({ "Value": instance.image.root_device() })),
        "blockDeviceMapping" => ("BlockDeviceMappings", instance.volumes.iter().map(Volume::as_mapping).collect()),
        "groupSet" => ("Groups", security_group::identifiers(records, &instance.groups).into()),
        "sourceDestCheck" => ("SourceDestCheck", json!({ "Value": instance.interface.source_dest_check })),
        "ebsOptimized" => ("EbsOptimized", json!({ "Value": instance.ebs_optimized })),
        "enaSupport" => ("EnaSupport", json!({ "Value": true })),
        "productCodes" => ("ProductCodes", json!([])),
        other => return Err(unsupported("DescribeInstanceAttribute", other)),
    };
    let mut output = Map::new();
    output.insert("InstanceId".to_owned(), instance.id.as_str().into());
    output.insert(member.to_owned(), value);
    Ok(output.into())
}

/// An attribute is given as a member of its own, or by its name in `Attribute` with a `Value`.
pub(crate) fn modify(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let id = input.required("InstanceId");
    let current = records.instance(id)?.clone();
    let mut changed = current.clone();
    let named = input.text("Attribute");
    let text = |member: &str, name: &str| {
        let own = input.get(member).and_then(|value| value.text("Value"));
        own.or_else(|| named.filter(|attribute| *attribute == name).and_then(|_| input.text("Value"))).map(str::to_owned)
    };
    let flag = |member: &str, name: &str| {
        let own = input.get(member).and_then(|value| value.flag("Value"));
        own.or_else(|| named.filter(|attribute| *attribute == name).and_then(|_| input.text("Value")).map(|text| text == "true"))
    };
    let mut known = 0;
    if let Some(on) = flag("DisableApiTermination", "disableApiTermination") {
        changed.termination_protection = on;
        known += 1;
    }
    if let Some(on) = flag("DisableApiStop", "disableApiStop") {
        changed.stop_protection = on;
        known += 1;
    }
    if let Some(on) = flag("SourceDestCheck", "sourceDestCheck") {
        changed.interface.source_dest_check = on;
        known += 1;
    }
    if let Some(behavior) = text("InstanceInitiatedShutdownBehavior", "instanceInitiatedShutdownBehavior") {
        changed.terminates_on_shutdown = match behavior.as_str() {
            "stop" => false,
            "terminate" => true,
            other => {
                return Err(invalid_parameter(format!(
                    "Value ({other}) for parameter instanceInitiatedShutdownBehavior is invalid."
                )));
            }
        };
        known += 1;
    }
    if let Some(name) = text("InstanceType", "instanceType") {
        must_be_stopped(current.state, id, "instanceType")?;
        changed.kind = instance_type::find(&name)?;
        image::check(current.image, changed.kind)?;
        known += 1;
    }
    if let Some(data) = text("UserData", "userData") {
        must_be_stopped(current.state, id, "userData")?;
        user_data::decode(&data)?;
        changed.user_data = Some(data).filter(|data| !data.is_empty());
        known += 1;
    }
    if let Some(on) = flag("EbsOptimized", "ebsOptimized") {
        must_be_stopped(current.state, id, "ebsOptimized")?;
        changed.ebs_optimized = on;
        known += 1;
    }
    if input.has("Groups") {
        changed.groups.clear();
        for group in input.texts("Groups") {
            changed.groups.push(records.group(group)?.id.clone());
        }
        security_group::check_groups(records, &changed.groups, &current.vpc, &current.subnet)?;
        known += 1;
    }
    let asked = input
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| !["InstanceId", "DryRun", "Attribute", "Value"].contains(&name.as_str()))
        .count()
        + usize::from(named.is_some());
    match (asked, known) {
        (0, _) => return Err(missing("attribute")),
        (1, 1) => {}
        (1, _) => return Err(unsupported("ModifyInstanceAttribute", "this attribute")),
        _ => return Err(error("InvalidParameterCombination", "Fields for multiple attribute types specified")),
    }
    *records.instance_mut(id)? = changed;
    Ok(json!({}))
}

fn must_be_stopped(state: State, id: &str, attribute: &str) -> Result<(), AwsError> {
    if state == State::Stopped {
        return Ok(());
    }
    Err(error(
        "IncorrectInstanceState",
        format!("The instance '{id}' is not in the 'stopped' state: {attribute} cannot be changed."),
    ))
}

pub(crate) fn modify_metadata_options(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let instance = records.instance_mut(input.required("InstanceId"))?;
    if matches!(instance.state, State::ShuttingDown | State::Terminated) {
        return Err(error(
            "IncorrectInstanceState",
            format!("The instance '{}' is not in a state in which it can be modified.", instance.id),
        ));
    }
    instance.metadata = instance.metadata.with(input)?;
    Ok(json!({ "InstanceId": instance.id, "InstanceMetadataOptions": instance.metadata.describe() }))
}
