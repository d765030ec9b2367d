//! Rules of security groups.

use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::error::{error, not_found_as, unsupported};
use crate::filter::{filtered, page, selected};
use crate::records::{Direction, Records, Rule, Source};
use crate::{ip_permission, request_tags, security_group};

const MOST_PER_DIRECTION: usize = 60;

pub(crate) fn authorize(records: &mut Records, direction: Direction, input: &Value) -> Result<Value, AwsError> {
    let group = security_group::named(records, input)?;
    let given = ip_permission::rules(records, &group, direction, input)?;
    for (index, rule) in given.iter().enumerate() {
        if given.iter().take(index).any(|other| other.same(rule)) {
            return Err(error("InvalidParameterValue", "The same permission must not appear multiple times"));
        }
        if records.rules.values().any(|existing| existing.same(rule)) {
            return Err(error(
                "InvalidPermission.Duplicate",
                format!("the specified rule \"{}\" already exists", rule.spelled()),
            ));
        }
    }
    let present = records.rules.values().filter(|rule| rule.group == group && rule.direction == direction).count();
    if present + given.len() > MOST_PER_DIRECTION {
        return Err(error(
            "RulesPerSecurityGroupLimitExceeded",
            "The maximum number of rules per security group has been reached.",
        ));
    }
    let mut made = Vec::new();
    for rule in given {
        let id = security_group::add_rule(records, rule);
        request_tags::on_creation(records, input, "security-group-rule", &id)?;
        made.extend(records.rules.get(&id).map(|rule| describe_one(rule, records)));
    }
    Ok(json!({ "Return": true, "SecurityGroupRules": made }))
}

/// Revokes rules by id or by content. A rule that is not there is an error, as in every VPC.
pub(crate) fn revoke(records: &mut Records, direction: Direction, input: &Value) -> Result<Value, AwsError> {
    let group = security_group::named(records, input)?;
    let mut found = Vec::new();
    if input.has("SecurityGroupRuleIds") {
        for id in input.texts("SecurityGroupRuleIds") {
            let rule = records.rules.get(id).filter(|rule| rule.group == group && rule.direction == direction);
            found.push(rule.ok_or_else(|| not_found_as("sgr", id))?.clone());
        }
    } else {
        for wanted in ip_permission::rules(records, &group, direction, input)? {
            let rule = records.rules.values().find(|rule| rule.same(&wanted)).cloned();
            found.push(rule.ok_or_else(|| {
                error("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
            })?);
        }
    }
    let mut revoked = Vec::new();
    for rule in found {
        records.rules.remove(&rule.id);
        records.tags.remove(&rule.id);
        let mut shown = json!({
            "SecurityGroupRuleId": rule.id, "GroupId": rule.group, "IsEgress": direction == Direction::Egress,
            "IpProtocol": rule.protocol, "FromPort": rule.from, "ToPort": rule.to, "Description": rule.description,
        });
        if let Some(shown) = shown.as_object_mut() {
            let (name, value) = match rule.source {
                Source::Ipv4(block) => ("CidrIpv4", block.to_string()),
                Source::Ipv6(block) => ("CidrIpv6", block.to_string()),
                Source::Group(id) => ("ReferencedGroupId", id),
            };
            shown.insert(name.to_owned(), value.into());
        }
        revoked.push(shown);
    }
    Ok(json!({ "Return": true, "UnknownIpPermissions": [], "RevokedSecurityGroupRules": revoked }))
}

pub(crate) fn update_descriptions(records: &mut Records, direction: Direction, input: &Value) -> Result<Value, AwsError> {
    if input.has("SecurityGroupRuleDescriptions") {
        return Err(unsupported("UpdateSecurityGroupRuleDescriptions", "SecurityGroupRuleDescriptions"));
    }
    let group = security_group::named(records, input)?;
    for wanted in ip_permission::rules(records, &group, direction, input)? {
        let rule = records.rules.values_mut().find(|rule| rule.same(&wanted));
        let rule =
            rule.ok_or_else(|| error("InvalidPermission.NotFound", "The specified rule does not exist in this security group."))?;
        rule.description = wanted.description;
    }
    Ok(json!({ "Return": true }))
}

pub(crate) fn describe(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let all = records.rules.values().map(|rule| describe_one(rule, records)).collect();
    let chosen = selected(all, input, "SecurityGroupRuleIds", "SecurityGroupRuleId", |id| not_found_as("sgr", id))?;
    let paths = &[("group-id", "GroupId"), ("security-group-rule-id", "SecurityGroupRuleId")];
    page("SecurityGroupRules", filtered(chosen, input, paths)?, input)
}

fn describe_one(rule: &Rule, records: &Records) -> Value {
    let mut described = json!({
        "SecurityGroupRuleId": rule.id,
        "SecurityGroupRuleArn": records.arn("security-group-rule", &rule.id),
        "GroupId": rule.group,
        "GroupOwnerId": records.account,
        "IsEgress": rule.direction == Direction::Egress,
        "IpProtocol": rule.protocol,
        "FromPort": rule.from,
        "ToPort": rule.to,
        "Tags": records.tags_of(&rule.id),
    });
    if let Some(described) = described.as_object_mut() {
        let (name, value) = match &rule.source {
            Source::Ipv4(block) => ("CidrIpv4", json!(block.to_string())),
            Source::Ipv6(block) => ("CidrIpv6", json!(block.to_string())),
            Source::Group(id) => {
                let vpc = records.groups.get(id).map(|group| &group.vpc);
                ("ReferencedGroupInfo", json!({ "GroupId": id, "UserId": records.account, "VpcId": vpc }))
            }
        };
        described.insert(name.to_owned(), value);
        if let Some(description) = &rule.description {
            described.insert("Description".to_owned(), description.as_str().into());
        }
    }
    described
}
