//! What other resources of the stack attach to a resource: it is no drift that the resource has it.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html#drift-considerations>

use serde_json::Value;

use super::comparison::PropertyDifference;
use crate::records::StackResource;

/// A type, the property that is a list, and a type whose resources add to it.
const ATTACHMENTS: [(&str, &str, &str); 8] = [
    ("AWS::EC2::SecurityGroup", "/SecurityGroupEgress/", "AWS::EC2::SecurityGroupEgress"),
    ("AWS::EC2::SecurityGroup", "/SecurityGroupIngress/", "AWS::EC2::SecurityGroupIngress"),
    ("AWS::IAM::Role", "/ManagedPolicyArns/", "AWS::IAM::ManagedPolicy"),
    ("AWS::IAM::Role", "/Policies/", "AWS::IAM::Policy"),
    ("AWS::IAM::Role", "/Policies/", "AWS::IAM::RolePolicy"),
    ("AWS::IAM::User", "/ManagedPolicyArns/", "AWS::IAM::ManagedPolicy"),
    ("AWS::IAM::User", "/Policies/", "AWS::IAM::Policy"),
    ("AWS::SNS::Topic", "/Subscription/", "AWS::SNS::Subscription"),
];

/// Whether another resource of the stack has added this to a resource of type `kind`.
pub(super) fn is_attached(kind: &str, difference: &PropertyDifference, others: &[StackResource]) -> bool {
    let adds = |other: &&StackResource| {
        ATTACHMENTS.iter().any(|(one, property, by)| *one == kind && difference.path.starts_with(property) && *by == other.kind)
    };
    difference.expected.is_null() && others.iter().filter(adds).any(|other| is_it(&difference.actual, other))
}

/// Whether an item is what a resource is: it has its physical id, or all that both have in common.
fn is_it(item: &Value, other: &StackResource) -> bool {
    let Some(made) = &other.made else { return false };
    let Some(members) = item.as_object() else { return item.as_str() == Some(made.physical.as_str()) };
    let common = members.iter().filter_map(|(name, value)| Some((value, made.properties.get(name)?)));
    let common: Vec<_> = common.collect();
    !common.is_empty() && common.iter().all(|(one, other)| one == other)
}
