//! Functions in VPCs: what their configuration names, and the network interfaces by which they are there.
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use nightproof_core::Region;
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use nightproof_vpc_link::Links;
use serde_json::{Value, json};

use crate::configuration::VpcConfig;
use crate::error::invalid;

/// Where an interface is: functions with the same subnet and security groups share it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) subnet: String,
    /// Sorted.
    pub(crate) groups: Vec<String>,
}

/// A network interface that Lambda has made.
#[derive(Debug, Clone)]
pub(crate) struct Interface {
    /// `eni-…`
    pub(crate) id: String,
    /// Its private address.
    pub(crate) address: String,
}

/// The interfaces of an account.
pub(crate) type Interfaces = BTreeMap<Place, Interface>;

/// How an environment in a VPC reaches AWS.
#[derive(Debug, Clone)]
pub(crate) struct Uplink {
    pub(crate) account: String,
    pub(crate) interface: Interface,
    pub(crate) links: Arc<Links>,
}

/// The VPC of the subnets that a request names; `None` if it names none.
///
/// # Errors
/// Subnets and security groups that there are not, as EC2 tells who asks for the function, and one without the other.
pub(crate) async fn check(call: &Call, config: Option<&VpcConfig>) -> Result<Option<String>, AwsError> {
    let Some(config) = config else { return Ok(None) };
    described(call, "DescribeSecurityGroups", "GroupIds", &config.security_group_ids).await?;
    let found = described(call, "DescribeSubnets", "SubnetIds", &config.subnet_ids).await?;
    if config.subnet_ids.is_empty() != config.security_group_ids.is_empty() {
        return Err(invalid("SubnetIds and SecurityIds must coexist or be both empty list."));
    }
    Ok(found.list("Subnets").first().and_then(|subnet| subnet.text("VpcId")).map(str::to_owned))
}

async fn described(call: &Call, operation: &str, member: &str, ids: &[String]) -> Result<Value, AwsError> {
    if ids.is_empty() {
        return Ok(Value::Null);
    }
    let caller = call.caller.clone().via(&principal(&call.region));
    let input: Value = json!({ member: ids });
    call.region.call(&caller, "ec2", operation, input).await.map_err(|error| {
        invalid(format!("Error occurred while {operation}. EC2 Error Code: {}. EC2 Error Message: {}", error.code, error.message))
    })
}

/// As whom Lambda passes calls on.
pub(crate) fn principal(region: &Region) -> String {
    format!("lambda.{}.amazonaws.com", region.name())
}

/// The places that a configuration names.
pub(crate) fn places(configuration: &Value) -> Vec<Place> {
    let Some(config) = configuration.get("VpcConfig") else { return Vec::new() };
    let texts = |member: &str| config.texts(member).into_iter().map(str::to_owned).collect::<Vec<_>>();
    let mut groups = texts("SecurityGroupIds");
    groups.sort_unstable();
    texts("SubnetIds").into_iter().map(|subnet| Place { subnet, groups: groups.clone() }).collect()
}
