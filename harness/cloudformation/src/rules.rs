//! The check of a template's `Rules`, with what they ask of EC2.

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use nightproof_template::{Inputs, ParameterFacts, ResourceFacts, Template};
use serde_json::{Value, json};

use crate::error::invalid;

/// How EC2 lists the resources that a parameter's type names.
struct Listing {
    kind: &'static str,
    operation: &'static str,
    /// The member of the answer.
    list: &'static str,
    /// The member of a resource that is its id.
    id: &'static str,
    /// The members that are attributes.
    attributes: &'static [&'static str],
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-rules.html>
const LISTINGS: [Listing; 3] = [
    Listing { kind: "AWS::EC2::VPC::Id", operation: "DescribeVpcs", list: "Vpcs", id: "VpcId", attributes: &[] },
    Listing {
        kind: "AWS::EC2::Subnet::Id",
        operation: "DescribeSubnets",
        list: "Subnets",
        id: "SubnetId",
        attributes: &["AvailabilityZone", "VpcId"],
    },
    Listing {
        kind: "AWS::EC2::SecurityGroup::Id",
        operation: "DescribeSecurityGroups",
        list: "SecurityGroups",
        id: "GroupId",
        attributes: &["VpcId"],
    },
];

/// Refuses parameters that a rule does not allow.
pub(crate) async fn check(call: &Call, template: &Template, inputs: &Inputs) -> Result<(), AwsError> {
    let mut facts = ParameterFacts::default();
    for lookup in template.rule_lookups() {
        let kind = lookup.kind;
        let Some(listing) = LISTINGS.iter().find(|listing| listing.kind == kind) else {
            return Err(AwsError::not_implemented("cloudformation", &format!("rule functions of parameters of type {kind}")));
        };
        let answer = call.region.call(&call.caller, "ec2", listing.operation, json!({})).await?;
        let described = answer.list(listing.list).iter();
        let mut found: Vec<(String, ResourceFacts)> =
            described.map(|one| (one.required(listing.id).to_owned(), facts_of(one, listing.attributes))).collect();
        if kind == "AWS::EC2::VPC::Id" {
            defaults(call, &mut found).await?;
        }
        facts.resources.insert(kind, found);
    }
    template.check_rules(inputs, &facts).map_err(|errors| invalid(&errors))
}

fn facts_of(resource: &Value, names: &[&str]) -> ResourceFacts {
    let plain = names.iter().filter_map(|name| Some(((*name).to_owned(), resource.text(name)?.to_owned())));
    let tags =
        resource.list("Tags").iter().map(|tag| (format!("Tags.{}", tag.required("Key")), tag.required("Value").to_owned()));
    plain.chain(tags).collect()
}

/// The default security group of each VPC.
async fn defaults(call: &Call, vpcs: &mut [(String, ResourceFacts)]) -> Result<(), AwsError> {
    let groups = call.region.call(&call.caller, "ec2", "DescribeSecurityGroups", json!({})).await?;
    for group in groups.list("SecurityGroups").iter().filter(|group| group.text("GroupName") == Some("default")) {
        if let Some((_, attributes)) = vpcs.iter_mut().find(|(id, _)| group.text("VpcId") == Some(id)) {
            attributes.insert("DefaultSecurityGroup".to_owned(), group.required("GroupId").to_owned());
        }
    }
    Ok(())
}
