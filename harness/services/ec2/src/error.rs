//! EC2's errors. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>

use nightproof_core::service::AwsError;

pub(crate) fn error(code: &str, message: impl Into<String>) -> AwsError {
    AwsError::new(code, 400, message)
}

pub(crate) fn invalid_parameter(message: impl Into<String>) -> AwsError {
    error("InvalidParameterValue", message)
}

pub(crate) fn missing(parameter: &str) -> AwsError {
    error("MissingParameter", format!("The request must contain the parameter {parameter}"))
}

pub(crate) fn dependency(message: impl Into<String>) -> AwsError {
    error("DependencyViolation", message)
}

pub(crate) fn unsupported(operation: &str, member: &str) -> AwsError {
    AwsError::not_implemented("ec2", &format!("{operation} with {member}"))
}

/// The error for an id of nothing: each kind of resource has its own code and words.
pub(crate) fn not_found(id: &str) -> AwsError {
    not_found_as(id.split_once('-').map_or("", |(kind, _)| kind), id)
}

/// The error for an `id` where one with the prefix `kind` was wanted.
pub(crate) fn not_found_as(kind: &str, id: &str) -> AwsError {
    let (code, message) = match kind {
        "vpc" => ("InvalidVpcID.NotFound", format!("The vpc ID '{id}' does not exist")),
        "subnet" => ("InvalidSubnetID.NotFound", format!("The subnet ID '{id}' does not exist")),
        "sg" => ("InvalidGroup.NotFound", format!("The security group '{id}' does not exist")),
        "sgr" => ("InvalidSecurityGroupRuleId.NotFound", format!("The security group rule ID '{id}' does not exist")),
        "igw" => ("InvalidInternetGatewayID.NotFound", format!("The internetGateway ID '{id}' does not exist")),
        "nat" => ("NatGatewayNotFound", format!("NAT gateway {id} was not found")),
        "acl" => ("InvalidNetworkAclID.NotFound", format!("The networkAcl ID '{id}' does not exist")),
        "aclassoc" => ("InvalidAssociationID.NotFound", format!("The association ID '{id}' does not exist")),
        "vpce" => ("InvalidVpcEndpointId.NotFound", format!("The Vpc Endpoint Id '{id}' does not exist")),
        "rtb" => ("InvalidRouteTableID.NotFound", format!("The routeTable ID '{id}' does not exist")),
        "rtbassoc" => ("InvalidAssociationID.NotFound", format!("The association ID '{id}' does not exist")),
        "eipassoc" => ("InvalidAssociationID.NotFound", format!("The association ID '{id}' does not exist")),
        "eipalloc" => ("InvalidAllocationID.NotFound", format!("The allocation ID '{id}' does not exist")),
        "i" => ("InvalidInstanceID.NotFound", format!("The instance ID '{id}' does not exist")),
        "ami" => ("InvalidAMIID.NotFound", format!("The image id '[{id}]' does not exist")),
        "vol" => ("InvalidVolume.NotFound", format!("The volume '{id}' does not exist.")),
        "eni" => ("InvalidNetworkInterfaceID.NotFound", format!("The networkInterface ID '{id}' does not exist")),
        _ => ("InvalidID", format!("The ID '{id}' is not valid")),
    };
    error(code, message)
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html>
pub(crate) fn dry_run() -> AwsError {
    AwsError::new("DryRunOperation", 412, "Request would have succeeded, but DryRun flag is set.")
}
