//! Attributes of instances, one at a time.

use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::{error, invalid_parameter, missing, unsupported};
use crate::metadata_options::MetadataOptionsRequest;
use crate::records::{Records, State, Volume};
use crate::request::{BooleanValue, TextValue};
use crate::{image, instance_type, security_group, user_data};

/// `DescribeInstanceAttribute`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceAttribute.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeInstanceAttribute {
    #[serde(default)]
    dry_run: bool,
    instance_id: String,
    attribute: String,
}

pub(crate) fn describe(records: &Records, input: &DescribeInstanceAttribute) -> Result<Value, AwsError> {
    let instance = records.instance(input.instance_id.as_str())?;
    let (member, value) = match input.attribute.as_str() {
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

/// `ModifyInstanceAttribute`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ModifyInstanceAttribute {
    source_dest_check: Option<BooleanValue>,
    disable_api_stop: Option<BooleanValue>,
    #[serde(default)]
    dry_run: bool,
    instance_id: String,
    attribute: Option<String>,
    value: Option<String>,
    disable_api_termination: Option<BooleanValue>,
    instance_type: Option<TextValue>,
    user_data: Option<TextValue>,
    instance_initiated_shutdown_behavior: Option<TextValue>,
    #[serde(default)]
    groups: Vec<String>,
    ebs_optimized: Option<BooleanValue>,
}

/// An attribute is given as a member of its own, or by its name in `Attribute` with a `Value`.
pub(crate) fn modify(records: &mut Records, input: &ModifyInstanceAttribute) -> Result<Value, AwsError> {
    let id = input.instance_id.as_str();
    let current = records.instance(id)?.clone();
    let mut changed = current.clone();
    let named = input.attribute.as_deref();
    let by_name = |name: &str| named.filter(|attribute| *attribute == name).and_then(|_| input.value.clone());
    let text = |own: &Option<TextValue>, name: &str| {
        own.as_ref().and_then(|attribute| attribute.value.clone()).or_else(|| by_name(name))
    };
    let flag = |own: &Option<BooleanValue>, name: &str| {
        own.as_ref().and_then(|attribute| attribute.value).or_else(|| by_name(name).map(|text| text == "true"))
    };
    let mut known = 0;
    if let Some(on) = flag(&input.disable_api_termination, "disableApiTermination") {
        changed.termination_protection = on;
        known += 1;
    }
    if let Some(on) = flag(&input.disable_api_stop, "disableApiStop") {
        changed.stop_protection = on;
        known += 1;
    }
    if let Some(on) = flag(&input.source_dest_check, "sourceDestCheck") {
        changed.interface.source_dest_check = on;
        known += 1;
    }
    if let Some(behavior) = text(&input.instance_initiated_shutdown_behavior, "instanceInitiatedShutdownBehavior") {
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
    if let Some(name) = text(&input.instance_type, "instanceType") {
        must_be_stopped(current.state, id, "instanceType")?;
        changed.kind = instance_type::find(&name)?;
        image::check(current.image, changed.kind)?;
        known += 1;
    }
    if let Some(data) = text(&input.user_data, "userData") {
        must_be_stopped(current.state, id, "userData")?;
        user_data::decode(&data)?;
        changed.user_data = Some(data).filter(|data| !data.is_empty());
        known += 1;
    }
    if let Some(on) = flag(&input.ebs_optimized, "ebsOptimized") {
        must_be_stopped(current.state, id, "ebsOptimized")?;
        changed.ebs_optimized = on;
        known += 1;
    }
    if !input.groups.is_empty() {
        changed.groups.clear();
        for group in &input.groups {
            changed.groups.push(records.group(group)?.id.clone());
        }
        security_group::check_groups(records, &changed.groups, &current.vpc, &current.subnet)?;
        known += 1;
    }
    let given = [
        input.source_dest_check.is_some(),
        input.disable_api_stop.is_some(),
        input.disable_api_termination.is_some(),
        input.instance_type.is_some(),
        input.user_data.is_some(),
        input.instance_initiated_shutdown_behavior.is_some(),
        !input.groups.is_empty(),
        input.ebs_optimized.is_some(),
        named.is_some(),
    ];
    let asked = given.into_iter().filter(|given| *given).count();
    match (asked, known) {
        (0, _) => return Err(missing("attribute")),
        (1, 1) => {}
        (1, _) => return Err(unsupported("ModifyInstanceAttribute", named.unwrap_or("this attribute"))),
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

/// `ModifyInstanceMetadataOptions`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceMetadataOptions.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ModifyInstanceMetadataOptions {
    instance_id: String,
    http_tokens: Option<String>,
    http_put_response_hop_limit: Option<i64>,
    http_endpoint: Option<String>,
    instance_metadata_tags: Option<String>,
    http_protocol_ipv6: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

pub(crate) fn modify_metadata_options(records: &mut Records, input: &ModifyInstanceMetadataOptions) -> Result<Value, AwsError> {
    let instance = records.instance_mut(input.instance_id.as_str())?;
    if matches!(instance.state, State::ShuttingDown | State::Terminated) {
        return Err(error(
            "IncorrectInstanceState",
            format!("The instance '{}' is not in a state in which it can be modified.", instance.id),
        ));
    }
    let options = MetadataOptionsRequest {
        http_tokens: input.http_tokens.clone(),
        http_put_response_hop_limit: input.http_put_response_hop_limit,
        http_endpoint: input.http_endpoint.clone(),
        instance_metadata_tags: input.instance_metadata_tags.clone(),
        http_protocol_ipv6: input.http_protocol_ipv6.clone(),
    };
    instance.metadata = instance.metadata.with(&options)?;
    Ok(json!({ "InstanceId": instance.id, "InstanceMetadataOptions": instance.metadata.describe() }))
}

requests! {
    DescribeInstanceAttribute { dry_run },
    ModifyInstanceAttribute { dry_run },
    ModifyInstanceMetadataOptions { dry_run },
}
