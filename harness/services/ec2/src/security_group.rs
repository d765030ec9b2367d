//! What several operations do with security groups.

use ipnet::Ipv4Net;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::error::{error, missing};
use crate::records::{Direction, Records, Rule, SecurityGroup, Source};
use crate::resource_id::resource_id;

/// A new group with AWS's first rules: all egress, and in a default group ingress from itself.
pub(crate) fn add(records: &mut Records, vpc: &str, name: &str, description: &str, from_itself: bool) -> String {
    let id = resource_id("sg");
    let group = SecurityGroup { id: id.clone(), name: name.to_owned(), description: description.to_owned(), vpc: vpc.to_owned() };
    records.groups.insert(id.clone(), group);
    add_rule(records, Rule::all(&id, Direction::Egress, Source::Ipv4(Ipv4Net::default())));
    if from_itself {
        add_rule(records, Rule::all(&id, Direction::Ingress, Source::Group(id.clone())));
    }
    id
}

/// Forgets a group with its rules and tags.
pub(crate) fn remove(records: &mut Records, id: &str) {
    records.groups.remove(id);
    let rules: Vec<String> = records.rules.values().filter(|rule| rule.group == id).map(|rule| rule.id.clone()).collect();
    for rule in rules {
        records.rules.remove(&rule);
        records.tags.remove(&rule);
    }
    records.tags.remove(id);
}

/// Stores a rule under a new id. Returns the id.
pub(crate) fn add_rule(records: &mut Records, mut rule: Rule) -> String {
    rule.id = resource_id("sgr");
    let id = rule.id.clone();
    records.rules.insert(id.clone(), rule);
    id
}

/// The group as instances and interfaces show it.
pub(crate) fn identifiers(records: &Records, ids: &[String]) -> Vec<Value> {
    ids.iter()
        .filter_map(|id| records.groups.get(id))
        .map(|group| json!({ "GroupId": group.id, "GroupName": group.name }))
        .collect()
}

/// The group that a request names by id, or by name in the default VPC.
pub(crate) fn named(records: &Records, id: Option<&str>, name: Option<&str>) -> Result<String, AwsError> {
    if let Some(id) = id {
        return Ok(records.group(id)?.id.clone());
    }
    let name = name.ok_or_else(|| missing("groupName or groupId"))?;
    by_name(records, name)
}

/// A group by its name in the default VPC.
pub(crate) fn by_name(records: &Records, name: &str) -> Result<String, AwsError> {
    let vpc = records.default_vpc().map(|vpc| vpc.id.as_str());
    let found = records.groups.values().find(|group| Some(group.vpc.as_str()) == vpc && group.name == name);
    found.map(|group| group.id.clone()).ok_or_else(|| {
        error(
            "InvalidGroup.NotFound",
            format!("The security group '{name}' does not exist in default VPC '{}'", vpc.unwrap_or("none")),
        )
    })
}

/// The default group of a VPC.
pub(crate) fn default_group(records: &Records, vpc: &str) -> Option<String> {
    let found = records.groups.values().find(|group| group.vpc == vpc && group.name == "default");
    found.map(|group| group.id.clone())
}

/// Groups of an interface belong to the VPC of its subnet, five at most.
pub(crate) fn check_groups(records: &Records, groups: &[String], vpc: &str, subnet: &str) -> Result<(), AwsError> {
    if groups.len() > 5 {
        return Err(error(
            "SecurityGroupsPerInterfaceLimitExceeded",
            "The maximum number of security groups per interface has been reached.",
        ));
    }
    for id in groups {
        if records.group(id)?.vpc != vpc {
            return Err(error(
                "InvalidParameter",
                format!("Security group {id} and subnet {subnet} belong to different networks."),
            ));
        }
    }
    Ok(())
}
