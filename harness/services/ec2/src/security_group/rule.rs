//! Single rules: what is stored, and what `IpPermissions` are made of.

use ipnet::{Ipv4Net, Ipv6Net};
use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use super::super::error::{error, not_found_as, unsupported};
use super::super::filter::{filtered, page, selected};
use super::super::records::{Records, resource_id};
use super::super::tag;
use super::permission::rules;
use super::{Direction, named};

const MOST_PER_DIRECTION: usize = 60;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Rule {
    pub(in super::super) id: String,
    pub(in super::super) group: String,
    pub(in super::super) direction: Direction,
    pub(in super::super) protocol: String,
    pub(in super::super) from: i64,
    pub(in super::super) to: i64,
    pub(in super::super) source: Source,
    pub(super) description: Option<String>,
}

/// The other end of the traffic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Source {
    Ipv4(Ipv4Net),
    Ipv6(Ipv6Net),
    Group(String),
}

impl Rule {
    pub(super) fn all(group: &str, direction: Direction, source: Source) -> Self {
        Self {
            id: String::new(),
            group: group.to_owned(),
            direction,
            protocol: "-1".to_owned(),
            from: -1,
            to: -1,
            source,
            description: None,
        }
    }

    fn same(&self, other: &Self) -> bool {
        self.group == other.group
            && self.direction == other.direction
            && self.protocol == other.protocol
            && self.from == other.from
            && self.to == other.to
            && self.source == other.source
    }

    /// How AWS spells a rule in messages.
    fn spelled(&self) -> String {
        let peer = match &self.source {
            Source::Ipv4(block) => block.to_string(),
            Source::Ipv6(block) => block.to_string(),
            Source::Group(id) => id.clone(),
        };
        let protocol = if self.protocol == "-1" { "ALL".to_owned() } else { self.protocol.to_uppercase() };
        let ports = match self.protocol.as_str() {
            "tcp" | "udp" => format!("from port: {}, to port: {}, ", self.from, self.to),
            _ => String::new(),
        };
        format!("peer: {peer}, {protocol}, {ports}ALLOW")
    }

    fn describe(&self, records: &Records) -> Value {
        let mut described = json!({
            "SecurityGroupRuleId": self.id,
            "SecurityGroupRuleArn": format!("arn:aws:ec2:{}:{}:security-group-rule/{}", records.region, records.account, self.id),
            "GroupId": self.group,
            "GroupOwnerId": records.account,
            "IsEgress": self.direction == Direction::Egress,
            "IpProtocol": self.protocol,
            "FromPort": self.from,
            "ToPort": self.to,
            "Tags": records.tags_of(&self.id),
        });
        if let Some(described) = described.as_object_mut() {
            let (name, value) = match &self.source {
                Source::Ipv4(block) => ("CidrIpv4", json!(block.to_string())),
                Source::Ipv6(block) => ("CidrIpv6", json!(block.to_string())),
                Source::Group(id) => {
                    let vpc = records.groups.get(id).map(|group| &group.vpc);
                    ("ReferencedGroupInfo", json!({ "GroupId": id, "UserId": records.account, "VpcId": vpc }))
                }
            };
            described.insert(name.to_owned(), value);
            if let Some(description) = &self.description {
                described.insert("Description".to_owned(), description.as_str().into());
            }
        }
        described
    }
}

/// Stores a rule under a new id, which is the answer.
pub(super) fn add(records: &mut Records, mut rule: Rule) -> String {
    rule.id = resource_id("sgr");
    let id = rule.id.clone();
    records.rules.insert(id.clone(), rule);
    id
}

/// The rules of one direction, put together by protocol and ports as `IpPermissions` are.
pub(super) fn permissions(records: &Records, group: &str, direction: Direction) -> Vec<Value> {
    let mut rules: Vec<&Rule> =
        records.rules.values().filter(|rule| rule.group == group && rule.direction == direction).collect();
    rules.sort_by(|a, b| (&a.protocol, a.from, a.to).cmp(&(&b.protocol, b.from, b.to)));
    rules
        .chunk_by(|a, b| a.protocol == b.protocol && a.from == b.from && a.to == b.to)
        .filter_map(|same| {
            let first = same.first()?;
            let described = |mut source: Value, rule: &Rule| {
                if let (Some(source), Some(description)) = (source.as_object_mut(), &rule.description) {
                    source.insert("Description".to_owned(), description.as_str().into());
                }
                source
            };
            let (mut ipv4, mut ipv6, mut groups) = (Vec::new(), Vec::new(), Vec::new());
            for rule in same {
                match &rule.source {
                    Source::Ipv4(block) => ipv4.push(described(json!({ "CidrIp": block.to_string() }), rule)),
                    Source::Ipv6(block) => ipv6.push(described(json!({ "CidrIpv6": block.to_string() }), rule)),
                    Source::Group(id) => groups.push(described(json!({ "GroupId": id, "UserId": records.account }), rule)),
                }
            }
            let mut permission = json!({
                "IpProtocol": first.protocol, "IpRanges": ipv4, "Ipv6Ranges": ipv6, "PrefixListIds": [], "UserIdGroupPairs": groups,
            });
            if first.protocol != "-1"
                && let Some(permission) = permission.as_object_mut()
            {
                permission.insert("FromPort".to_owned(), first.from.into());
                permission.insert("ToPort".to_owned(), first.to.into());
            }
            Some(permission)
        })
        .collect()
}

pub(in super::super) fn authorize(records: &mut Records, direction: Direction, input: &Value) -> Result<Value, AwsError> {
    let group = named(records, input)?;
    let given = rules(records, &group, direction, input)?;
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
        let id = add(records, rule);
        tag::on_creation(records, input, "security-group-rule", &id)?;
        made.extend(records.rules.get(&id).map(|rule| rule.describe(records)));
    }
    Ok(json!({ "Return": true, "SecurityGroupRules": made }))
}

/// Revokes rules by id or by content. A rule that is not there is an error, as in every VPC.
pub(in super::super) fn revoke(records: &mut Records, direction: Direction, input: &Value) -> Result<Value, AwsError> {
    let group = named(records, input)?;
    let mut found = Vec::new();
    if input.has("SecurityGroupRuleIds") {
        for id in input.texts("SecurityGroupRuleIds") {
            let rule = records.rules.get(id).filter(|rule| rule.group == group && rule.direction == direction);
            found.push(rule.ok_or_else(|| not_found_as("sgr", id))?.clone());
        }
    } else {
        for wanted in rules(records, &group, direction, input)? {
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

pub(in super::super) fn update_descriptions(
    records: &mut Records,
    direction: Direction,
    input: &Value,
) -> Result<Value, AwsError> {
    if input.has("SecurityGroupRuleDescriptions") {
        return Err(unsupported("UpdateSecurityGroupRuleDescriptions", "SecurityGroupRuleDescriptions"));
    }
    let group = named(records, input)?;
    for wanted in rules(records, &group, direction, input)? {
        let rule = records.rules.values_mut().find(|rule| rule.same(&wanted));
        let rule =
            rule.ok_or_else(|| error("InvalidPermission.NotFound", "The specified rule does not exist in this security group."))?;
        rule.description = wanted.description;
    }
    Ok(json!({ "Return": true }))
}

pub(in super::super) fn describe_rules(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let all = records.rules.values().map(|rule| rule.describe(records)).collect();
    let chosen = selected(all, input, "SecurityGroupRuleIds", "SecurityGroupRuleId", |id| not_found_as("sgr", id))?;
    let paths = &[("group-id", "GroupId"), ("security-group-rule-id", "SecurityGroupRuleId")];
    page("SecurityGroupRules", filtered(chosen, input, paths)?, input)
}
