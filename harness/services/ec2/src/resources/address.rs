//! `AWS::EC2::EIP`, and its association with an instance
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-eip.html>
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-eipassociation.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, Unread, changed, pick, text};
use serde_json::{Value, json};

use super::tags::{change_tags, tag_specification};

pub(super) struct Eip;

#[async_trait]
impl ResourceProvider for Eip {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["Domain", "InstanceId", "Tags"],
                attributes: &["AllocationId", "PublicIp"],
                ..ResourceFacts::new("AWS::EC2::EIP")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let input = json!({"Domain": "vpc", "TagSpecifications": tag_specification("elastic-ip", properties)});
        let answer = context.make("ec2", "AllocateAddress", input).await?;
        let (address, allocation) = (text(&answer, "/PublicIp"), text(&answer, "/AllocationId"));
        context.exists(&address);
        if let Some(instance) = properties.get("InstanceId") {
            context.make("ec2", "AssociateAddress", json!({"AllocationId": allocation, "InstanceId": instance})).await?;
        }
        Ok(MadeResource::new(&address, [("AllocationId", allocation.into()), ("PublicIp", address.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let found = described(context, &old.physical).await?;
        let allocation = text(&found, "/AllocationId");
        match changed(&old.properties, properties, "InstanceId") {
            None => {}
            Some((_, Value::Null)) => disassociate(context, &found).await?,
            Some((_, instance)) => {
                let input = json!({"AllocationId": allocation, "InstanceId": instance, "AllowReassociation": true});
                context.make("ec2", "AssociateAddress", input).await?;
            }
        }
        change_tags(context, &allocation, &old.properties, properties).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let found = described(context, &made.physical).await?;
        match found.is_null() {
            true => Err(Unread::Gone),
            false => Ok(pick(&found, &["AllocationId", "Domain", "InstanceId", "PublicIp", "Tags"])),
        }
    }

    fn physical_id(&self, _context: &Context, identifier: &Value) -> Option<String> {
        identifier.get("PublicIp").and_then(Value::as_str).map(str::to_owned)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let found = described(context, &made.physical).await?;
        if found.is_null() {
            return Ok(());
        }
        disassociate(context, &found).await?;
        context.unmake("ec2", "ReleaseAddress", json!({"AllocationId": found.get("AllocationId")})).await
    }
}

/// EC2's description of an address; null if it is gone.
async fn described(context: &Context, address: &str) -> Result<Value> {
    let filter = json!({"Filters": [{"Name": "public-ip", "Values": [address]}]});
    Ok(context.make("ec2", "DescribeAddresses", filter).await?.pointer("/Addresses/0").cloned().unwrap_or_default())
}

async fn disassociate(context: &Context, found: &Value) -> Result<()> {
    match found.get("AssociationId") {
        Some(id) => context.unmake("ec2", "DisassociateAddress", json!({"AssociationId": id})).await,
        None => Ok(()),
    }
}

pub(super) struct EipAssociation;

#[async_trait]
impl ResourceProvider for EipAssociation {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["AllocationId", "EIP", "InstanceId", "NetworkInterfaceId"],
                attributes: &["Id"],
                ..ResourceFacts::new("AWS::EC2::EIPAssociation")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let mut input = pick(properties, &["AllocationId", "InstanceId", "NetworkInterfaceId"]);
        input["PublicIp"] = properties.get("EIP").cloned().unwrap_or_default();
        let id = text(&context.make("ec2", "AssociateAddress", input).await?, "/AssociationId");
        context.exists(&id);
        Ok(MadeResource::new(&id, [("Id", id.as_str().into())]))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("ec2", "DisassociateAddress", json!({"AssociationId": made.physical})).await
    }
}
