//! Machine images, as EC2 shows them.

use nightproof_core::service::AwsError;
use nightproof_machine_image::{IMAGES, Image};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{not_found_as, unsupported};
use crate::filter::{Filter, filtered, page, selected};
use crate::image;
use crate::records::Records;

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

/// `DescribeImages`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeImages {
    #[serde(default)]
    executable_users: Vec<String>,
    #[serde(default)]
    image_ids: Vec<String>,
    #[serde(default)]
    owners: Vec<String>,
    #[expect(dead_code, reason = "no image of the region is deprecated")]
    include_deprecated: Option<bool>,
    #[expect(dead_code, reason = "no image of the region is disabled")]
    include_disabled: Option<bool>,
    max_results: Option<i64>,
    next_token: Option<String>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    filters: Vec<Filter>,
}

pub(crate) fn describe(records: &Records, input: &DescribeImages) -> Result<Value, AwsError> {
    if input.executable_users.iter().any(|user| *user != "all") {
        return Err(unsupported("DescribeImages", "ExecutableUsers"));
    }
    let owners = &input.owners;
    let asked = |image: &&Image| owners.is_empty() || owners.iter().any(|owner| owner == "amazon" || owner == image.owner());
    // An unlisted one is shown to who knows its id.
    let unlisted = input.image_ids.iter().filter_map(|id| image::find(records, id, "x86_64").ok());
    let unlisted = unlisted.filter(|image| !IMAGES.iter().any(|listed| listed.id == image.id));
    let images = IMAGES.iter().chain(unlisted).filter(asked).map(describe_one).collect();
    let chosen = selected(images, &input.image_ids, "ImageId", |id| match image::find(records, id, "x86_64") {
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
    page("Images", filtered(chosen, &input.filters, paths)?, input.max_results, input.next_token.as_deref())
}

requests! {
    DescribeImages { dry_run },
}
