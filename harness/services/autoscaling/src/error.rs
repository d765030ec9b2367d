//! Errors that several operations return. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/CommonErrors.html>

use nightproof_core::service::AwsError;

pub(crate) fn validation(message: impl Into<String>) -> AwsError {
    AwsError::new("ValidationError", 400, message)
}

pub(crate) fn no_group(name: &str) -> AwsError {
    validation(format!("AutoScalingGroup name not found - AutoScalingGroup '{name}' not found"))
}

pub(crate) fn no_instance(id: &str) -> AwsError {
    validation(format!("Instance Id not found - No managed instance found for instance ID: {id}"))
}

pub(crate) fn no_configuration(name: &str) -> AwsError {
    validation(format!("Launch configuration name not found - Launch configuration {name} not found"))
}

pub(crate) fn already_exists(message: impl Into<String>) -> AwsError {
    AwsError::new("AlreadyExistsFault", 400, message)
}

pub(crate) fn in_use(message: impl Into<String>) -> AwsError {
    AwsError::new("ResourceInUseFault", 400, message)
}

pub(crate) fn invalid_token() -> AwsError {
    AwsError::new("InvalidNextToken", 400, "The NextToken value is not valid.")
}
