//! The service-linked role that groups act by.
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/autoscaling-service-linked-role.html>

use nightproof_core::delivery::assume_as;
use nightproof_core::service::{Arn, AwsError, Call};
use nightproof_core::{Caller, Region};
use serde_json::json;

/// The service, as it acts by itself.
pub(crate) const PRINCIPAL: &str = "autoscaling.amazonaws.com";
const ROLE: &str = "AWSServiceRoleForAutoScaling";

/// The ARN of the role of a new group: the one that is given, or the account's own, which the first group makes in the name of who calls.
pub(crate) async fn for_group(call: &Call, given: Option<&str>) -> Result<String, AwsError> {
    if let Some(arn) = given {
        return Ok(arn.to_owned());
    }
    let service = Caller::service(call.account(), PRINCIPAL);
    match call.region.call(&service, "iam", "GetRole", json!({ "RoleName": ROLE })).await {
        Err(error) if error.code == "NoSuchEntity" => {
            let caller = call.caller.clone().via(PRINCIPAL);
            let input = json!({ "AWSServiceName": PRINCIPAL });
            match call.region.call(&caller, "iam", "CreateServiceLinkedRole", input).await {
                // Of two groups that are made at once one makes it.
                Err(error) if error.code == "InvalidInput" => {}
                made => drop(made?),
            }
        }
        found => drop(found?),
    }
    Ok(Arn::new("iam", "", call.account(), format!("role/aws-service-role/{PRINCIPAL}/{ROLE}")).to_string())
}

/// A session of a group's role.
pub(crate) async fn session(region: &Region, account: &str, role: &str) -> Result<Caller, AwsError> {
    assume_as(region, &Caller::service(account, PRINCIPAL), role, "AutoScaling").await
}
