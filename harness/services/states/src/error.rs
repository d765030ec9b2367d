//! Errors that several operations return.

use nightproof_core::service::AwsError;

pub(crate) fn no_machine(arn: &str) -> AwsError {
    AwsError::new("StateMachineDoesNotExist", 400, format!("State Machine Does Not Exist: '{arn}'"))
}

pub(crate) fn no_execution(arn: &str) -> AwsError {
    AwsError::new("ExecutionDoesNotExist", 400, format!("Execution Does Not Exist: '{arn}'"))
}

pub(crate) fn no_resource(arn: &str) -> AwsError {
    AwsError::new("ResourceNotFound", 400, format!("Resource not found: '{arn}'")).with("resourceName", arn)
}

pub(crate) fn invalid_arn(arn: &str) -> AwsError {
    AwsError::new("InvalidArn", 400, format!("Invalid Arn: '{arn}'"))
}

pub(crate) fn invalid_name(name: &str) -> AwsError {
    AwsError::new("InvalidName", 400, format!("Invalid Name: '{name}'"))
}

pub(crate) fn invalid_token(token: &str) -> AwsError {
    AwsError::new("InvalidToken", 400, format!("Invalid Token: '{token}'"))
}
