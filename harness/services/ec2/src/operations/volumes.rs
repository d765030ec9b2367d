//! Volumes of instances.

use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::error::not_found;
use crate::filter::{filtered, page, selected};
use crate::records::Records;

pub(crate) fn describe(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let mut all = Vec::new();
    for instance in records.instances.values() {
        for volume in &instance.volumes {
            let attached = !instance.is_terminated();
            if !attached && volume.delete_on_termination {
                continue;
            }
            let mut attachments = Vec::new();
            if attached {
                attachments.push(json!({
                    "VolumeId": volume.id, "InstanceId": instance.id, "Device": volume.device, "State": "attached",
                    "AttachTime": volume.created.to_string(), "DeleteOnTermination": volume.delete_on_termination,
                }));
            }
            all.push(json!({
                "VolumeId": volume.id,
                "Size": volume.size,
                "VolumeType": volume.kind,
                "Iops": volume.iops,
                "Throughput": volume.throughput,
                "Encrypted": volume.encrypted,
                "KmsKeyId": volume.kms_key,
                "SnapshotId": volume.snapshot,
                "AvailabilityZone": instance.zone,
                "AvailabilityZoneId": instance.zone_id,
                "State": if attached { "in-use" } else { "available" },
                "CreateTime": volume.created.to_string(),
                "MultiAttachEnabled": false,
                "Attachments": attachments,
                "Tags": records.tags_of(&volume.id),
            }));
        }
    }
    let chosen = selected(all, input, "VolumeIds", "VolumeId", not_found)?;
    let paths = &[
        ("volume-id", "VolumeId"),
        ("attachment.instance-id", "Attachments.InstanceId"),
        ("attachment.device", "Attachments.Device"),
        ("attachment.status", "Attachments.State"),
        ("attachment.delete-on-termination", "Attachments.DeleteOnTermination"),
        ("availability-zone", "AvailabilityZone"),
        ("encrypted", "Encrypted"),
        ("size", "Size"),
        ("snapshot-id", "SnapshotId"),
        ("status", "State"),
        ("volume-type", "VolumeType"),
    ];
    page("Volumes", filtered(chosen, input, paths)?, input)
}
