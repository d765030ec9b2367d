//! `AWS::EC2::VPC`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpc.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, Unread, changed, pick, text};
use serde_json::{Value, json};

use super::tags::{change_tags, tag_specification};

pub(super) struct Vpc;

#[async_trait]
impl ResourceProvider for Vpc {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["CidrBlock", "EnableDnsHostnames", "EnableDnsSupport", "InstanceTenancy", "Tags"],
                attributes: &["CidrBlock", "DefaultNetworkAcl", "DefaultSecurityGroup", "VpcId"],
                ..ResourceFacts::new("AWS::EC2::VPC")
            }
        }
    }

    /// Back to shared hardware a VPC can go in place.
    fn replaces(&self, property: &str, new: &Value) -> Option<bool> {
        (property == "InstanceTenancy").then(|| tenancy(new) != "default")
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let mut input = pick(properties, &["CidrBlock", "InstanceTenancy"]);
        input["TagSpecifications"] = tag_specification("vpc", properties);
        let answer = context.make("ec2", "CreateVpc", input).await?;
        let id = text(&answer, "/Vpc/VpcId");
        context.exists(&id);
        change_attributes(context, &id, &Value::Null, properties).await?;
        let group = default_group(context, &id).await.map_err(unmade)?;
        let acl = default_acl(context, &id).await.map_err(unmade)?;
        Ok(MadeResource::new(
            &id,
            [
                ("VpcId", id.as_str().into()),
                ("CidrBlock", text(&answer, "/Vpc/CidrBlock").into()),
                ("DefaultNetworkAcl", acl),
                ("DefaultSecurityGroup", group),
            ],
        ))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (id, before) = (&old.physical, &old.properties);
        change_attributes(context, id, before, properties).await?;
        if changed(before, properties, "InstanceTenancy").is_some() {
            let input = json!({"VpcId": id, "InstanceTenancy": tenancy(properties)});
            context.make("ec2", "ModifyVpcTenancy", input).await?;
        }
        change_tags(context, id, before, properties).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let id = &made.physical;
        let mut found = context.read("ec2", "DescribeVpcs", json!({"VpcIds": [id]}), "/Vpcs/0").await?;
        for attribute in ["EnableDnsHostnames", "EnableDnsSupport"] {
            let input = json!({"VpcId": id, "Attribute": uncapitalized(attribute)});
            found[attribute] = context.read("ec2", "DescribeVpcAttribute", input, &format!("/{attribute}/Value")).await?;
        }
        found["DefaultNetworkAcl"] = default_acl(context, id).await?;
        found["DefaultSecurityGroup"] = default_group(context, id).await?;
        Ok(found)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("ec2", "DeleteVpc", json!({"VpcId": made.physical})).await
    }
}

/// The security group that a VPC comes with.
async fn default_group(context: &Context, vpc: &str) -> Reading {
    let filters = json!({"Filters": [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]});
    context.read_part("ec2", "DescribeSecurityGroups", filters, "/SecurityGroups/0/GroupId").await
}

/// The network ACL that a VPC comes with.
async fn default_acl(context: &Context, vpc: &str) -> Reading {
    let filters = json!({"Filters": [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "default", "Values": ["true"]}]});
    context.read_part("ec2", "DescribeNetworkAcls", filters, "/NetworkAcls/0/NetworkAclId").await
}

/// Why a resource is not made whose parts cannot be read.
fn unmade(unread: Unread) -> String {
    match unread {
        Unread::Failed(reason) => reason,
        Unread::Gone | Unread::Lacking => "the VPC is gone".to_owned(),
    }
}

fn tenancy(properties: &Value) -> &str {
    properties.get("InstanceTenancy").and_then(Value::as_str).unwrap_or("default")
}

/// One call for each attribute, as the API wants it.
async fn change_attributes(context: &Context, id: &str, old: &Value, new: &Value) -> Result<()> {
    for (attribute, default) in [("EnableDnsSupport", true), ("EnableDnsHostnames", false)] {
        if let Some((_, value)) = changed(old, new, attribute) {
            let mut input = json!({"VpcId": id});
            input[attribute] = json!({"Value": value.as_bool().unwrap_or(default)});
            context.make("ec2", "ModifyVpcAttribute", input).await?;
        }
    }
    Ok(())
}

/// An attribute's name as the API has it.
fn uncapitalized(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}
