//! Security groups.

use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{dependency, error, invalid_parameter, not_found_as};
use crate::filter::{Filter, filtered, page, selected};
use crate::records::{Direction, Records, SecurityGroup, Source};
use crate::request_tags::{self, TagSpecification};
use crate::{ip_permission, security_group};

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

/// `CreateSecurityGroup`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateSecurityGroup {
    description: String,
    group_name: String,
    vpc_id: Option<String>,
    #[serde(default)]
    tag_specifications: Vec<TagSpecification>,
    #[serde(default)]
    dry_run: bool,
}

pub(crate) fn create(records: &mut Records, input: &CreateSecurityGroup) -> Result<Value, AwsError> {
    let (name, description) = (input.group_name.as_str(), input.description.as_str());
    check_text("GroupName", name)?;
    check_text("GroupDescription", description)?;
    if name.starts_with("sg-") {
        return Err(invalid_parameter(format!(
            "Value ({name}) for parameter groupName is invalid. Group names may not be in the format sg-*."
        )));
    }
    let vpc = match input.vpc_id.as_deref() {
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
    request_tags::on_creation(records, &input.tag_specifications, "security-group", &id)?;
    Ok(json!({ "GroupId": id, "Tags": records.tags_of(&id), "SecurityGroupArn": records.arn("security-group", &id) }))
}

/// `DeleteSecurityGroup`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteSecurityGroup {
    group_id: Option<String>,
    group_name: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

pub(crate) fn delete(records: &mut Records, input: &DeleteSecurityGroup) -> Result<Value, AwsError> {
    let id = security_group::named(records, input.group_id.as_deref(), input.group_name.as_deref())?;
    let group = records.group(&id)?;
    if group.name == "default" {
        return Err(error(
            "CannotDelete",
            format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user"),
        ));
    }
    let used = records.instances.values().any(|instance| !instance.is_terminated() && instance.groups.contains(&id))
        || records.interfaces.values().any(|interface| interface.groups.contains(&id))
        || records.rules.values().any(|rule| rule.group != id && rule.source == Source::Group(id.clone()))
        || records.vpc_endpoints.values().any(|endpoint| endpoint.groups().contains(&id));
    if used {
        return Err(dependency(format!("resource {id} has a dependent object")));
    }
    security_group::remove(records, &id);
    Ok(json!({ "Return": true, "GroupId": id }))
}

/// `DescribeSecurityGroups`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeSecurityGroups {
    #[serde(default)]
    group_ids: Vec<String>,
    #[serde(default)]
    group_names: Vec<String>,
    next_token: Option<String>,
    max_results: Option<i64>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    filters: Vec<Filter>,
}

pub(crate) fn describe(records: &Records, input: &DescribeSecurityGroups) -> Result<Value, AwsError> {
    let all = records.groups.values().map(|group| describe_one(records, group)).collect();
    let chosen = selected(all, &input.group_ids, "GroupId", |id| not_found_as("sg", id))?;
    let chosen = selected(chosen, &input.group_names, "GroupName", |name| {
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
    page("SecurityGroups", filtered(chosen, &input.filters, paths)?, input.max_results, input.next_token.as_deref())
}

requests! {
    CreateSecurityGroup { dry_run, tag_specifications },
    DeleteSecurityGroup { dry_run },
    DescribeSecurityGroups { dry_run },
}
