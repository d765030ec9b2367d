//! Block device mappings as requests give them.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_BlockDeviceMapping.html>

use serde::{Deserialize, Serialize};

/// A mapping of a launch.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Mapping {
    #[serde(default)]
    pub(crate) device_name: String,
    /// There, if the image's device of this name is to be left out.
    pub(crate) no_device: Option<String>,
    pub(crate) ebs: Option<Ebs>,
}

/// The volume of a mapping.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Ebs {
    pub(crate) delete_on_termination: Option<bool>,
    pub(crate) encrypted: Option<bool>,
    pub(crate) iops: Option<i64>,
    pub(crate) kms_key_id: Option<String>,
    pub(crate) snapshot_id: Option<String>,
    pub(crate) throughput: Option<i64>,
    pub(crate) volume_size: Option<i64>,
    pub(crate) volume_type: Option<String>,
}
