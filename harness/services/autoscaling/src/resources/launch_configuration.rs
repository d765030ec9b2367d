//! `AWS::AutoScaling::LaunchConfiguration`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-autoscaling-launchconfiguration.html>

use async_trait::async_trait;
use nightproof_core::service::AwsError;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, pick};
use serde_json::{Value, json};

use super::gone::unmake;

pub(super) struct LaunchConfiguration;

#[async_trait]
impl ResourceProvider for LaunchConfiguration {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "AssociatePublicIpAddress",
                    "BlockDeviceMappings",
                    "EbsOptimized",
                    "IamInstanceProfile",
                    "ImageId",
                    "InstanceMonitoring",
                    "InstanceType",
                    "LaunchConfigurationName",
                    "MetadataOptions",
                    "SecurityGroups",
                    "UserData",
                ],
                naming: Some("LaunchConfigurationName"),
                members: &[(
                    "BlockDeviceMappings",
                    &[
                        "DeviceName",
                        "Ebs",
                        "Ebs.DeleteOnTermination",
                        "Ebs.Encrypted",
                        "Ebs.Iops",
                        "Ebs.SnapshotId",
                        "Ebs.Throughput",
                        "Ebs.VolumeSize",
                        "Ebs.VolumeType",
                        "NoDevice",
                    ],
                )],
                recorded: &["BlockDeviceMappings.VirtualName", "KeyName", "PlacementTenancy"],
                ..ResourceFacts::new("AWS::AutoScaling::LaunchConfiguration")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "LaunchConfigurationName", 255);
        let mut input = pick(
            properties,
            &[
                "AssociatePublicIpAddress",
                "EbsOptimized",
                "IamInstanceProfile",
                "ImageId",
                "InstanceType",
                "MetadataOptions",
                "SecurityGroups",
                "UserData",
            ],
        );
        if let Some(devices) = properties.get("BlockDeviceMappings").and_then(Value::as_array) {
            // Disks of the host are records.
            let kept = devices.iter().filter(|device| device.get("VirtualName").is_none());
            input["BlockDeviceMappings"] = kept.cloned().collect();
        }
        input["LaunchConfigurationName"] = name.as_str().into();
        if let Some(monitoring) = properties.get("InstanceMonitoring") {
            input["InstanceMonitoring"] = json!({ "Enabled": monitoring });
        }
        let unknown = |error: &AwsError| error.message.contains("Invalid IamInstanceProfile");
        context.make_once_known("autoscaling", "CreateLaunchConfiguration", input, unknown).await?;
        context.exists(&name);
        Ok(MadeResource::new(&name, []))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let input = json!({ "LaunchConfigurationName": made.physical });
        unmake(context, "DeleteLaunchConfiguration", input).await
    }
}
