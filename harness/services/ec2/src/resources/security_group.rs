//! `AWS::EC2::SecurityGroup`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, pick, text};
use serde_json::{Value, json};

use super::security_group_rule::{authorize, permission, revoke};
use super::tags::{change_tags, tag_specification};
use crate::records::Direction;

pub(super) struct SecurityGroup;

#[async_trait]
impl ResourceProvider for SecurityGroup {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["GroupDescription", "GroupName", "SecurityGroupEgress", "SecurityGroupIngress", "Tags", "VpcId"],
                naming: Some("GroupName"),
                members: &[
                    (
                        "SecurityGroupIngress",
                        &[
                            "CidrIp",
                            "CidrIpv6",
                            "Description",
                            "FromPort",
                            "IpProtocol",
                            "SourceSecurityGroupId",
                            "SourceSecurityGroupName",
                            "SourceSecurityGroupOwnerId",
                            "ToPort",
                        ],
                    ),
                    (
                        "SecurityGroupEgress",
                        &["CidrIp", "CidrIpv6", "Description", "DestinationSecurityGroupId", "FromPort", "IpProtocol", "ToPort"],
                    ),
                ],
                attributes: &["GroupId", "Id", "VpcId"],
                ..ResourceFacts::new("AWS::EC2::SecurityGroup")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "GroupName", 255);
        let input = json!({
            "GroupName": name,
            "Description": properties.get("GroupDescription"),
            "VpcId": properties.get("VpcId"),
            "TagSpecifications": tag_specification("security-group", properties),
        });
        let id = text(&context.make("ec2", "CreateSecurityGroup", input).await?, "/GroupId");
        // `Ref` returns the id of a group in a VPC that is named, and else the group's name.
        let physical = if properties.get("VpcId").is_some() { id.clone() } else { name };
        context.exists(&physical);
        change_rules(context, &id, &json!({}), properties).await?;
        let vpc = text(properties, "/VpcId");
        Ok(MadeResource::new(physical, [("GroupId", id.as_str().into()), ("Id", id.as_str().into()), ("VpcId", vpc.into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let id = group_id(context, old).await?;
        change_rules(context, &id, &old.properties, properties).await?;
        change_tags(context, &id, &old.properties, properties).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let mut found = context.read("ec2", "DescribeSecurityGroups", chosen(made), "/SecurityGroups/0").await?;
        let id = text(&found, "/GroupId");
        found["GroupDescription"] = found.get("Description").cloned().unwrap_or_default();
        found["SecurityGroupIngress"] = given_rules(&found, "IpPermissions", "SourceSecurityGroupId");
        found["SecurityGroupEgress"] = given_rules(&found, "IpPermissionsEgress", "DestinationSecurityGroupId");
        found["Id"] = id.into();
        Ok(found)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let member = if is_id(&made.physical) { "GroupId" } else { "GroupName" };
        context.unmake("ec2", "DeleteSecurityGroup", json!({member: made.physical})).await
    }
}

fn is_id(physical: &str) -> bool {
    physical.starts_with("sg-")
}

/// What `DescribeSecurityGroups` finds the group by.
fn chosen(made: &MadeResource) -> Value {
    let member = if is_id(&made.physical) { "GroupIds" } else { "GroupNames" };
    json!({ member: [made.physical] })
}

async fn group_id(context: &Context, made: &MadeResource) -> Result<String> {
    if is_id(&made.physical) {
        return Ok(made.physical.clone());
    }
    Ok(text(&context.make("ec2", "DescribeSecurityGroups", chosen(made)).await?, "/SecurityGroups/0/GroupId"))
}

/// The rules of a group, as `IpPermissions` has them. Rules of its own replace the one that a group begins with, which lets everything out.
fn rules(properties: &Value, direction: Direction) -> Vec<Value> {
    let property = match direction {
        Direction::Ingress => "SecurityGroupIngress",
        Direction::Egress => "SecurityGroupEgress",
    };
    let rules: Vec<Value> = properties.get(property).and_then(Value::as_array).into_iter().flatten().map(permission).collect();
    match direction {
        Direction::Egress if rules.is_empty() => vec![json!({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]})],
        _ => rules,
    }
}

/// Takes away the rules that are not wanted any more, and adds those that are new. Rules that others added stay.
async fn change_rules(context: &Context, id: &str, old: &Value, new: &Value) -> Result<()> {
    // While an update that failed half-way is undone, a rule may be there already.
    let tolerated = if context.is_update() { "InvalidPermission.Duplicate" } else { "" };
    for direction in [Direction::Ingress, Direction::Egress] {
        let (before, after) = (rules(old, direction), rules(new, direction));
        for rule in before.iter().filter(|rule| !after.contains(rule)) {
            context.unmake("ec2", revoke(direction), json!({"GroupId": id, "IpPermissions": [rule]})).await?;
        }
        for rule in after.iter().filter(|rule| !before.contains(rule)) {
            let input = json!({"GroupId": id, "IpPermissions": [rule]});
            context.make_or("ec2", authorize(direction), input, tolerated).await?;
        }
    }
    Ok(())
}

/// The rules of a group in a template's form, each of which has one range or one group.
fn given_rules(group: &Value, member: &str, of_group: &str) -> Value {
    let mut rules = Vec::new();
    for permission in group.get(member).and_then(Value::as_array).into_iter().flatten() {
        let mut rule = pick(permission, &["IpProtocol", "FromPort", "ToPort"]);
        if text(permission, "/IpProtocol") == "-1" {
            // All traffic is on all ports.
            (rule["FromPort"], rule["ToPort"]) = ((-1).into(), (-1).into());
        }
        for (list, name, property) in
            [("IpRanges", "CidrIp", "CidrIp"), ("Ipv6Ranges", "CidrIpv6", "CidrIpv6"), ("UserIdGroupPairs", "GroupId", of_group)]
        {
            for target in permission.get(list).and_then(Value::as_array).into_iter().flatten() {
                let mut rule = rule.clone();
                rule[property] = target.get(name).cloned().unwrap_or_default();
                rule["Description"] = target.get("Description").cloned().unwrap_or_default();
                rules.push(rule);
            }
        }
    }
    rules.into()
}
