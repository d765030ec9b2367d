//! What a function's VPC configuration names.
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html>

use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::configuration::VpcConfig;
use crate::error::invalid;

/// Refuses subnets and security groups that there are not, as EC2 tells who asks for the function.
pub(crate) async fn check(call: &Call, config: Option<&VpcConfig>) -> Result<(), AwsError> {
    let Some(config) = config else { return Ok(()) };
    described(call, "DescribeSecurityGroups", "GroupIds", &config.security_group_ids).await?;
    described(call, "DescribeSubnets", "SubnetIds", &config.subnet_ids).await
}

async fn described(call: &Call, operation: &str, member: &str, ids: &[String]) -> Result<(), AwsError> {
    if ids.is_empty() {
        return Ok(());
    }
    let caller = call.caller.clone().via(&format!("lambda.{}.amazonaws.com", call.region.name()));
    let input: Value = json!({ member: ids });
    match call.region.call(&caller, "ec2", operation, input).await {
        // That a function in a VPC is not run here is refused by name afterwards.
        Err(error) if error.code != "NotImplemented" => Err(invalid(format!(
            "Error occurred while {operation}. EC2 Error Code: {}. EC2 Error Message: {}",
            error.code, error.message
        ))),
        _ => Ok(()),
    }
}
