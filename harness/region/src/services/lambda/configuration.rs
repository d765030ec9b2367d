//! The configuration of a function: what requests may say of it, and what is made of that.
//! <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html>

use serde_json::{Value, json};

use super::code::Code;
use super::{destination, invalid};
use crate::service::{AwsError, Call};
use crate::services::document::Members as _;

const RUNTIMES: [&str; 5] = ["python3.10", "python3.11", "python3.12", "python3.13", "python3.14"];

/// Members that both `CreateFunction` and `UpdateFunctionConfiguration` have and that are honoured; others are refused by name.
const MEMBERS: [&str; 8] =
    ["Role", "Handler", "Description", "Timeout", "MemorySize", "Environment", "Runtime", "DeadLetterConfig"];

/// Environment variables that Lambda sets itself.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>
const RESERVED: [&str; 9] = [
    "_HANDLER",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_EXECUTION_ENV",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
];

/// Largest environment variables, as JSON.
const LARGEST_ENVIRONMENT: usize = 4096;

/// Refuses what `operation` cannot honour. `beside` names the operation's members that are no part of the configuration.
pub(super) fn check(call: &Call, operation: &str, input: &Value, beside: &[&str]) -> Result<(), AwsError> {
    let mut names = input.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    if let Some(member) = names.find(|name| !MEMBERS.contains(name) && !beside.contains(name)) {
        return Err(AwsError::not_implemented("lambda", &format!("{operation} with {member}")));
    }
    if let Some(runtime) = input.text("Runtime").filter(|runtime| !RUNTIMES.contains(runtime)) {
        return Err(AwsError::not_implemented("lambda", &format!("Runtime {runtime}")));
    }
    destination::check_dead_letters(call, input.get("DeadLetterConfig").unwrap_or(&Value::Null))?;
    check_environment(input)
}

fn check_environment(input: &Value) -> Result<(), AwsError> {
    let Some(variables) = input.get("Environment").and_then(|environment| environment.get("Variables")) else { return Ok(()) };
    if variables.to_string().len() > LARGEST_ENVIRONMENT {
        return Err(invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.",
        ));
    }
    let mut names = variables.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    match names.find(|name| name.starts_with("AWS_LAMBDA_") || RESERVED.contains(name)) {
        Some(name) => Err(invalid(&format!(
            "Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: {name}"
        ))),
        None => Ok(()),
    }
}

/// The configuration of a new function.
pub(super) fn make(call: &Call, name: &str, arn: &str, input: &Value) -> Value {
    let mut made = json!({
        "FunctionName": name, "FunctionArn": arn, "Runtime": "", "Role": "", "Handler": "", "CodeSize": 0, "Description": "",
        "Timeout": 3, "MemorySize": 128, "LastModified": "", "CodeSha256": "", "Version": "$LATEST",
        "TracingConfig": { "Mode": "PassThrough" }, "RevisionId": "", "PackageType": "Zip", "Architectures": ["x86_64"],
        "EphemeralStorage": { "Size": 512 }, "SnapStart": { "ApplyOn": "None", "OptimizationStatus": "Off" },
        "LoggingConfig": { "LogFormat": "Text", "LogGroup": format!("/aws/lambda/{name}") },
        "State": "Pending", "StateReason": "The function is being created.", "StateReasonCode": "Creating",
    });
    apply(&mut made, input);
    touch(&mut made, call);
    made
}

/// Takes over what the request says.
pub(super) fn apply(configuration: &mut Value, input: &Value) {
    for member in MEMBERS {
        if let Some(value) = input.get(member) {
            configuration[member] = value.clone();
        }
    }
    // An empty ARN takes the queue away.
    if configuration.get("DeadLetterConfig").is_some_and(|config| config.text("TargetArn").is_none_or(str::is_empty))
        && let Some(members) = configuration.as_object_mut()
    {
        members.shift_remove("DeadLetterConfig");
    }
}

/// Takes over what code the function has.
pub(super) fn apply_code(configuration: &mut Value, code: &Code, architectures: Option<&Value>) {
    configuration["CodeSize"] = code.size.into();
    configuration["CodeSha256"] = code.sha256.as_str().into();
    if let Some(architectures) = architectures {
        configuration["Architectures"] = architectures.clone();
    }
}

/// A change makes a new revision.
pub(super) fn touch(configuration: &mut Value, call: &Call) {
    configuration["LastModified"] = call.now.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string().into();
    configuration["RevisionId"] = revision().into();
}

pub(super) fn revision() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Says that an update has begun.
pub(super) fn begin_update(configuration: &mut Value) {
    configuration["LastUpdateStatus"] = "InProgress".into();
    configuration["LastUpdateStatusReason"] = "The function is being created.".into();
    configuration["LastUpdateStatusReasonCode"] = "Creating".into();
}

/// Says that creation or an update is done, which is a revision of its own.
pub(super) fn settle(configuration: &mut Value) {
    configuration["State"] = "Active".into();
    configuration["LastUpdateStatus"] = "Successful".into();
    configuration["RevisionId"] = revision().into();
    if let Some(members) = configuration.as_object_mut() {
        for member in ["StateReason", "StateReasonCode", "LastUpdateStatusReason", "LastUpdateStatusReasonCode"] {
            members.shift_remove(member);
        }
    }
}
