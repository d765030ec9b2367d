//! Security groups and their rules.

use serde_json::{Value, json};

use super::Result;
use super::context::{Context, made, pick, tag_specification, text, typed};
use super::difference::same;
use super::network::retag;
use super::support::unsupported;
use crate::stack::MadeResource;

const INTEGERS: &[&str] = &["FromPort", "ToPort"];

/// The rule that a group begins with: everything may go out.
fn everything() -> Value {
    json!({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]})
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

impl Way {
    fn property(self) -> &'static str {
        match self {
            Self::In => "SecurityGroupIngress",
            Self::Out => "SecurityGroupEgress",
        }
    }

    fn authorize(self) -> &'static str {
        match self {
            Self::In => "AuthorizeSecurityGroupIngress",
            Self::Out => "AuthorizeSecurityGroupEgress",
        }
    }

    fn revoke(self) -> &'static str {
        match self {
            Self::In => "RevokeSecurityGroupIngress",
            Self::Out => "RevokeSecurityGroupEgress",
        }
    }
}

pub(super) async fn create(context: &Context, kind: &str, properties: &Value) -> Result<MadeResource> {
    let properties = &typed(properties, INTEGERS, &[]);
    match kind {
        "AWS::EC2::SecurityGroup" => group(context, properties).await,
        "AWS::EC2::SecurityGroupIngress" => rule(context, Way::In, properties).await,
        _ => rule(context, Way::Out, properties).await,
    }
}

async fn group(context: &Context, properties: &Value) -> Result<MadeResource> {
    let name = context.name_or(properties, "GroupName", 255);
    let input = json!({
        "GroupName": name,
        "Description": properties.get("GroupDescription"),
        "VpcId": properties.get("VpcId"),
        "TagSpecifications": tag_specification("security-group", properties),
    });
    let id = text(&context.make("ec2", "CreateSecurityGroup", input).await?, "/GroupId");
    context.exists(&id);
    let bare = json!({});
    for way in [Way::In, Way::Out] {
        change_rules(context, &id, way, &bare, properties).await?;
    }
    Ok(made(&id, [("GroupId", id.as_str().into()), ("Id", id.as_str().into()), ("VpcId", text(properties, "/VpcId").into())]))
}

/// The rules of a group, as `IpPermissions` has them. Rules of one's own replace the one that lets everything out.
fn rules(properties: &Value, way: Way) -> Result<Vec<Value>> {
    let listed = properties.get(way.property()).and_then(Value::as_array).into_iter().flatten();
    let rules = listed.map(permission).collect::<Result<Vec<_>>>()?;
    Ok(if rules.is_empty() && way == Way::Out { vec![everything()] } else { rules })
}

/// Takes away the rules that are not wanted any more, and adds those that are new. Rules that others added stay.
async fn change_rules(context: &Context, id: &str, way: Way, old: &Value, new: &Value) -> Result<()> {
    let (before, after) = (rules(old, way)?, rules(new, way)?);
    let missing = |from: &[Value], all: &[Value]| -> Vec<Value> {
        all.iter().filter(|rule| from.iter().all(|other| !same(rule, other))).cloned().collect()
    };
    for rule in missing(&after, &before) {
        context.unmake("ec2", way.revoke(), json!({"GroupId": id, "IpPermissions": [rule]})).await?;
    }
    for rule in missing(&before, &after) {
        let input = json!({"GroupId": id, "IpPermissions": [rule]});
        context.make_or("ec2", way.authorize(), input, duplicate(context)).await?;
    }
    Ok(())
}

/// What is no error while an update that failed half-way is undone: the rule is there already.
fn duplicate(context: &Context) -> &'static str {
    if context.is_update { "InvalidPermission.Duplicate" } else { "" }
}

async fn rule(context: &Context, way: Way, properties: &Value) -> Result<MadeResource> {
    let input = json!({"GroupId": properties.get("GroupId"), "IpPermissions": [standing_alone(properties)?]});
    let answer = context.make("ec2", way.authorize(), input).await?;
    let id = text(&answer, "/SecurityGroupRules/0/SecurityGroupRuleId");
    context.exists(&id);
    Ok(made(&id, [("Id", id.as_str().into())]))
}

fn standing_alone(properties: &Value) -> Result<Value> {
    let mut rule = properties.clone();
    rule.as_object_mut().and_then(|rule| rule.remove("GroupId"));
    permission(&rule)
}

/// A rule as `IpPermissions` has it.
fn permission(rule: &Value) -> Result<Value> {
    let known = [
        "IpProtocol",
        "FromPort",
        "ToPort",
        "CidrIp",
        "CidrIpv6",
        "Description",
        "SourceSecurityGroupId",
        "DestinationSecurityGroupId",
    ];
    if let Some((name, _)) = rule.as_object().into_iter().flatten().find(|(name, _)| !known.contains(&name.as_str())) {
        return Err(unsupported(name));
    }
    let mut permission = pick(rule, &["IpProtocol", "FromPort", "ToPort"]);
    if let Some(Value::Number(protocol)) = rule.get("IpProtocol") {
        permission["IpProtocol"] = protocol.to_string().into();
    }
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
    }
    Ok(permission)
}

pub(super) async fn update(context: &Context, kind: &str, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
    let (id, before) = (&old.physical, &typed(&old.properties, INTEGERS, &[]));
    let properties = &typed(properties, INTEGERS, &[]);
    let describe = match kind {
        "AWS::EC2::SecurityGroup" => {
            for way in [Way::In, Way::Out] {
                change_rules(context, id, way, before, properties).await?;
            }
            retag(context, id, before, properties).await?;
            return Ok(old.clone());
        }
        "AWS::EC2::SecurityGroupIngress" => "UpdateSecurityGroupRuleDescriptionsIngress",
        _ => "UpdateSecurityGroupRuleDescriptionsEgress",
    };
    let input = json!({"GroupId": properties.get("GroupId"), "IpPermissions": [standing_alone(properties)?]});
    context.make("ec2", describe, input).await?;
    Ok(old.clone())
}

pub(super) async fn delete(context: &Context, kind: &str, made: &MadeResource) -> Result<()> {
    let way = match kind {
        "AWS::EC2::SecurityGroup" => {
            return context.unmake("ec2", "DeleteSecurityGroup", json!({"GroupId": made.physical})).await;
        }
        "AWS::EC2::SecurityGroupIngress" => Way::In,
        _ => Way::Out,
    };
    let input = json!({"GroupId": made.properties.get("GroupId"), "SecurityGroupRuleIds": [made.physical]});
    context.unmake("ec2", way.revoke(), input).await
}
