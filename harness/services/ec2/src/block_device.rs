//! Block device mappings of launches. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/block-device-mapping-concepts.html>

use jiff::Timestamp;
use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use nightproof_machine_image::Image;
use serde_json::Value;

use crate::error::{error, invalid_parameter, unsupported};
use crate::records::Volume;
use crate::resource_id::resource_id;

/// The volumes that a launch asks for, over the image's own.
pub(crate) fn planned(image: &Image, input: &Value, now: Timestamp, default_key: &str) -> Result<Vec<Volume>, AwsError> {
    let root = image.root_device();
    let mut devices: Vec<(&str, Option<&Value>)> = vec![(root, None)];
    for mapping in input.list("BlockDeviceMappings") {
        let device = mapping.required("DeviceName");
        if mapping.has("VirtualName") {
            return Err(unsupported("RunInstances", "BlockDeviceMappings.VirtualName"));
        }
        if mapping.get("NoDevice").is_some() {
            if device == root {
                return Err(error(
                    "InvalidBlockDeviceMapping",
                    format!("The device '{root}' is the root device and must not be suppressed."),
                ));
            }
            continue;
        }
        let ebs = mapping.get("Ebs").ok_or_else(|| error("MissingParameter", "The request must contain the parameter ebs"))?;
        if device == root {
            devices.retain(|(name, _)| *name != root);
        } else if devices.iter().any(|(name, _)| *name == device) {
            return Err(invalid_parameter(format!("The device '{device}' is used in more than one block-device mapping")));
        }
        devices.push((device, Some(ebs)));
    }
    devices.into_iter().map(|(device, ebs)| plan(image, device, ebs.unwrap_or(&Value::Null), now, default_key)).collect()
}

fn plan(image: &Image, device: &str, ebs: &Value, now: Timestamp, default_key: &str) -> Result<Volume, AwsError> {
    let root = device == image.root_device();
    let (root_size, root_snapshot) = (image.root_size, image.root_snapshot());
    for member in ["OutpostArn", "VolumeInitializationRate", "EbsCardIndex"] {
        if ebs.has(member) {
            return Err(unsupported("RunInstances", &format!("BlockDeviceMappings.Ebs.{member}")));
        }
    }
    if let Some(snapshot) = ebs.text("SnapshotId")
        && !(root && snapshot == root_snapshot)
    {
        return Err(error("InvalidSnapshot.NotFound", format!("The snapshot '{snapshot}' does not exist.")));
    }
    let kind = ebs.text("VolumeType").unwrap_or(if root { image.root_volume } else { "gp3" });
    let iops = ebs.number("Iops");
    let throughput = ebs.number("Throughput");
    match kind {
        "gp3" => {
            if iops.is_some_and(|iops| !(3000..=80_000).contains(&iops)) {
                return Err(invalid_parameter("Volume iops must be between 3000 and 80000 for gp3 volumes."));
            }
            if throughput.is_some_and(|throughput| !(125..=2000).contains(&throughput)) {
                return Err(invalid_parameter("Throughput must be between 125 and 2000 MiB/s."));
            }
        }
        "gp2" | "standard" | "st1" | "sc1" | "io1" | "io2" => {
            if throughput.is_some() {
                return Err(error(
                    "InvalidParameterCombination",
                    format!("The parameter throughput is not supported for {kind} volumes."),
                ));
            }
            let provisioned = kind.starts_with("io");
            if provisioned && iops.is_none() {
                return Err(error("MissingParameter", format!("The parameter iops must be specified for {kind} volumes.")));
            }
            if !provisioned && iops.is_some() {
                return Err(error(
                    "InvalidParameterCombination",
                    format!("The parameter iops is not supported for {kind} volumes."),
                ));
            }
        }
        other => return Err(invalid_parameter(format!("Value ({other}) for parameter volumeType is invalid."))),
    }
    let size = match ebs.number("VolumeSize") {
        Some(size) if root && size < root_size => {
            return Err(error(
                "InvalidBlockDeviceMapping",
                format!("Volume of size {size}GB is smaller than snapshot '{root_snapshot}', expect size >= {root_size}GB"),
            ));
        }
        Some(size) if (1..=16_384).contains(&size) => size,
        Some(size) => return Err(invalid_parameter(format!("Volume of {size}GiB is not within the allowed size."))),
        None if root => root_size,
        None => return Err(error("MissingParameter", "The request must contain the parameter size or snapshotId")),
    };
    let encrypted = ebs.flag("Encrypted").unwrap_or(false);
    let key = ebs.text("KmsKeyId");
    if key.is_some() && !encrypted {
        return Err(error("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set."));
    }
    Ok(Volume {
        id: resource_id("vol"),
        device: device.to_owned(),
        size,
        kind: kind.to_owned(),
        iops: iops.or((kind == "gp3").then_some(3000)),
        throughput: throughput.or((kind == "gp3").then_some(125)),
        encrypted,
        kms_key: encrypted.then(|| key.unwrap_or(default_key).to_owned()),
        snapshot: if root { root_snapshot } else { String::new() },
        delete_on_termination: ebs.flag("DeleteOnTermination").unwrap_or(root),
        created: now,
    })
}
