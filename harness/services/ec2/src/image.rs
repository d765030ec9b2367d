//! Machine images, as EC2 shows and launches them.

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use super::error::{not_found_as, unsupported};
use super::filter::{filtered, page, selected};
use super::instance_type::InstanceType;
use nightproof_machine_image::{IMAGES, Image};

/// A launch's input with its `ImageId` read from the Parameter Store, as the caller, where it says `resolve:ssm:NAME`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-systems-manager-parameter-to-find-AMI.html>
pub(super) async fn resolved(call: &Call, mut input: Value) -> Result<Value, AwsError> {
    let Some(name) = input.text("ImageId").and_then(|id| id.strip_prefix("resolve:ssm:")) else { return Ok(input) };
    let found = call.region.call(&call.caller, "ssm", "GetParameters", json!({ "Names": [name] })).await?;
    let id = found.list("Parameters").first().and_then(|parameter| parameter.text("Value"));
    let id = id.ok_or_else(|| {
        super::error::error("InvalidParameterValue", format!("The parameter '{name}' for the image could not be resolved"))
    })?;
    if let Value::Object(members) = &mut input {
        members.insert("ImageId".to_owned(), json!(id));
    }
    Ok(input)
}

/// The image with this id.
pub(super) fn find(id: &str) -> Result<&'static Image, AwsError> {
    if let Some(image) = nightproof_machine_image::image(id) {
        return Ok(image);
    }
    if id.strip_prefix("ami-").is_none_or(|digits| digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Err(super::error::error("InvalidAMIID.Malformed", format!("Invalid id: \"{id}\" (expecting \"ami-...\")")));
    }
    Err(not_found_as("ami", id))
}

/// An instance type must run the image's architecture.
pub(super) fn check(image: &Image, kind: &InstanceType) -> Result<(), AwsError> {
    if kind.architecture == image.architecture {
        return Ok(());
    }
    Err(super::error::error(
        "InvalidParameterValue",
        format!(
            "The architecture '{}' of the specified instance type does not match the architecture '{}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again. You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI.",
            kind.architecture, image.architecture
        ),
    ))
}

fn describe_one(image: &Image) -> Value {
    let mut described = json!({
        "ImageId": image.id,
        "Name": image.name,
        "Description": image.description,
        "ImageLocation": format!("amazon/{}", image.name),
        "ImageOwnerAlias": "amazon",
        "OwnerId": image.owner(),
        "ImageType": "machine",
        "Architecture": image.architecture,
        "State": "available",
        "Public": true,
        "CreationDate": "2025-11-17T18:00:00.000Z",
        "PlatformDetails": "Linux/UNIX",
        "UsageOperation": "RunInstances",
        "RootDeviceType": "ebs",
        "RootDeviceName": image.root_device(),
        "VirtualizationType": "hvm",
        "Hypervisor": "xen",
        "EnaSupport": true,
        "SriovNetSupport": "simple",
        "BlockDeviceMappings": [{ "DeviceName": image.root_device(), "Ebs": root_volume(image) }],
        "Tags": [],
    });
    if let Some(described) = described.as_object_mut() {
        if let Some(mode) = image.boot_mode() {
            described.insert("BootMode".to_owned(), mode.into());
        }
        if image.demands_metadata_tokens() {
            described.insert("ImdsSupport".to_owned(), "v2.0".into());
        }
    }
    described
}

fn root_volume(image: &Image) -> Value {
    let mut volume = json!({
        "DeleteOnTermination": true, "SnapshotId": image.root_snapshot(), "VolumeSize": image.root_size,
        "VolumeType": image.root_volume, "Encrypted": false,
    });
    if let (Some(volume), "gp3") = (volume.as_object_mut(), image.root_volume) {
        volume.insert("Iops".to_owned(), 3000.into());
        volume.insert("Throughput".to_owned(), 125.into());
    }
    volume
}

pub(super) fn describe(input: &Value) -> Result<Value, AwsError> {
    if input.texts("ExecutableUsers").iter().any(|user| *user != "all") {
        return Err(unsupported("DescribeImages", "ExecutableUsers"));
    }
    let owners = input.texts("Owners");
    let asked = |image: &&Image| owners.is_empty() || owners.iter().any(|owner| ["amazon", image.owner()].contains(owner));
    let images = IMAGES.iter().filter(asked).map(describe_one).collect();
    let chosen = selected(images, input, "ImageIds", "ImageId", |id| match find(id) {
        Err(refusal) => refusal,
        Ok(_) => not_found_as("ami", id),
    })?;
    let paths = &[
        ("image-id", "ImageId"),
        ("name", "Name"),
        ("description", "Description"),
        ("architecture", "Architecture"),
        ("image-type", "ImageType"),
        ("is-public", "Public"),
        ("owner-alias", "ImageOwnerAlias"),
        ("owner-id", "OwnerId"),
        ("state", "State"),
        ("root-device-type", "RootDeviceType"),
        ("root-device-name", "RootDeviceName"),
        ("virtualization-type", "VirtualizationType"),
        ("hypervisor", "Hypervisor"),
        ("ena-support", "EnaSupport"),
        ("creation-date", "CreationDate"),
        ("platform", "Platform"),
        ("block-device-mapping.volume-type", "BlockDeviceMappings.Ebs.VolumeType"),
        ("block-device-mapping.device-name", "BlockDeviceMappings.DeviceName"),
        ("block-device-mapping.encrypted", "BlockDeviceMappings.Ebs.Encrypted"),
    ];
    page("Images", filtered(chosen, input, paths)?, input)
}
