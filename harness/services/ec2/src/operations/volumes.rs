//! Volumes of instances.

use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::not_found;
use crate::filter::{Filter, filtered, page, selected};
use crate::records::Records;

/// `DescribeVolumes`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeVolumes {
    #[serde(default)]
    volume_ids: Vec<String>,
    #[expect(dead_code, reason = "no resource of the region is managed by a service")]
    include_managed_resources: Option<bool>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    filters: Vec<Filter>,
    next_token: Option<String>,
    max_results: Option<i64>,
}

pub(crate) fn describe(records: &Records, input: &DescribeVolumes) -> Result<Value, AwsError> {
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
    let chosen = selected(all, &input.volume_ids, "VolumeId", not_found)?;
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
    page("Volumes", filtered(chosen, &input.filters, paths)?, input.max_results, input.next_token.as_deref())
}

requests! {
    DescribeVolumes { dry_run },
}
