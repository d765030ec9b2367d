//! `AWS::EC2::VPCEndpoint`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcendpoint.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, changed, pick, policy, text, texts};
use serde_json::{Value, json};

use super::tags::{change_tags, tag_specification};

pub(super) struct VpcEndpoint;

#[async_trait]
impl ResourceProvider for VpcEndpoint {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "PolicyDocument",
                    "PrivateDnsEnabled",
                    "RouteTableIds",
                    "SecurityGroupIds",
                    "ServiceName",
                    "SubnetIds",
                    "Tags",
                    "VpcEndpointType",
                    "VpcId",
                ],
                attributes: &["CreationTimestamp", "DnsEntries", "Id", "NetworkInterfaceIds"],
                ..ResourceFacts::new("AWS::EC2::VPCEndpoint")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let names = ["RouteTableIds", "SecurityGroupIds", "ServiceName", "SubnetIds", "VpcEndpointType", "VpcId"];
        let mut input = pick(properties, &names);
        input["PolicyDocument"] = properties.get("PolicyDocument").map(policy).unwrap_or_default();
        // The call's default is another than the type's.
        if text(properties, "/VpcEndpointType") == "Interface" {
            input["PrivateDnsEnabled"] = has_private_dns(properties).into();
        }
        input["TagSpecifications"] = tag_specification("vpc-endpoint", properties);
        let answer = context.make("ec2", "CreateVpcEndpoint", input).await?;
        let made = answer.get("VpcEndpoint").cloned().unwrap_or_default();
        let id = text(&made, "/VpcEndpointId");
        context.exists(&id);
        let entries = made.get("DnsEntries").and_then(Value::as_array).into_iter().flatten();
        let entries: Vec<Value> =
            entries.map(|entry| format!("{}:{}", text(entry, "/HostedZoneId"), text(entry, "/DnsName")).into()).collect();
        Ok(MadeResource::new(
            &id,
            [
                ("Id", id.as_str().into()),
                ("CreationTimestamp", text(&made, "/CreationTimestamp").into()),
                ("DnsEntries", entries.into()),
                ("NetworkInterfaceIds", made.get("NetworkInterfaceIds").cloned().unwrap_or_default()),
            ],
        ))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let mut input = json!({"VpcEndpointId": old.physical});
        for (property, add, remove) in [
            ("RouteTableIds", "AddRouteTableIds", "RemoveRouteTableIds"),
            ("SubnetIds", "AddSubnetIds", "RemoveSubnetIds"),
            ("SecurityGroupIds", "AddSecurityGroupIds", "RemoveSecurityGroupIds"),
        ] {
            let (before, now) = (texts(&old.properties, property), texts(properties, property));
            let only =
                |these: &[String], those: &[String]| these.iter().filter(|one| !those.contains(one)).cloned().collect::<Vec<_>>();
            input[add] = only(&now, &before).into();
            input[remove] = only(&before, &now).into();
        }
        if has_private_dns(&old.properties) != has_private_dns(properties) {
            input["PrivateDnsEnabled"] = has_private_dns(properties).into();
        }
        if changed(&old.properties, properties, "PolicyDocument").is_some() {
            match properties.get("PolicyDocument") {
                Some(document) => input["PolicyDocument"] = policy(document),
                None => input["ResetPolicy"] = true.into(),
            }
        }
        context.make("ec2", "ModifyVpcEndpoint", input).await?;
        change_tags(context, &old.physical, &old.properties, properties).await?;
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("ec2", "DeleteVpcEndpoints", json!({"VpcEndpointIds": [made.physical]})).await
    }
}

fn has_private_dns(properties: &Value) -> bool {
    properties.get("PrivateDnsEnabled").and_then(Value::as_bool).unwrap_or(false)
}
