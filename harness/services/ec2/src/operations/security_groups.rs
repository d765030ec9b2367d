//! Security groups.

use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::error::{dependency, error, invalid_parameter, not_found_as};
use crate::filter::{filtered, page, selected};
use crate::records::{Direction, Records, SecurityGroup, Source};
use crate::{ip_permission, request_tags, security_group};

fn describe_one(records: &Records, group: &SecurityGroup) -> Value {
    json!({
        "GroupId": group.id,
        "GroupName": group.name,
        "Description": group.description,
        "OwnerId": records.account,
        "VpcId": group.vpc,
        "SecurityGroupArn": records.arn("security-group", &group.id),
        "IpPermissions": ip_permission::permissions(records, &group.id, Direction::Ingress),
        "IpPermissionsEgress": ip_permission::permissions(records, &group.id, Direction::Egress),
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

pub(crate) fn create(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
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
    let id = security_group::add(records, &vpc, name, description, false);
    request_tags::on_creation(records, input, "security-group", &id)?;
    Ok(json!({ "GroupId": id, "Tags": records.tags_of(&id), "SecurityGroupArn": records.arn("security-group", &id) }))
}

pub(crate) fn delete(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let id = security_group::named(records, input)?;
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
    security_group::remove(records, &id);
    Ok(json!({ "Return": true, "GroupId": id }))
}

pub(crate) fn describe(records: &Records, input: &Value) -> Result<Value, AwsError> {
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
