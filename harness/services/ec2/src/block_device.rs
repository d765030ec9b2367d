//! Block device mappings of launches. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/block-device-mapping-concepts.html>

use jiff::Timestamp;
use nightproof_core::service::AwsError;
use nightproof_machine_image::Image;

use crate::block_device_mapping::{Ebs, Mapping};
use crate::error::{error, invalid_parameter};
use crate::records::Volume;
use crate::resource_id::resource_id;

/// The volumes that a launch asks for, over the image's own.
pub(crate) fn planned(image: &Image, mappings: &[Mapping], now: Timestamp, default_key: &str) -> Result<Vec<Volume>, AwsError> {
    let (root, unchanged) = (image.root_device(), Ebs::default());
    let mut devices: Vec<(&str, &Ebs)> = vec![(root, &unchanged)];
    for mapping in mappings {
        let device = mapping.device_name.as_str();
        if mapping.no_device.is_some() {
            if device == root {
                return Err(error(
                    "InvalidBlockDeviceMapping",
                    format!("The device '{root}' is the root device and must not be suppressed."),
                ));
            }
            continue;
        }
        let ebs = mapping.ebs.as_ref().ok_or_else(|| error("MissingParameter", "The request must contain the parameter ebs"))?;
        if device == root {
            devices.retain(|(name, _)| *name != root);
        } else if devices.iter().any(|(name, _)| *name == device) {
            return Err(invalid_parameter(format!("The device '{device}' is used in more than one block-device mapping")));
        }
        devices.push((device, ebs));
    }
    devices.into_iter().map(|(device, ebs)| plan(image, device, ebs, now, default_key)).collect()
}

fn plan(image: &Image, device: &str, ebs: &Ebs, now: Timestamp, default_key: &str) -> Result<Volume, AwsError> {
    let root = device == image.root_device();
    let (root_size, root_snapshot) = (image.root_size, image.root_snapshot());
    if let Some(snapshot) = &ebs.snapshot_id
        && !(root && *snapshot == root_snapshot)
    {
        return Err(error("InvalidSnapshot.NotFound", format!("The snapshot '{snapshot}' does not exist.")));
    }
    let kind = ebs.volume_type.as_deref().unwrap_or(if root { image.root_volume } else { "gp3" });
    let iops = ebs.iops;
    let throughput = ebs.throughput;
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
    let size = match ebs.volume_size {
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
    let encrypted = ebs.encrypted.unwrap_or(false);
    let key = ebs.kms_key_id.as_deref();
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
        delete_on_termination: ebs.delete_on_termination.unwrap_or(root),
        created: now,
    })
}
