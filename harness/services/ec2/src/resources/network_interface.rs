//! `AWS::EC2::NetworkInterface`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-networkinterface.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, changed, items, pick, text};
use serde_json::{Value, json};

use super::tags::{change_tags, tag_specification};

pub(super) struct NetworkInterface;

#[async_trait]
impl ResourceProvider for NetworkInterface {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "Description",
                    "GroupSet",
                    "InterfaceType",
                    "PrivateIpAddress",
                    "PrivateIpAddresses",
                    "SecondaryPrivateIpAddressCount",
                    "SourceDestCheck",
                    "SubnetId",
                    "Tags",
                ],
                members: &[("PrivateIpAddresses", &["Primary", "PrivateIpAddress"])],
                recorded: &[
                    "ConnectionTrackingSpecification",
                    "EnablePrimaryIpv6",
                    "Ipv6AddressCount",
                    "Ipv6Addresses",
                    "PublicIpDnsHostnameTypeSpecification",
                ],
                attributes: &["Id", "PrimaryPrivateIpAddress", "SecondaryPrivateIpAddresses", "VpcId"],
                ..ResourceFacts::new("AWS::EC2::NetworkInterface")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let names = [
            "Description",
            "InterfaceType",
            "PrivateIpAddress",
            "PrivateIpAddresses",
            "SecondaryPrivateIpAddressCount",
            "SubnetId",
        ];
        let mut input = pick(properties, &names);
        input["Groups"] = properties.get("GroupSet").cloned().unwrap_or_default();
        input["TagSpecifications"] = tag_specification("network-interface", properties);
        let answer = context.make("ec2", "CreateNetworkInterface", input).await?;
        let interface = answer.get("NetworkInterface").cloned().unwrap_or_default();
        let id = text(&interface, "/NetworkInterfaceId");
        context.exists(&id);
        if properties.get("SourceDestCheck") == Some(&Value::Bool(false)) {
            change(context, &id, "SourceDestCheck", json!({ "Value": false })).await?;
        }
        Ok(described(&id, &interface))
    }

    /// Another address replaces it; how many secondary ones there are cannot be changed here.
    fn replaces(&self, property: &str, _new: &Value) -> Option<bool> {
        matches!(property, "PrivateIpAddresses" | "SecondaryPrivateIpAddressCount").then_some(true)
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (id, before) = (&old.physical, &old.properties);
        if let Some((_, text)) = changed(before, properties, "Description") {
            change(context, id, "Description", json!({ "Value": text.as_str().unwrap_or_default() })).await?;
        }
        if let Some((_, check)) = changed(before, properties, "SourceDestCheck") {
            change(context, id, "SourceDestCheck", json!({ "Value": check.as_bool().unwrap_or(true) })).await?;
        }
        if let Some((_, groups)) = changed(before, properties, "GroupSet") {
            let groups = if groups.is_null() { default_group(context, old).await? } else { groups.clone() };
            change(context, id, "Groups", groups).await?;
        }
        change_tags(context, id, before, properties).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let input = json!({ "NetworkInterfaceIds": [made.physical] });
        let mut found = context.read("ec2", "DescribeNetworkInterfaces", input, "/NetworkInterfaces/0").await?;
        found["GroupSet"] = items(&found, "/Groups", |one| one.get("GroupId").cloned().unwrap_or_default());
        found["PrivateIpAddresses"] = items(&found, "/PrivateIpAddresses", |one| pick(one, &["Primary", "PrivateIpAddress"]));
        found["Tags"] = found.get("TagSet").cloned().unwrap_or_default();
        let attributes = described(&made.physical, &found).attributes;
        for (name, value) in attributes {
            found[name.as_str()] = value;
        }
        Ok(found)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("ec2", "DeleteNetworkInterface", json!({ "NetworkInterfaceId": made.physical })).await
    }
}

fn described(id: &str, interface: &Value) -> MadeResource {
    let secondary = interface.get("PrivateIpAddresses").and_then(Value::as_array).into_iter().flatten();
    let secondary = secondary.filter(|one| one.get("Primary") != Some(&Value::Bool(true)));
    MadeResource::new(
        id,
        [
            ("Id", id.into()),
            ("PrimaryPrivateIpAddress", text(interface, "/PrivateIpAddress").into()),
            ("SecondaryPrivateIpAddresses", secondary.map(|one| text(one, "/PrivateIpAddress")).collect()),
            ("VpcId", text(interface, "/VpcId").into()),
        ],
    )
}

async fn change(context: &Context, id: &str, attribute: &str, value: Value) -> Result<()> {
    let mut input = json!({ "NetworkInterfaceId": id });
    input[attribute] = value;
    context.make("ec2", "ModifyNetworkInterfaceAttribute", input).await.map(|_| ())
}

/// The default group of the interface's VPC.
async fn default_group(context: &Context, made: &MadeResource) -> Result<Value> {
    let filters = json!([
        { "Name": "vpc-id", "Values": [made.attributes.get("VpcId")] },
        { "Name": "group-name", "Values": ["default"] },
    ]);
    let answer = context.make("ec2", "DescribeSecurityGroups", json!({ "Filters": filters })).await?;
    Ok(items(&answer, "/SecurityGroups", |one| one.get("GroupId").cloned().unwrap_or_default()))
}
