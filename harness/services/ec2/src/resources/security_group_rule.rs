//! `AWS::EC2::SecurityGroupIngress` and `AWS::EC2::SecurityGroupEgress`: rules that are resources of their own
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroupingress.html>
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroupegress.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, pick, text};
use serde_json::{Value, json};

use crate::records::Direction;

/// The operation that adds rules.
pub(super) fn authorize(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "AuthorizeSecurityGroupIngress",
        Direction::Egress => "AuthorizeSecurityGroupEgress",
    }
}

/// The operation that takes rules away.
pub(super) fn revoke(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "RevokeSecurityGroupIngress",
        Direction::Egress => "RevokeSecurityGroupEgress",
    }
}

/// A rule of one direction.
pub(super) struct SecurityGroupRule(Direction);

pub(super) const INGRESS: SecurityGroupRule = SecurityGroupRule(Direction::Ingress);
pub(super) const EGRESS: SecurityGroupRule = SecurityGroupRule(Direction::Egress);

const INGRESS_FACTS: &ResourceFacts = &ResourceFacts {
    properties: &[
        "CidrIp",
        "CidrIpv6",
        "Description",
        "FromPort",
        "GroupId",
        "GroupName",
        "IpProtocol",
        "SourceSecurityGroupId",
        "SourceSecurityGroupName",
        "SourceSecurityGroupOwnerId",
        "ToPort",
    ],
    attributes: &["Id"],
    ..ResourceFacts::new("AWS::EC2::SecurityGroupIngress")
};
const EGRESS_FACTS: &ResourceFacts = &ResourceFacts {
    properties: &[
        "CidrIp",
        "CidrIpv6",
        "Description",
        "DestinationSecurityGroupId",
        "FromPort",
        "GroupId",
        "IpProtocol",
        "ToPort",
    ],
    attributes: &["Id"],
    ..ResourceFacts::new("AWS::EC2::SecurityGroupEgress")
};

#[async_trait]
impl ResourceProvider for SecurityGroupRule {
    fn facts(&self) -> &'static ResourceFacts {
        match self.0 {
            Direction::Ingress => INGRESS_FACTS,
            Direction::Egress => EGRESS_FACTS,
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let answer = context.make("ec2", authorize(self.0), input(properties)).await?;
        let id = text(&answer, "/SecurityGroupRules/0/SecurityGroupRuleId");
        context.exists(&id);
        Ok(MadeResource::new(&id, [("Id", id.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let operation = match self.0 {
            Direction::Ingress => "UpdateSecurityGroupRuleDescriptionsIngress",
            Direction::Egress => "UpdateSecurityGroupRuleDescriptionsEgress",
        };
        context.make("ec2", operation, input(properties)).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let input = json!({"SecurityGroupRuleIds": [made.physical]});
        let mut found = context.read("ec2", "DescribeSecurityGroupRules", input, "/SecurityGroupRules/0").await?;
        found["Id"] = made.physical.as_str().into();
        found["CidrIp"] = found.get("CidrIpv4").cloned().unwrap_or_default();
        let group = found.pointer("/ReferencedGroupInfo/GroupId").cloned().unwrap_or_default();
        let property = match self.0 {
            Direction::Ingress => "SourceSecurityGroupId",
            Direction::Egress => "DestinationSecurityGroupId",
        };
        found[property] = group;
        Ok(found)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let mut input = group(&made.properties);
        input["SecurityGroupRuleIds"] = json!([made.physical]);
        context.unmake("ec2", revoke(self.0), input).await
    }
}

fn input(properties: &Value) -> Value {
    let mut input = group(properties);
    input["IpPermissions"] = json!([permission(properties)]);
    input
}

/// The group that has the rule: by its id, or of the default VPC by its name.
fn group(properties: &Value) -> Value {
    pick(properties, &["GroupId", "GroupName"])
}

/// A rule as `IpPermissions` has it.
pub(super) fn permission(rule: &Value) -> Value {
    let mut permission = pick(rule, &["IpProtocol", "FromPort", "ToPort"]);
    let described = |mut target: Value| {
        if let Some(description) = rule.get("Description") {
            target["Description"] = description.clone();
        }
        json!([target])
    };
    if let Some(range) = rule.get("CidrIp") {
        permission["IpRanges"] = described(json!({"CidrIp": range}));
    }
    if let Some(range) = rule.get("CidrIpv6") {
        permission["Ipv6Ranges"] = described(json!({"CidrIpv6": range}));
    }
    if let Some(group) = rule.get("SourceSecurityGroupId").or_else(|| rule.get("DestinationSecurityGroupId")) {
        permission["UserIdGroupPairs"] = described(json!({"GroupId": group}));
    } else if let Some(name) = rule.get("SourceSecurityGroupName") {
        permission["UserIdGroupPairs"] = described(json!({"GroupName": name}));
    }
    if let (Some(owner), Some(pair)) = (rule.get("SourceSecurityGroupOwnerId"), permission.pointer_mut("/UserIdGroupPairs/0")) {
        pair["UserId"] = owner.clone();
    }
    permission
}
