//! Machine images: Amazon Linux 2023, and no other.

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use super::error::{not_found_as, unsupported};
use super::filter::{filtered, page, selected};
use super::instance_type::InstanceType;

/// The image that the public parameter of Amazon Linux 2023 names.
pub(super) const AL2023: &str = "ami-0a1b2c3d4e5f60718";
/// The root device of the image.
pub(super) const ROOT_DEVICE: &str = "/dev/xvda";
/// Size of the image's root volume in GiB.
pub(super) const ROOT_SIZE: i64 = 8;
/// The snapshot that the root volume is made from.
pub(super) const ROOT_SNAPSHOT: &str = "snap-0a1b2c3d4e5f60718";
/// The account of Amazon's images in most regions.
const AMAZON: &str = "137112412989";

/// An image as instances need it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Image {
    pub(super) architecture: &'static str,
}

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
pub(super) fn find(id: &str) -> Result<Image, AwsError> {
    if id == AL2023 {
        return Ok(Image { architecture: "x86_64" });
    }
    if id.strip_prefix("ami-").is_none_or(|digits| digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Err(super::error::error("InvalidAMIID.Malformed", format!("Invalid id: \"{id}\" (expecting \"ami-...\")")));
    }
    Err(not_found_as("ami", id))
}

/// An instance type must run the image's architecture.
pub(super) fn check(image: Image, kind: &InstanceType) -> Result<(), AwsError> {
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

pub(super) fn describe(input: &Value) -> Result<Value, AwsError> {
    if input.texts("ExecutableUsers").iter().any(|user| *user != "all") {
        return Err(unsupported("DescribeImages", "ExecutableUsers"));
    }
    let image = json!({
        "ImageId": AL2023,
        "Name": "al2023-ami-2023.9.20251117.1-kernel-6.1-x86_64",
        "Description": "Amazon Linux 2023 AMI 2023.9.20251117.1 x86_64 HVM kernel-6.1",
        "ImageLocation": "amazon/al2023-ami-2023.9.20251117.1-kernel-6.1-x86_64",
        "ImageOwnerAlias": "amazon",
        "OwnerId": AMAZON,
        "ImageType": "machine",
        "Architecture": "x86_64",
        "State": "available",
        "Public": true,
        "CreationDate": "2025-11-17T18:00:00.000Z",
        "PlatformDetails": "Linux/UNIX",
        "UsageOperation": "RunInstances",
        "RootDeviceType": "ebs",
        "RootDeviceName": ROOT_DEVICE,
        "VirtualizationType": "hvm",
        "Hypervisor": "xen",
        "BootMode": "uefi-preferred",
        "ImdsSupport": "v2.0",
        "EnaSupport": true,
        "SriovNetSupport": "simple",
        "BlockDeviceMappings": [{
            "DeviceName": ROOT_DEVICE,
            "Ebs": {
                "DeleteOnTermination": true, "SnapshotId": ROOT_SNAPSHOT, "VolumeSize": ROOT_SIZE, "VolumeType": "gp3",
                "Iops": 3000, "Throughput": 125, "Encrypted": false,
            },
        }],
        "Tags": [],
    });
    let owned = |owner: &&str| ["amazon", AMAZON].contains(owner);
    let owners = input.texts("Owners");
    let images = if owners.is_empty() || owners.iter().any(owned) { vec![image] } else { Vec::new() };
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
