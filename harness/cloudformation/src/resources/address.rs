//! Elastic IP addresses.

use serde_json::{Value, json};

use super::Result;
use super::context::{Context, changed, made, pick, tag_specification, text};
use super::network::retag;
use crate::stack::MadeResource;

pub(super) async fn create(context: &Context, kind: &str, properties: &Value) -> Result<MadeResource> {
    if kind == "AWS::EC2::EIPAssociation" {
        let mut input = pick(properties, &["AllocationId", "InstanceId", "NetworkInterfaceId"]);
        input["PublicIp"] = properties.get("EIP").cloned().unwrap_or_default();
        let id = text(&context.make("ec2", "AssociateAddress", input).await?, "/AssociationId");
        context.exists(&id);
        return Ok(made(&id, [("Id", id.as_str().into())]));
    }
    let input = json!({"Domain": "vpc", "TagSpecifications": tag_specification("elastic-ip", properties)});
    let answer = context.make("ec2", "AllocateAddress", input).await?;
    let (address, allocation) = (text(&answer, "/PublicIp"), text(&answer, "/AllocationId"));
    context.exists(&address);
    if let Some(instance) = properties.get("InstanceId") {
        context.make("ec2", "AssociateAddress", json!({"AllocationId": allocation, "InstanceId": instance})).await?;
    }
    Ok(made(&address, [("AllocationId", allocation.into()), ("PublicIp", address.as_str().into())]))
}

/// What EC2 says of an address; null if it is gone.
async fn described(context: &Context, address: &str) -> Result<Value> {
    let filter = json!({"Filters": [{"Name": "public-ip", "Values": [address]}]});
    Ok(context.make("ec2", "DescribeAddresses", filter).await?.pointer("/Addresses/0").cloned().unwrap_or_default())
}

/// Only addresses themselves can be changed.
pub(super) async fn update(context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
    let found = described(context, &old.physical).await?;
    let allocation = text(&found, "/AllocationId");
    if let Some((_, instance)) = changed(&old.properties, properties, "InstanceId") {
        match instance {
            Value::Null => disassociate(context, &found).await?,
            instance => {
                let input = json!({"AllocationId": allocation, "InstanceId": instance, "AllowReassociation": true});
                context.make("ec2", "AssociateAddress", input).await?;
            }
        }
    }
    retag(context, &allocation, &old.properties, properties).await?;
    Ok(old.clone())
}

async fn disassociate(context: &Context, found: &Value) -> Result<()> {
    match found.get("AssociationId") {
        Some(id) => context.unmake("ec2", "DisassociateAddress", json!({"AssociationId": id})).await,
        None => Ok(()),
    }
}

pub(super) async fn delete(context: &Context, kind: &str, made: &MadeResource) -> Result<()> {
    if kind == "AWS::EC2::EIPAssociation" {
        return context.unmake("ec2", "DisassociateAddress", json!({"AssociationId": made.physical})).await;
    }
    let found = described(context, &made.physical).await?;
    if found.is_null() {
        return Ok(());
    }
    disassociate(context, &found).await?;
    context.unmake("ec2", "ReleaseAddress", json!({"AllocationId": found.get("AllocationId")})).await
}
