//! Launch configurations. <https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-configurations.html>

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A launch configuration, which does not change.
#[derive(Debug, Clone)]
pub(crate) struct LaunchConfiguration {
    pub(crate) arn: String,
    pub(crate) created: Timestamp,
    pub(crate) given: CreateLaunchConfiguration,
}

/// `CreateLaunchConfiguration`.
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateLaunchConfiguration.html>
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateLaunchConfiguration {
    pub(crate) launch_configuration_name: String,
    pub(crate) image_id: Option<String>,
    pub(crate) instance_type: Option<String>,
    pub(crate) key_name: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) security_groups: Vec<String>,
    pub(crate) user_data: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) block_device_mappings: Vec<Mapping>,
    pub(crate) instance_monitoring: Option<Monitoring>,
    pub(crate) iam_instance_profile: Option<String>,
    pub(crate) ebs_optimized: Option<bool>,
    pub(crate) associate_public_ip_address: Option<bool>,
    pub(crate) metadata_options: Option<MetadataOptions>,
}

/// A device.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Mapping {
    device_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ebs: Option<Ebs>,
    #[serde(skip_serializing_if = "Option::is_none")]
    no_device: Option<bool>,
}

/// The volume of a device.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Ebs {
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    volume_size: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    volume_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delete_on_termination: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iops: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    throughput: Option<i64>,
}

/// Whether detailed monitoring is on; it is unless this says otherwise.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Monitoring {
    enabled: Option<bool>,
}

/// Options of the metadata service.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MetadataOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    http_tokens: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_put_response_hop_limit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_endpoint: Option<String>,
}

impl LaunchConfiguration {
    pub(crate) fn describe(&self) -> Value {
        let mut described = json!({
            "LaunchConfigurationARN": self.arn, "CreatedTime": self.created,
            "KeyName": "", "SecurityGroups": [], "ClassicLinkVPCSecurityGroups": [], "UserData": "", "KernelId": "", "RamdiskId": "",
            "BlockDeviceMappings": [], "InstanceMonitoring": { "Enabled": true }, "EbsOptimized": false,
        });
        if let Some(members) = described.as_object_mut() {
            members.extend(given(&self.given));
        }
        described
    }

    /// The members of `RunInstances` for an instance in a subnet; without one, in the default subnet of a zone.
    pub(crate) fn launch(&self, subnet: &str, zone: &str) -> Value {
        let mut launch = given(&self.given);
        let groups = launch.remove("SecurityGroups").unwrap_or_else(|| json!([]));
        let public = launch.remove("AssociatePublicIpAddress");
        let monitored = self.given.instance_monitoring.and_then(|monitoring| monitoring.enabled).unwrap_or(true);
        launch.remove("InstanceMonitoring");
        launch.remove("LaunchConfigurationName");
        launch.insert("Monitoring".to_owned(), json!({ "Enabled": monitored }));
        if let Some(profile) = &self.given.iam_instance_profile {
            launch.insert("IamInstanceProfile".to_owned(), profile_specification(profile));
        }
        for mapping in launch.get_mut("BlockDeviceMappings").and_then(Value::as_array_mut).into_iter().flatten() {
            // EC2 takes a text for what is a truth value here.
            if let Some(members) = mapping.as_object_mut()
                && members.remove("NoDevice") == Some(Value::Bool(true))
            {
                members.insert("NoDevice".to_owned(), "".into());
            }
        }
        match public {
            Some(public) => {
                let mut interface = json!({ "DeviceIndex": 0, "AssociatePublicIpAddress": public, "Groups": groups });
                if let (Some(members), false) = (interface.as_object_mut(), subnet.is_empty()) {
                    members.insert("SubnetId".to_owned(), subnet.into());
                }
                launch.insert("NetworkInterfaces".to_owned(), json!([interface]));
            }
            None => {
                launch.insert("SecurityGroupIds".to_owned(), groups);
                if !subnet.is_empty() {
                    launch.insert("SubnetId".to_owned(), subnet.into());
                }
            }
        }
        if subnet.is_empty() {
            launch.insert("Placement".to_owned(), json!({ "AvailabilityZone": zone }));
        }
        Value::Object(launch)
    }
}

/// A profile by its name or its ARN.
pub(crate) fn profile_specification(profile: &str) -> Value {
    if profile.starts_with("arn:") { json!({ "Arn": profile }) } else { json!({ "Name": profile }) }
}

/// The members that are given.
fn given(given: &CreateLaunchConfiguration) -> Map<String, Value> {
    let document = serde_json::to_value(given).unwrap_or_default();
    let members = document.as_object().cloned().unwrap_or_default();
    members.into_iter().filter(|(_, value)| !value.is_null()).collect()
}
