//! `AWS::EC2::Instance`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-instance.html>

use async_trait::async_trait;
use nightproof_core::service::AwsError;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, TemplateValue, Unread, changed, items, pick, text,
};
use serde_json::{Value, json};

use super::tags::{change_tags, tag_specification};
use crate::instance_type;

/// Properties that can be changed while the instance is stopped.
const STOPPED: [&str; 3] = ["InstanceType", "UserData", "EbsOptimized"];

pub(super) struct Instance;

#[async_trait]
impl ResourceProvider for Instance {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "AvailabilityZone",
                    "BlockDeviceMappings",
                    "DisableApiTermination",
                    "EbsOptimized",
                    "IamInstanceProfile",
                    "ImageId",
                    "InstanceInitiatedShutdownBehavior",
                    "InstanceType",
                    "LaunchTemplate",
                    "MetadataOptions",
                    "NetworkInterfaces",
                    "PrivateIpAddress",
                    "SecurityGroupIds",
                    "SecurityGroups",
                    "SourceDestCheck",
                    "SubnetId",
                    "Tags",
                    "UserData",
                ],
                members: MEMBERS,
                recorded: &[
                    "AdditionalInfo",
                    "Affinity",
                    "BlockDeviceMappings.VirtualName",
                    "CpuOptions",
                    "CreditSpecification",
                    "ElasticGpuSpecifications",
                    "ElasticInferenceAccelerators",
                    "EnclaveOptions",
                    "HibernationOptions",
                    "HostId",
                    "HostResourceGroupArn",
                    "KeyName",
                    "LicenseSpecifications",
                    "MaintenanceOptions",
                    "Monitoring",
                    "PlacementGroupName",
                    "Tenancy",
                ],
                attributes: &[
                    "AvailabilityZone",
                    "InstanceId",
                    "PrivateDnsName",
                    "PrivateIp",
                    "PublicDnsName",
                    "PublicIp",
                    "VpcId",
                ],
                ..ResourceFacts::new("AWS::EC2::Instance")
            }
        }
    }

    /// Volumes are made with their instance.
    fn replaces(&self, property: &str, _new: &Value) -> Option<bool> {
        (property == "BlockDeviceMappings").then_some(true)
    }

    fn lacking_value(&self, value: &TemplateValue<'_>) -> Option<String> {
        let (["InstanceType"], Some(name)) = (value.path, value.text) else { return None };
        instance_type::is_lacking(name).then(|| format!("instance type `{name}`"))
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let mut input = pick(
            properties,
            &[
                "ImageId",
                "InstanceType",
                "LaunchTemplate",
                "SubnetId",
                "SecurityGroupIds",
                "SecurityGroups",
                "MetadataOptions",
                "UserData",
                "DisableApiTermination",
                "EbsOptimized",
                "InstanceInitiatedShutdownBehavior",
                "PrivateIpAddress",
            ],
        );
        if let Some(devices) = properties.get("BlockDeviceMappings").and_then(Value::as_array) {
            input["BlockDeviceMappings"] = devices.iter().filter_map(block_device).collect();
        }
        if let Some(zone) = properties.get("AvailabilityZone") {
            input["Placement"] = json!({"AvailabilityZone": zone});
        }
        if let Some(interfaces) = properties.get("NetworkInterfaces").and_then(Value::as_array) {
            input["NetworkInterfaces"] = interfaces.iter().map(network_interface).collect();
        }
        if let Some(profile) = properties.get("IamInstanceProfile") {
            input["IamInstanceProfile"] = json!({"Name": profile});
        }
        input["MinCount"] = 1.into();
        input["MaxCount"] = 1.into();
        input["TagSpecifications"] = tag_specification("instance", properties);
        let answer = context.make_once_known("ec2", "RunInstances", input, is_profile_unknown).await?;
        let id = text(&answer, "/Instances/0/InstanceId");
        context.exists(&id);
        if properties.get("SourceDestCheck") == Some(&Value::Bool(false)) {
            check_source(context, &id, false).await?;
        }
        running(context, &id).await
    }

    /// Changes of a running instance what can be; for the rest it is stopped, and started again if it ran.
    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (id, before) = (&old.physical, &old.properties);
        change_running(context, id, before, properties).await?;
        change_tags(context, id, before, properties).await?;
        let stopped: Vec<&str> = STOPPED.into_iter().filter(|name| changed(before, properties, name).is_some()).collect();
        let input = json!({"InstanceIds": [id]});
        let answer = context.make("ec2", "DescribeInstances", input.clone()).await?;
        if stopped.is_empty() {
            return Ok(described(&answer, id));
        }
        let ran = matches!(state(&answer).as_str(), "running" | "pending");
        context.make("ec2", "StopInstances", input.clone()).await?;
        context.until("ec2", "DescribeInstances", input.clone(), |answer| Ok(state(answer) == "stopped")).await?;
        let changed = change_stopped(context, id, &stopped, properties).await;
        if !ran {
            changed?;
            return Ok(described(&context.make("ec2", "DescribeInstances", input).await?, id));
        }
        // Whether or not it could be changed, it is to run again.
        context.make("ec2", "StartInstances", input).await?;
        let running = running(context, id).await;
        changed?;
        running
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let id = &made.physical;
        let answer = context.read("ec2", "DescribeInstances", json!({"InstanceIds": [id]}), "").await?;
        let mut found = answer.pointer("/Reservations/0/Instances/0").cloned().unwrap_or_default();
        if matches!(state(&answer).as_str(), "terminated" | "shutting-down" | "") {
            return Err(Unread::Gone);
        }
        found["AvailabilityZone"] = found.pointer("/Placement/AvailabilityZone").cloned().unwrap_or_default();
        let profile = text(&found, "/IamInstanceProfile/Arn");
        found["IamInstanceProfile"] = profile.rsplit('/').next().filter(|name| !name.is_empty()).into();
        let groups = |found: &Value, member| items(found, "/SecurityGroups", |one| one.get(member).cloned().unwrap_or_default());
        found["SecurityGroupIds"] = groups(&found, "GroupId");
        found["SecurityGroups"] = groups(&found, "GroupName");
        let by_id = made.properties.pointer("/NetworkInterfaces/0/NetworkInterfaceId").is_some();
        found["NetworkInterfaces"] = items(&found, "/NetworkInterfaces", |one| given_interface(one, by_id));
        for attribute in ["DisableApiTermination", "InstanceInitiatedShutdownBehavior", "UserData"] {
            let mut letters = attribute.chars();
            let name: String = letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect();
            let input = json!({"InstanceId": id, "Attribute": name});
            let pointer = format!("/{attribute}/Value");
            found[attribute] = context.read_part("ec2", "DescribeInstanceAttribute", input, &pointer).await?;
        }
        // Which template it was launched by EC2 does not say, and what its volumes were to be is not told by the devices.
        for name in ["BlockDeviceMappings", "LaunchTemplate"] {
            found[name] = made.properties.get(name).cloned().unwrap_or_default();
        }
        found["PrivateIp"] = found.get("PrivateIpAddress").cloned().unwrap_or_default();
        found["PublicIp"] = found.get("PublicIpAddress").cloned().unwrap_or_default();
        Ok(found)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let id = &made.physical;
        context.unmake("ec2", "TerminateInstances", json!({"InstanceIds": [id]})).await?;
        let gone = |answer: &Value| Ok(matches!(state(answer).as_str(), "terminated" | ""));
        // By a filter: one that EC2 has forgotten, an hour after its end, is in no answer and no error.
        let this = json!({"Filters": [{"Name": "instance-id", "Values": [id]}]});
        context.until("ec2", "DescribeInstances", this, gone).await.map(|_| ())
    }
}

const MEMBERS: &[(&str, &[&str])] = &[
    ("MetadataOptions", &["HttpEndpoint", "HttpProtocolIpv6", "HttpPutResponseHopLimit", "HttpTokens", "InstanceMetadataTags"]),
    (
        "NetworkInterfaces",
        &[
            "AssociatePublicIpAddress",
            "DeleteOnTermination",
            "Description",
            "DeviceIndex",
            "GroupSet",
            "NetworkInterfaceId",
            "PrivateIpAddress",
            "SubnetId",
        ],
    ),
    (
        "BlockDeviceMappings",
        &[
            "DeviceName",
            "Ebs",
            "Ebs.DeleteOnTermination",
            "Ebs.Encrypted",
            "Ebs.Iops",
            "Ebs.KmsKeyId",
            "Ebs.SnapshotId",
            "Ebs.VolumeSize",
            "Ebs.VolumeType",
            "NoDevice",
        ],
    ),
];

/// A mapping as the API has it; `None` of one that is a disk of the host, which is a record.
fn block_device(mapping: &Value) -> Option<Value> {
    mapping.get("VirtualName").is_none().then(|| mapping.clone())
}

/// An interface as the API has it, which has another name for the groups.
fn network_interface(interface: &Value) -> Value {
    let mut interface = interface.clone();
    if let Some(members) = interface.as_object_mut()
        && let Some(groups) = members.remove("GroupSet")
    {
        members.insert("Groups".to_owned(), groups);
    }
    interface
}

/// The instance profile may be newer than what EC2 knows of IAM.
fn is_profile_unknown(error: &AwsError) -> bool {
    error.code == "InvalidParameterValue" && error.message.contains("Invalid IAM Instance Profile")
}

/// Waits until an instance runs, and reads its attributes.
async fn running(context: &Context, id: &str) -> Result<MadeResource> {
    let input = json!({"InstanceIds": [id]});
    let running = context.until("ec2", "DescribeInstances", input, |answer| is_running(answer, id)).await?;
    Ok(described(&running, id))
}

fn described(answer: &Value, id: &str) -> MadeResource {
    let attribute = |name: &str| Value::from(text(answer, &format!("/Reservations/0/Instances/0/{name}")));
    MadeResource::new(
        id,
        [
            ("InstanceId", id.into()),
            ("PrivateIp", attribute("PrivateIpAddress")),
            ("PublicIp", attribute("PublicIpAddress")),
            ("PrivateDnsName", attribute("PrivateDnsName")),
            ("PublicDnsName", attribute("PublicDnsName")),
            ("VpcId", attribute("VpcId")),
            ("AvailabilityZone", attribute("Placement/AvailabilityZone")),
        ],
    )
}

fn state(answer: &Value) -> String {
    text(answer, "/Reservations/0/Instances/0/State/Name")
}

fn is_running(answer: &Value, id: &str) -> Result<bool> {
    match state(answer).as_str() {
        "running" => Ok(true),
        "pending" => Ok(false),
        state => {
            Err(format!("the instance {id} is {state}: {}", text(answer, "/Reservations/0/Instances/0/StateReason/Message")))
        }
    }
}

async fn change_running(context: &Context, id: &str, old: &Value, new: &Value) -> Result<()> {
    if let Some((_, profile)) = changed(old, new, "IamInstanceProfile") {
        change_profile(context, id, profile).await?;
    }
    if let Some((_, groups)) = changed(old, new, "SecurityGroupIds") {
        let groups = if groups.is_null() { default_groups(context, id).await? } else { groups.clone() };
        context.make("ec2", "ModifyInstanceAttribute", json!({"InstanceId": id, "Groups": groups})).await?;
    }
    if let Some((_, check)) = changed(old, new, "SourceDestCheck") {
        check_source(context, id, check.as_bool().unwrap_or(true)).await?;
    }
    if let Some((_, protected)) = changed(old, new, "DisableApiTermination") {
        let input = json!({"InstanceId": id, "DisableApiTermination": {"Value": protected.as_bool().unwrap_or(false)}});
        context.make("ec2", "ModifyInstanceAttribute", input).await?;
    }
    if let Some((_, behaviour)) = changed(old, new, "InstanceInitiatedShutdownBehavior") {
        let value = behaviour.as_str().unwrap_or("stop");
        let input = json!({"InstanceId": id, "InstanceInitiatedShutdownBehavior": {"Value": value}});
        context.make("ec2", "ModifyInstanceAttribute", input).await?;
    }
    if let Some((_, options)) = changed(old, new, "MetadataOptions") {
        let mut input =
            json!({"HttpTokens": "optional", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1, "InstanceId": id});
        for (name, value) in options.as_object().into_iter().flatten() {
            input[name.as_str()] = value.clone();
        }
        context.make("ec2", "ModifyInstanceMetadataOptions", input).await?;
    }
    Ok(())
}

/// Whether the instance takes only what is addressed to it: one that translates addresses for others must take more.
async fn check_source(context: &Context, id: &str, check: bool) -> Result<()> {
    let input = json!({"InstanceId": id, "SourceDestCheck": {"Value": check}});
    context.make("ec2", "ModifyInstanceAttribute", input).await.map(|_| ())
}

/// Changes properties of a stopped instance, to their defaults where they are not given any more.
async fn change_stopped(context: &Context, id: &str, names: &[&str], properties: &Value) -> Result<()> {
    for name in names {
        let value = properties.get(*name).cloned().unwrap_or_else(|| match *name {
            "InstanceType" => "m1.small".into(),
            "UserData" => "".into(),
            _ => false.into(),
        });
        let mut change = json!({"InstanceId": id});
        change[*name] = json!({"Value": value});
        context.make("ec2", "ModifyInstanceAttribute", change).await?;
    }
    Ok(())
}

async fn change_profile(context: &Context, id: &str, profile: &Value) -> Result<()> {
    let filter = json!({"Filters": [{"Name": "instance-id", "Values": [id]}]});
    let answer = context.make("ec2", "DescribeIamInstanceProfileAssociations", filter).await?;
    let association = text(&answer, "/IamInstanceProfileAssociations/0/AssociationId");
    let (operation, input) = match (association.is_empty(), profile.is_null()) {
        (true, true) => return Ok(()),
        (true, false) => ("AssociateIamInstanceProfile", json!({"InstanceId": id, "IamInstanceProfile": {"Name": profile}})),
        (false, true) => ("DisassociateIamInstanceProfile", json!({"AssociationId": association})),
        (false, false) => (
            "ReplaceIamInstanceProfileAssociation",
            json!({"AssociationId": association, "IamInstanceProfile": {"Name": profile}}),
        ),
    };
    context.make("ec2", operation, input).await.map(|_| ())
}

/// The default group of an instance's VPC.
async fn default_groups(context: &Context, id: &str) -> Result<Value> {
    let answer = context.make("ec2", "DescribeInstances", json!({"InstanceIds": [id]})).await?;
    let vpc = text(&answer, "/Reservations/0/Instances/0/VpcId");
    let filters = json!({"Filters": [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]});
    let groups = context.make("ec2", "DescribeSecurityGroups", filters).await?;
    Ok(json!([text(&groups, "/SecurityGroups/0/GroupId")]))
}

/// An interface as a template has it.
fn given_interface(found: &Value, by_id: bool) -> Value {
    if by_id {
        let mut given = pick(found, &["NetworkInterfaceId"]);
        given["DeviceIndex"] = found.pointer("/Attachment/DeviceIndex").cloned().unwrap_or_default();
        given["DeleteOnTermination"] = found.pointer("/Attachment/DeleteOnTermination").cloned().unwrap_or_default();
        return given;
    }
    let mut given = pick(found, &["Description", "PrivateIpAddress", "SubnetId"]);
    given["DeviceIndex"] = found.pointer("/Attachment/DeviceIndex").cloned().unwrap_or_default();
    given["DeleteOnTermination"] = found.pointer("/Attachment/DeleteOnTermination").cloned().unwrap_or_default();
    given["AssociatePublicIpAddress"] = found.get("Association").is_some().into();
    given["GroupSet"] = items(found, "/Groups", |group| group.get("GroupId").cloned().unwrap_or_default());
    given
}
