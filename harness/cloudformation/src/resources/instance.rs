//! `AWS::EC2::Instance`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-instance.html>

use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use super::Result;
use super::context::{Context, changed, made, pick, tag_specification, text, typed};
use super::network::retag;
use crate::stack::MadeResource;

const INTEGERS: &[&str] = &["HttpPutResponseHopLimit", "VolumeSize", "Iops", "Throughput", "DeviceIndex"];
const BOOLEANS: &[&str] =
    &["Encrypted", "DeleteOnTermination", "DisableApiTermination", "EbsOptimized", "AssociatePublicIpAddress"];

/// Properties that can be changed while the instance is stopped, and what they are if they are not given.
const STOPPED: [&str; 3] = ["InstanceType", "UserData", "EbsOptimized"];

pub(super) async fn create(context: &Context, properties: &Value) -> Result<MadeResource> {
    let properties = &typed(properties, INTEGERS, BOOLEANS);
    let mut input = pick(
        properties,
        &[
            "ImageId",
            "InstanceType",
            "SubnetId",
            "SecurityGroupIds",
            "MetadataOptions",
            "BlockDeviceMappings",
            "UserData",
            "DisableApiTermination",
            "EbsOptimized",
            "PrivateIpAddress",
        ],
    );
    if let Some(interfaces) = properties.get("NetworkInterfaces").and_then(Value::as_array) {
        let renamed = interfaces.iter().map(|interface| {
            let mut interface = interface.clone();
            // The API calls the same thing `Groups`.
            if let Some(members) = interface.as_object_mut()
                && let Some(groups) = members.remove("GroupSet")
            {
                members.insert("Groups".to_owned(), groups);
            }
            interface
        });
        input["NetworkInterfaces"] = typed(&renamed.collect(), INTEGERS, BOOLEANS);
    }
    if let Some(profile) = properties.get("IamInstanceProfile") {
        input["IamInstanceProfile"] = json!({"Name": profile});
    }
    input["MinCount"] = 1.into();
    input["MaxCount"] = 1.into();
    input["TagSpecifications"] = tag_specification("instance", properties);
    let id = text(&context.make_once_known("ec2", "RunInstances", input, is_profile_unknown).await?, "/Instances/0/InstanceId");
    context.exists(&id);
    running(context, &id).await
}

/// The instance profile may be newer than what EC2 knows of IAM.
fn is_profile_unknown(error: &AwsError) -> bool {
    error.code == "InvalidParameterValue" && error.message.contains("Invalid IAM Instance Profile")
}

/// Waits until an instance runs, and reads what can be asked of it.
async fn running(context: &Context, id: &str) -> Result<MadeResource> {
    let input = json!({"InstanceIds": [id]});
    let running = context.until("ec2", "DescribeInstances", input, |answer| is_running(answer, id)).await?;
    Ok(described(&running, id))
}

fn described(answer: &Value, id: &str) -> MadeResource {
    let attribute = |name: &str| Value::from(text(answer, &format!("/Reservations/0/Instances/0/{name}")));
    made(
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

/// What can be changed of a running instance is; for the rest it is stopped, and started again if it ran.
pub(super) async fn update(context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
    let (id, properties) = (&old.physical, &typed(properties, INTEGERS, BOOLEANS));
    let before = &typed(&old.properties, INTEGERS, BOOLEANS);
    if let Some((_, profile)) = changed(before, properties, "IamInstanceProfile") {
        change_profile(context, id, profile).await?;
    }
    if let Some((_, groups)) = changed(before, properties, "SecurityGroupIds") {
        let groups = if groups.is_null() { default_groups(context, id).await? } else { groups.clone() };
        context.make("ec2", "ModifyInstanceAttribute", json!({"InstanceId": id, "Groups": groups})).await?;
    }
    if let Some((_, protected)) = changed(before, properties, "DisableApiTermination") {
        let input = json!({"InstanceId": id, "DisableApiTermination": {"Value": protected.as_bool().unwrap_or(false)}});
        context.make("ec2", "ModifyInstanceAttribute", input).await?;
    }
    if let Some((_, options)) = changed(before, properties, "MetadataOptions") {
        let mut input =
            json!({"HttpTokens": "optional", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1, "InstanceId": id});
        for (name, value) in options.as_object().into_iter().flatten() {
            input[name.as_str()] = value.clone();
        }
        context.make("ec2", "ModifyInstanceMetadataOptions", input).await?;
    }
    retag(context, id, before, properties).await?;
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

pub(super) async fn delete(context: &Context, made: &MadeResource) -> Result<()> {
    let id = &made.physical;
    context.unmake("ec2", "TerminateInstances", json!({"InstanceIds": [id]})).await?;
    let gone = |answer: &Value| Ok(matches!(state(answer).as_str(), "terminated" | ""));
    // By a filter: one that EC2 has forgotten, an hour after its end, is in no answer and no error.
    let this = json!({"Filters": [{"Name": "instance-id", "Values": [id]}]});
    context.until("ec2", "DescribeInstances", this, gone).await.map(|_| ())
}
