//! `AWS::EC2::NetworkAcl`, its entries, and its association with a subnet
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-networkacl.html>
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-networkaclentry.html>
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-subnetnetworkaclassociation.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, pick, text};
use serde_json::{Value, json};

use super::tags::{change_tags, tag_specification};

pub(super) struct NetworkAcl;

#[async_trait]
impl ResourceProvider for NetworkAcl {
    fn facts(&self) -> &'static ResourceFacts {
        const { &ResourceFacts { properties: &["Tags", "VpcId"], attributes: &["Id"], ..ResourceFacts::new("AWS::EC2::NetworkAcl") } }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let tags = tag_specification("network-acl", properties);
        let input = json!({"VpcId": properties.get("VpcId"), "TagSpecifications": tags});
        let id = text(&context.make("ec2", "CreateNetworkAcl", input).await?, "/NetworkAcl/NetworkAclId");
        context.exists(&id);
        Ok(MadeResource::new(&id, [("Id", id.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        change_tags(context, &old.physical, &old.properties, properties).await?;
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("ec2", "DeleteNetworkAcl", json!({"NetworkAclId": made.physical})).await
    }
}

pub(super) struct NetworkAclEntry;

#[async_trait]
impl ResourceProvider for NetworkAclEntry {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["CidrBlock", "Egress", "Icmp", "NetworkAclId", "PortRange", "Protocol", "RuleAction", "RuleNumber"],
                attributes: &["Id"],
                ..ResourceFacts::new("AWS::EC2::NetworkAclEntry")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        context.make("ec2", "CreateNetworkAclEntry", entry(properties)).await?;
        let direction = if is_egress(properties) { "egress" } else { "ingress" };
        let id =
            format!("{}|{}|{direction}", text(properties, "/NetworkAclId"), properties.get("RuleNumber").unwrap_or(&Value::Null));
        context.exists(&id);
        Ok(MadeResource::new(&id, [("Id", id.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        context.make("ec2", "ReplaceNetworkAclEntry", entry(properties)).await?;
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let mut input = pick(&made.properties, &["NetworkAclId", "RuleNumber"]);
        input["Egress"] = is_egress(&made.properties).into();
        context.unmake("ec2", "DeleteNetworkAclEntry", input).await
    }
}

fn is_egress(properties: &Value) -> bool {
    properties.get("Egress").and_then(Value::as_bool).unwrap_or(false)
}

/// The call's input: its protocol is a text, and what the type calls `Icmp` has another name.
fn entry(properties: &Value) -> Value {
    let mut input = pick(properties, &["CidrBlock", "NetworkAclId", "PortRange", "RuleAction", "RuleNumber"]);
    input["Egress"] = is_egress(properties).into();
    input["Protocol"] = properties.get("Protocol").map(ToString::to_string).unwrap_or_default().into();
    input["IcmpTypeCode"] = properties.get("Icmp").cloned().unwrap_or_default();
    input
}

pub(super) struct SubnetNetworkAclAssociation;

#[async_trait]
impl ResourceProvider for SubnetNetworkAclAssociation {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["NetworkAclId", "SubnetId"],
                attributes: &["AssociationId"],
                ..ResourceFacts::new("AWS::EC2::SubnetNetworkAclAssociation")
            }
        }
    }

    /// A subnet has one network ACL at a time: the association is replaced by one call, not by two side by side.
    fn replaces(&self, property: &str, _new: &Value) -> Option<bool> {
        (property == "NetworkAclId").then_some(false)
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let subnet = text(properties, "/SubnetId");
        associate(context, &subnet, &text(properties, "/NetworkAclId")).await
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let subnet = text(&old.properties, "/SubnetId");
        associate(context, &subnet, &text(properties, "/NetworkAclId")).await
    }

    /// The subnet has its VPC's default one again.
    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let subnet = text(&made.properties, "/SubnetId");
        let Some(acl) = acl_of(context, &subnet).await? else { return Ok(()) };
        let filters = json!([{"Name": "vpc-id", "Values": [text(&acl, "/VpcId")]}, {"Name": "default", "Values": ["true"]}]);
        let found = context.make("ec2", "DescribeNetworkAcls", json!({"Filters": filters})).await?;
        let input = json!({"AssociationId": made.physical, "NetworkAclId": text(&found, "/NetworkAcls/0/NetworkAclId")});
        context.unmake("ec2", "ReplaceNetworkAclAssociation", input).await
    }
}

/// The network ACL that a subnet has; `None` if there is no such subnet any more.
async fn acl_of(context: &Context, subnet: &str) -> Result<Option<Value>> {
    let filters = json!([{"Name": "association.subnet-id", "Values": [subnet]}]);
    let found = context.make("ec2", "DescribeNetworkAcls", json!({"Filters": filters})).await?;
    Ok(found.pointer("/NetworkAcls/0").cloned())
}

async fn associate(context: &Context, subnet: &str, acl: &str) -> Result<MadeResource> {
    let current = acl_of(context, subnet).await?.unwrap_or_default();
    let associations = current.get("Associations").and_then(Value::as_array).into_iter().flatten();
    let association =
        associations.filter(|one| text(one, "/SubnetId") == subnet).map(|one| text(one, "/NetworkAclAssociationId")).next();
    let input = json!({"AssociationId": association.unwrap_or_default(), "NetworkAclId": acl});
    let id = text(&context.make("ec2", "ReplaceNetworkAclAssociation", input).await?, "/NewAssociationId");
    context.exists(&id);
    Ok(MadeResource::new(&id, [("AssociationId", id.as_str().into())]))
}
