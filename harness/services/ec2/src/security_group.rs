//! Security groups and their rules.

mod permission;
mod rule;

use ipnet::Ipv4Net;
use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use super::error::{dependency, error, invalid_parameter, missing, not_found_as};
use super::filter::{filtered, page, selected};
use super::records::{Records, resource_id};
use super::tag;

use rule::permissions;
pub(super) use rule::{Rule, Source, authorize, describe_rules, revoke, update_descriptions};

#[derive(Debug, Clone)]
pub(super) struct SecurityGroup {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) vpc: String,
}

/// The way of traffic that a rule allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Ingress,
    Egress,
}

/// A new group with AWS's first rules: all egress, and in a default group ingress from itself.
pub(super) fn add(records: &mut Records, vpc: &str, name: &str, description: &str, from_itself: bool) -> String {
    let id = resource_id("sg");
    let group = SecurityGroup { id: id.clone(), name: name.to_owned(), description: description.to_owned(), vpc: vpc.to_owned() };
    records.groups.insert(id.clone(), group);
    rule::add(records, Rule::all(&id, Direction::Egress, Source::Ipv4(Ipv4Net::default())));
    if from_itself {
        rule::add(records, Rule::all(&id, Direction::Ingress, Source::Group(id.clone())));
    }
    id
}

/// Forgets a group with its rules and tags.
pub(super) fn remove(records: &mut Records, id: &str) {
    records.groups.remove(id);
    let rules: Vec<String> = records.rules.values().filter(|rule| rule.group == id).map(|rule| rule.id.clone()).collect();
    for rule in rules {
        records.rules.remove(&rule);
        records.tags.remove(&rule);
    }
    records.tags.remove(id);
}

/// The group as instances and interfaces show it.
pub(super) fn identifiers(records: &Records, ids: &[String]) -> Vec<Value> {
    ids.iter()
        .filter_map(|id| records.groups.get(id))
        .map(|group| json!({ "GroupId": group.id, "GroupName": group.name }))
        .collect()
}

fn arn(records: &Records, id: &str) -> String {
    format!("arn:aws:ec2:{}:{}:security-group/{id}", records.region, records.account)
}

fn describe_one(records: &Records, group: &SecurityGroup) -> Value {
    json!({
        "GroupId": group.id,
        "GroupName": group.name,
        "Description": group.description,
        "OwnerId": records.account,
        "VpcId": group.vpc,
        "SecurityGroupArn": arn(records, &group.id),
        "IpPermissions": permissions(records, &group.id, Direction::Ingress),
        "IpPermissionsEgress": permissions(records, &group.id, Direction::Egress),
        "Tags": records.tags_of(&group.id),
    })
}

fn check_text(parameter: &str, text: &str) -> Result<(), AwsError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
    if text.is_empty() || text.chars().count() > 255 || !text.chars().all(allowed) {
        return Err(invalid_parameter(format!(
            "Value ({text}) for parameter {parameter} is invalid. Character sets beyond ASCII are not supported."
        )));
    }
    Ok(())
}

pub(super) fn create(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let (name, description) = (input.required("GroupName"), input.required("Description"));
    check_text("GroupName", name)?;
    check_text("GroupDescription", description)?;
    if name.starts_with("sg-") {
        return Err(invalid_parameter(format!(
            "Value ({name}) for parameter groupName is invalid. Group names may not be in the format sg-*."
        )));
    }
    let vpc = match input.text("VpcId") {
        Some(id) => records.vpc(id)?.id.clone(),
        None => records
            .default_vpc()
            .map(|vpc| vpc.id.clone())
            .ok_or_else(|| error("VPCIdNotSpecified", "No default VPC for this user"))?,
    };
    if name == "default" {
        return Err(error("InvalidParameterValue", "Cannot use reserved security group name: default"));
    }
    if records.groups.values().any(|group| group.vpc == vpc && group.name == name) {
        return Err(error("InvalidGroup.Duplicate", format!("The security group '{name}' already exists for VPC '{vpc}'")));
    }
    let id = add(records, &vpc, name, description, false);
    tag::on_creation(records, input, "security-group", &id)?;
    Ok(json!({ "GroupId": id, "Tags": records.tags_of(&id), "SecurityGroupArn": arn(records, &id) }))
}

/// The group that a request names by id, or by name in the default VPC.
pub(super) fn named(records: &Records, input: &Value) -> Result<String, AwsError> {
    if let Some(id) = input.text("GroupId") {
        return Ok(records.group(id)?.id.clone());
    }
    let name = input.text("GroupName").ok_or_else(|| missing("groupName or groupId"))?;
    by_name(records, name)
}

/// A group by its name in the default VPC.
pub(super) fn by_name(records: &Records, name: &str) -> Result<String, AwsError> {
    let vpc = records.default_vpc().map(|vpc| vpc.id.as_str());
    let found = records.groups.values().find(|group| Some(group.vpc.as_str()) == vpc && group.name == name);
    found.map(|group| group.id.clone()).ok_or_else(|| {
        error(
            "InvalidGroup.NotFound",
            format!("The security group '{name}' does not exist in default VPC '{}'", vpc.unwrap_or("none")),
        )
    })
}

pub(super) fn delete(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let id = named(records, input)?;
    let group = records.group(&id)?;
    if group.name == "default" {
        return Err(error(
            "CannotDelete",
            format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user"),
        ));
    }
    let used = records.instances.values().any(|instance| !instance.is_terminated() && instance.groups.contains(&id))
        || records.rules.values().any(|rule| rule.group != id && rule.source == Source::Group(id.clone()));
    if used {
        return Err(dependency(format!("resource {id} has a dependent object")));
    }
    remove(records, &id);
    Ok(json!({ "Return": true, "GroupId": id }))
}

pub(super) fn describe(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let all = records.groups.values().map(|group| describe_one(records, group)).collect();
    let chosen = selected(all, input, "GroupIds", "GroupId", |id| not_found_as("sg", id))?;
    let chosen = selected(chosen, input, "GroupNames", "GroupName", |name| {
        error("InvalidGroup.NotFound", format!("The security group '{name}' does not exist"))
    })?;
    let paths = &[
        ("group-id", "GroupId"),
        ("group-name", "GroupName"),
        ("description", "Description"),
        ("vpc-id", "VpcId"),
        ("owner-id", "OwnerId"),
        ("ip-permission.cidr", "IpPermissions.IpRanges.CidrIp"),
        ("ip-permission.from-port", "IpPermissions.FromPort"),
        ("ip-permission.to-port", "IpPermissions.ToPort"),
        ("ip-permission.protocol", "IpPermissions.IpProtocol"),
        ("ip-permission.group-id", "IpPermissions.UserIdGroupPairs.GroupId"),
        ("egress.ip-permission.cidr", "IpPermissionsEgress.IpRanges.CidrIp"),
        ("egress.ip-permission.from-port", "IpPermissionsEgress.FromPort"),
        ("egress.ip-permission.to-port", "IpPermissionsEgress.ToPort"),
        ("egress.ip-permission.protocol", "IpPermissionsEgress.IpProtocol"),
    ];
    page("SecurityGroups", filtered(chosen, input, paths)?, input)
}
