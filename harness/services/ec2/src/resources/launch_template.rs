//! `AWS::EC2::LaunchTemplate`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-launchtemplate.html>

use async_trait::async_trait;
use nightproof_core::credentials::random_string;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, TemplateValue, changed, text};
use serde_json::{Value, json};

use super::tags::change_tags;
use crate::instance_type;

pub(super) struct LaunchTemplate;

#[async_trait]
impl ResourceProvider for LaunchTemplate {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["LaunchTemplateData", "LaunchTemplateName", "TagSpecifications", "VersionDescription"],
                naming: Some("LaunchTemplateName"),
                members: MEMBERS,
                recorded: &["LaunchTemplateData.CpuOptions", "LaunchTemplateData.KeyName"],
                attributes: &["DefaultVersionNumber", "LatestVersionNumber", "LaunchTemplateId"],
                ..ResourceFacts::new("AWS::EC2::LaunchTemplate")
            }
        }
    }

    fn lacking_value(&self, value: &TemplateValue<'_>) -> Option<String> {
        let (["LaunchTemplateData", "InstanceType"], Some(name)) = (value.path, value.text) else { return None };
        instance_type::is_lacking(name).then(|| format!("instance type `{name}`"))
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = match properties.get("LaunchTemplateName").and_then(Value::as_str) {
            Some(name) => name.to_owned(),
            None => format!("{}_{}", context.logical_id(), random_string(LETTERS, 12)),
        };
        let input = json!({
            "LaunchTemplateName": name,
            "LaunchTemplateData": data(properties),
            "VersionDescription": properties.get("VersionDescription"),
            "TagSpecifications": properties.get("TagSpecifications"),
        });
        let made = context.make("ec2", "CreateLaunchTemplate", input).await?;
        let id = text(&made, "/LaunchTemplate/LaunchTemplateId");
        context.exists(&id);
        Ok(described(&made, "/LaunchTemplate", &id))
    }

    /// Other data are another version; the default version stays what it is.
    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (id, before) = (&old.physical, &old.properties);
        change_tags(context, id, &tags(before), &tags(properties)).await?;
        if changed(before, properties, "LaunchTemplateData").is_some()
            || changed(before, properties, "VersionDescription").is_some()
        {
            let input = json!({
                "LaunchTemplateId": id,
                "LaunchTemplateData": data(properties),
                "VersionDescription": properties.get("VersionDescription"),
            });
            context.make("ec2", "CreateLaunchTemplateVersion", input).await?;
        }
        let answer = context.make("ec2", "DescribeLaunchTemplates", json!({ "LaunchTemplateIds": [id] })).await?;
        Ok(described(&answer, "/LaunchTemplates/0", id))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("ec2", "DeleteLaunchTemplate", json!({ "LaunchTemplateId": made.physical })).await
    }
}

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

const MEMBERS: &[(&str, &[&str])] = &[(
    "LaunchTemplateData",
    &[
        "BlockDeviceMappings",
        "BlockDeviceMappings.DeviceName",
        "BlockDeviceMappings.Ebs",
        "BlockDeviceMappings.Ebs.DeleteOnTermination",
        "BlockDeviceMappings.Ebs.Encrypted",
        "BlockDeviceMappings.Ebs.Iops",
        "BlockDeviceMappings.Ebs.KmsKeyId",
        "BlockDeviceMappings.Ebs.SnapshotId",
        "BlockDeviceMappings.Ebs.Throughput",
        "BlockDeviceMappings.Ebs.VolumeSize",
        "BlockDeviceMappings.Ebs.VolumeType",
        "BlockDeviceMappings.NoDevice",
        "CapacityReservationSpecification",
        "CapacityReservationSpecification.CapacityReservationPreference",
        "CreditSpecification",
        "CreditSpecification.CpuCredits",
        "DisableApiStop",
        "DisableApiTermination",
        "EbsOptimized",
        "EnclaveOptions",
        "EnclaveOptions.Enabled",
        "HibernationOptions",
        "HibernationOptions.Configured",
        "IamInstanceProfile",
        "IamInstanceProfile.Arn",
        "IamInstanceProfile.Name",
        "ImageId",
        "InstanceInitiatedShutdownBehavior",
        "InstanceType",
        "MaintenanceOptions",
        "MaintenanceOptions.AutoRecovery",
        "MetadataOptions",
        "MetadataOptions.HttpEndpoint",
        "MetadataOptions.HttpProtocolIpv6",
        "MetadataOptions.HttpPutResponseHopLimit",
        "MetadataOptions.HttpTokens",
        "MetadataOptions.InstanceMetadataTags",
        "Monitoring",
        "Monitoring.Enabled",
        "NetworkInterfaces",
        "NetworkInterfaces.AssociatePublicIpAddress",
        "NetworkInterfaces.DeleteOnTermination",
        "NetworkInterfaces.Description",
        "NetworkInterfaces.DeviceIndex",
        "NetworkInterfaces.Groups",
        "NetworkInterfaces.InterfaceType",
        "NetworkInterfaces.NetworkCardIndex",
        "NetworkInterfaces.PrivateIpAddress",
        "NetworkInterfaces.SubnetId",
        "Placement",
        "Placement.AvailabilityZone",
        "Placement.Tenancy",
        "SecurityGroupIds",
        "SecurityGroups",
        "TagSpecifications",
        "TagSpecifications.ResourceType",
        "TagSpecifications.Tags",
        "TagSpecifications.Tags.Key",
        "TagSpecifications.Tags.Value",
        "UserData",
    ],
)];

/// The data of a version, without what is recorded.
fn data(properties: &Value) -> Value {
    let mut data = properties.get("LaunchTemplateData").cloned().unwrap_or_default();
    if let Some(members) = data.as_object_mut() {
        members.retain(|name, _| !matches!(name.as_str(), "CpuOptions" | "KeyName"));
    }
    data
}

/// The tags of the template itself, as other types have them.
fn tags(properties: &Value) -> Value {
    let specifications = properties.get("TagSpecifications").and_then(Value::as_array).into_iter().flatten();
    let tags = specifications.filter_map(|specification| specification.get("Tags")?.as_array());
    json!({ "Tags": tags.flatten().collect::<Vec<_>>() })
}

fn described(answer: &Value, pointer: &str, id: &str) -> MadeResource {
    let number = |name: &str| {
        let number = answer.pointer(&format!("{pointer}/{name}")).and_then(Value::as_i64).unwrap_or_default();
        Value::from(number.to_string())
    };
    MadeResource::new(
        id,
        [
            ("DefaultVersionNumber", number("DefaultVersionNumber")),
            ("LatestVersionNumber", number("LatestVersionNumber")),
            ("LaunchTemplateId", id.into()),
        ],
    )
}
