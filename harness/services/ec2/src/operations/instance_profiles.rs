//! Associations of instance profiles with instances.

use nightproof_core::Caller;
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{error, invalid_parameter, not_found_as};
use crate::filter::{Filter, filtered, page, selected};
use crate::profile_specification::ProfileSpecification;
use crate::records::{Instance, Profile, Records};
use crate::resource_id::resource_id;

/// The profile that a request names by ARN or name, read from IAM as EC2 itself. `None`: it names none.
pub(crate) async fn named(call: &Call, specification: &ProfileSpecification) -> Result<Option<Profile>, AwsError> {
    let (given, arn) = match (specification.arn.as_deref(), specification.name.as_deref()) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(error("InvalidParameterCombination", "The parameter 'Name' may not be used in combination with 'Arn'"));
        }
        (Some(arn), None) => (arn, true),
        (None, Some(name)) => (name, false),
    };
    let refusal = || {
        let word = if arn { "ARN" } else { "name" };
        let parameter = if arn { "iamInstanceProfile.arn" } else { "iamInstanceProfile.name" };
        invalid_parameter(format!("Value ({given}) for parameter {parameter} is invalid. Invalid IAM Instance Profile {word}"))
    };
    let name = given.rsplit('/').next().unwrap_or(given);
    let ec2 = Caller::service(call.account(), "ec2.amazonaws.com");
    let found = call.region.call(&ec2, "iam", "GetInstanceProfile", json!({ "InstanceProfileName": name })).await;
    let found = found.map_err(|refused| if refused.code == "NoSuchEntity" { refusal() } else { refused })?;
    let profile = found.get("InstanceProfile").ok_or_else(refusal)?;
    if arn && profile.text("Arn") != Some(given) {
        return Err(refusal());
    }
    Ok(Some(Profile {
        arn: profile.required("Arn").to_owned(),
        id: profile.required("InstanceProfileId").to_owned(),
        name: profile.required("InstanceProfileName").to_owned(),
        association: resource_id("iip-assoc"),
        since: call.now,
    }))
}

fn describe_one(instance: &Instance, profile: &Profile, state: &str) -> Value {
    json!({
        "AssociationId": profile.association, "InstanceId": instance.id, "State": state, "Timestamp": profile.since.to_string(),
        "IamInstanceProfile": { "Arn": profile.arn, "Id": profile.id },
    })
}

/// `AssociateIamInstanceProfile`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateIamInstanceProfile.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AssociateIamInstanceProfile {
    pub(crate) iam_instance_profile: ProfileSpecification,
    instance_id: String,
}

pub(crate) fn associate(records: &mut Records, input: &AssociateIamInstanceProfile, profile: Profile) -> Result<Value, AwsError> {
    let instance = records.instance_mut(input.instance_id.as_str())?;
    if instance.is_terminated() {
        return Err(error(
            "IncorrectInstanceState",
            format!("The instance '{}' is not in a state from which it can be associated.", instance.id),
        ));
    }
    if instance.profile.is_some() {
        return Err(error("IncorrectState", format!("There is an existing association for instance {}", instance.id)));
    }
    instance.profile = Some(profile.clone());
    Ok(json!({ "IamInstanceProfileAssociation": describe_one(instance, &profile, "associating") }))
}

fn with_association<'a>(records: &'a mut Records, id: &str) -> Result<&'a mut Instance, AwsError> {
    let found = records
        .instances
        .values_mut()
        .find(|instance| instance.profile.as_ref().is_some_and(|profile| profile.association == id));
    found.ok_or_else(|| error("InvalidAssociationID.NotFound", format!("An invalid association-id of '{id}' was given")))
}

/// `DisassociateIamInstanceProfile`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateIamInstanceProfile.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DisassociateIamInstanceProfile {
    association_id: String,
}

pub(crate) fn disassociate(records: &mut Records, input: &DisassociateIamInstanceProfile) -> Result<Value, AwsError> {
    let instance = with_association(records, input.association_id.as_str())?;
    let Some(profile) = instance.profile.take() else { return Err(AwsError::internal("association")) };
    Ok(json!({ "IamInstanceProfileAssociation": describe_one(instance, &profile, "disassociating") }))
}

/// `ReplaceIamInstanceProfileAssociation`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceIamInstanceProfileAssociation.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReplaceIamInstanceProfileAssociation {
    pub(crate) iam_instance_profile: ProfileSpecification,
    association_id: String,
}

pub(crate) fn replace(
    records: &mut Records,
    input: &ReplaceIamInstanceProfileAssociation,
    profile: Profile,
) -> Result<Value, AwsError> {
    let instance = with_association(records, input.association_id.as_str())?;
    instance.profile = Some(profile.clone());
    Ok(json!({ "IamInstanceProfileAssociation": describe_one(instance, &profile, "associating") }))
}

/// `DescribeIamInstanceProfileAssociations`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeIamInstanceProfileAssociations.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeIamInstanceProfileAssociations {
    #[serde(default)]
    association_ids: Vec<String>,
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(crate) fn describe(records: &Records, input: &DescribeIamInstanceProfileAssociations) -> Result<Value, AwsError> {
    let all = records
        .instances
        .values()
        .filter(|instance| !instance.is_terminated())
        .filter_map(|instance| instance.profile.as_ref().map(|profile| describe_one(instance, profile, "associated")))
        .collect();
    let chosen = selected(all, &input.association_ids, "AssociationId", |id| not_found_as("rtbassoc", id))?;
    let paths = &[("instance-id", "InstanceId"), ("state", "State")];
    page(
        "IamInstanceProfileAssociations",
        filtered(chosen, &input.filters, paths)?,
        input.max_results,
        input.next_token.as_deref(),
    )
}

requests! {
    AssociateIamInstanceProfile {},
    DisassociateIamInstanceProfile {},
    ReplaceIamInstanceProfileAssociation {},
    DescribeIamInstanceProfileAssociations {},
}
