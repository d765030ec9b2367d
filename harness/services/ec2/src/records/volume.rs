//! Volumes of instances. They are records: a machine's files live in the machine.

use jiff::Timestamp;
use serde_json::{Value, json};

#[derive(Debug, Clone)]
pub(crate) struct Volume {
    pub(crate) id: String,
    pub(crate) device: String,
    pub(crate) size: i64,
    pub(crate) kind: String,
    pub(crate) iops: Option<i64>,
    pub(crate) throughput: Option<i64>,
    pub(crate) encrypted: bool,
    pub(crate) kms_key: Option<String>,
    pub(crate) snapshot: String,
    pub(crate) delete_on_termination: bool,
    pub(crate) created: Timestamp,
}

impl Volume {
    /// As `Instance.BlockDeviceMappings` shows it.
    pub(crate) fn as_mapping(&self) -> Value {
        json!({
            "DeviceName": self.device,
            "Ebs": {
                "VolumeId": self.id, "Status": "attached", "AttachTime": self.created.to_string(),
                "DeleteOnTermination": self.delete_on_termination,
            },
        })
    }
}
