//! Rules of security groups.

use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{error, not_found_as};
use crate::filter::{Filter, filtered, page, selected};
use crate::ip_permission::{self, IpPermission, ShortRule};
use crate::records::{Direction, Records, Rule, Source};
use crate::request_tags::{self, TagSpecification};
use crate::security_group;

const MOST_PER_DIRECTION: usize = 60;

/// `AuthorizeSecurityGroupIngress` and `AuthorizeSecurityGroupEgress`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Authorize {
    group_id: Option<String>,
    group_name: Option<String>,
    ip_protocol: Option<String>,
    from_port: Option<i64>,
    to_port: Option<i64>,
    cidr_ip: Option<String>,
    #[serde(default)]
    ip_permissions: Vec<IpPermission>,
    #[serde(default)]
    tag_specifications: Vec<TagSpecification>,
    #[serde(default)]
    dry_run: bool,
}

/// `RevokeSecurityGroupIngress` and `RevokeSecurityGroupEgress`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Revoke {
    group_id: Option<String>,
    group_name: Option<String>,
    ip_protocol: Option<String>,
    from_port: Option<i64>,
    to_port: Option<i64>,
    cidr_ip: Option<String>,
    #[serde(default)]
    ip_permissions: Vec<IpPermission>,
    #[serde(default)]
    security_group_rule_ids: Vec<String>,
    #[serde(default)]
    dry_run: bool,
}

/// `UpdateSecurityGroupRuleDescriptionsIngress` and `UpdateSecurityGroupRuleDescriptionsEgress`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_UpdateSecurityGroupRuleDescriptionsIngress.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateDescriptions {
    group_id: Option<String>,
    group_name: Option<String>,
    #[serde(default)]
    ip_permissions: Vec<IpPermission>,
    #[serde(default)]
    security_group_rule_descriptions: Vec<RuleDescription>,
    #[serde(default)]
    dry_run: bool,
}

/// The description that a rule is to have.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RuleDescription {
    #[serde(default)]
    security_group_rule_id: String,
    description: Option<String>,
}

pub(crate) fn authorize_ingress(records: &mut Records, input: &Authorize) -> Result<Value, AwsError> {
    authorize(records, Direction::Ingress, input)
}

pub(crate) fn authorize_egress(records: &mut Records, input: &Authorize) -> Result<Value, AwsError> {
    authorize(records, Direction::Egress, input)
}

pub(crate) fn revoke_ingress(records: &mut Records, input: &Revoke) -> Result<Value, AwsError> {
    revoke(records, Direction::Ingress, input)
}

pub(crate) fn revoke_egress(records: &mut Records, input: &Revoke) -> Result<Value, AwsError> {
    revoke(records, Direction::Egress, input)
}

pub(crate) fn update_ingress(records: &mut Records, input: &UpdateDescriptions) -> Result<Value, AwsError> {
    update_descriptions(records, Direction::Ingress, input)
}

pub(crate) fn update_egress(records: &mut Records, input: &UpdateDescriptions) -> Result<Value, AwsError> {
    update_descriptions(records, Direction::Egress, input)
}

fn authorize(records: &mut Records, direction: Direction, input: &Authorize) -> Result<Value, AwsError> {
    let group = security_group::named(records, input.group_id.as_deref(), input.group_name.as_deref())?;
    let short = ShortRule { protocol: &input.ip_protocol, from: input.from_port, to: input.to_port, block: &input.cidr_ip };
    let given = ip_permission::rules(records, &group, direction, short, &input.ip_permissions)?;
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
        request_tags::on_creation(records, &input.tag_specifications, "security-group-rule", &id)?;
        made.extend(records.rules.get(&id).map(|rule| describe_one(rule, records)));
    }
    Ok(json!({ "Return": true, "SecurityGroupRules": made }))
}

/// Revokes rules by id or by content. A rule that is not there is an error, as in every VPC.
fn revoke(records: &mut Records, direction: Direction, input: &Revoke) -> Result<Value, AwsError> {
    let group = security_group::named(records, input.group_id.as_deref(), input.group_name.as_deref())?;
    let mut found = Vec::new();
    if !input.security_group_rule_ids.is_empty() {
        for id in &input.security_group_rule_ids {
            let rule = records.rules.get(id).filter(|rule| rule.group == group && rule.direction == direction);
            found.push(rule.ok_or_else(|| not_found_as("sgr", id))?.clone());
        }
    } else {
        let short = ShortRule { protocol: &input.ip_protocol, from: input.from_port, to: input.to_port, block: &input.cidr_ip };
        for wanted in ip_permission::rules(records, &group, direction, short, &input.ip_permissions)? {
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

fn update_descriptions(records: &mut Records, direction: Direction, input: &UpdateDescriptions) -> Result<Value, AwsError> {
    let group = security_group::named(records, input.group_id.as_deref(), input.group_name.as_deref())?;
    for wanted in &input.security_group_rule_descriptions {
        let id = wanted.security_group_rule_id.as_str();
        let rule = records.rules.get_mut(id).filter(|rule| rule.group == group && rule.direction == direction);
        rule.ok_or_else(|| not_found_as("sgr", id))?.description.clone_from(&wanted.description);
    }
    if !input.security_group_rule_descriptions.is_empty() && input.ip_permissions.is_empty() {
        return Ok(json!({ "Return": true }));
    }
    for wanted in ip_permission::rules(records, &group, direction, ShortRule::NONE, &input.ip_permissions)? {
        let rule = records.rules.values_mut().find(|rule| rule.same(&wanted));
        let rule =
            rule.ok_or_else(|| error("InvalidPermission.NotFound", "The specified rule does not exist in this security group."))?;
        rule.description = wanted.description;
    }
    Ok(json!({ "Return": true }))
}

/// `DescribeSecurityGroupRules`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroupRules.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeSecurityGroupRules {
    #[serde(default)]
    filters: Vec<Filter>,
    #[serde(default)]
    security_group_rule_ids: Vec<String>,
    #[serde(default)]
    dry_run: bool,
    next_token: Option<String>,
    max_results: Option<i64>,
}

pub(crate) fn describe(records: &Records, input: &DescribeSecurityGroupRules) -> Result<Value, AwsError> {
    let all = records.rules.values().map(|rule| describe_one(rule, records)).collect();
    let chosen = selected(all, &input.security_group_rule_ids, "SecurityGroupRuleId", |id| not_found_as("sgr", id))?;
    let paths = &[("group-id", "GroupId"), ("security-group-rule-id", "SecurityGroupRuleId")];
    page("SecurityGroupRules", filtered(chosen, &input.filters, paths)?, input.max_results, input.next_token.as_deref())
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

requests! {
    DescribeSecurityGroupRules { dry_run },
    Authorize { dry_run, tag_specifications },
    Revoke { dry_run },
    UpdateDescriptions { dry_run },
}
