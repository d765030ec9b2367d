//! The configuration of a function: what requests may say of it, and what is made of that.
//! <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html>

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::code::Code;
use crate::destination;
use crate::error::invalid;
use crate::revision::revision;

/// Runtimes that machines can run.
const RUNTIMES: [&str; 5] = ["python3.10", "python3.11", "python3.12", "python3.13", "python3.14"];

/// Members that both `CreateFunction` and `UpdateFunctionConfiguration` have and that are honoured.
const HONOURED: [&str; 9] = [
    "Role",
    "Handler",
    "Description",
    "Timeout",
    "MemorySize",
    "Environment",
    "Runtime",
    "DeadLetterConfig",
    // The size of /tmp.
    "EphemeralStorage",
];

/// Members that are taken in the form that changes nothing, since templates and tools spell it out. What else they can say is refused,
/// since a function would behave otherwise on AWS than here:
/// - `VpcConfig`: in a VPC, what a function reaches depends on its subnets' routes and endpoints;
/// - `Layers`, `FileSystemConfigs`, `ImageConfig`, `PackageType`: code and files that are not in the zip;
/// - `SnapStart`: published versions start from a snapshot;
/// - `TracingConfig`: `Active` wants a role that may write to X-Ray, which is not served.
///
/// All other members are refused by name, for the like reasons: `KMSKeyArn` (variables that a key's policy guards), `CodeSigningConfigArn`
/// (code that is refused without a signature), `CapacityProviderConfig`, `DurableConfig`, `TenancyConfig` (other kinds of environments).
const NEUTRAL: [&str; 7] =
    ["VpcConfig", "Layers", "FileSystemConfigs", "ImageConfig", "PackageType", "SnapStart", "TracingConfig"];

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
    let known = |name: &str| HONOURED.contains(&name) || name == "LoggingConfig" || beside.contains(&name);
    if let Some(member) = names.find(|name| !known(name) && !is_neutral(name, input)) {
        return Err(AwsError::not_implemented("lambda", &format!("{operation} with {member}")));
    }
    check_logging(input)?;
    if let Some(runtime) = input.text("Runtime").filter(|runtime| !RUNTIMES.contains(runtime)) {
        return Err(no_runtime(runtime));
    }
    destination::check_dead_letters(call, input.get("DeadLetterConfig").unwrap_or(&Value::Null))?;
    check_environment(input)
}

/// Whether AWS has a runtime that is not run here.
pub(super) fn lacks_runtime(runtime: &str) -> bool {
    !RUNTIMES.contains(&runtime) && runtimes_of_aws().iter().any(|known| known == runtime)
}

fn runtimes_of_aws() -> Vec<String> {
    let facts = nightproof_registry::resource_type("AWS::Lambda::Function");
    let known = facts.as_ref().and_then(|facts| facts.values(&["Runtime"])).unwrap_or_default();
    known.into_iter().map(str::to_owned).collect()
}

/// A runtime that is not run here: one of AWS's, or none.
fn no_runtime(runtime: &str) -> AwsError {
    if lacks_runtime(runtime) {
        return AwsError::not_implemented("lambda", &format!("Runtime {runtime}"));
    }
    invalid(&format!(
        "Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{}] or be a valid ARN",
        runtimes_of_aws().join(", ")
    ))
}

fn is_neutral(member: &str, input: &Value) -> bool {
    if !NEUTRAL.contains(&member) {
        return false;
    }
    let value = input.get(member).unwrap_or(&Value::Null);
    match member {
        "PackageType" => value == "Zip",
        "SnapStart" => value.text("ApplyOn").is_none_or(|apply_on| apply_on == "None"),
        "TracingConfig" => value.text("Mode").is_none_or(|mode| mode == "PassThrough"),
        "VpcConfig" => !value.has("SubnetIds") && !value.has("SecurityGroupIds"),
        _ => !input.has(member),
    }
}

/// Levels belong to logs in JSON.
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html>
fn check_logging(input: &Value) -> Result<(), AwsError> {
    let Some(config) = input.get("LoggingConfig") else { return Ok(()) };
    let levels = config.has("ApplicationLogLevel") || config.has("SystemLogLevel");
    if levels && config.text("LogFormat").is_none_or(|format| format == "Text") {
        return Err(invalid("To set ApplicationLogLevel or SystemLogLevel, set LogFormat to JSON."));
    }
    Ok(())
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
    for member in HONOURED {
        if let Some(value) = input.get(member) {
            configuration[member] = value.clone();
        }
    }
    if let Some(config) = input.get("LoggingConfig") {
        apply_logging(configuration, config);
    }
    // An empty ARN takes the queue away.
    if configuration.get("DeadLetterConfig").is_some_and(|config| config.text("TargetArn").is_none_or(str::is_empty))
        && let Some(members) = configuration.as_object_mut()
    {
        members.shift_remove("DeadLetterConfig");
    }
}

fn apply_logging(configuration: &mut Value, config: &Value) {
    let logging = &mut configuration["LoggingConfig"];
    for member in ["LogFormat", "LogGroup", "ApplicationLogLevel", "SystemLogLevel"] {
        if let Some(value) = config.text(member) {
            logging[member] = value.into();
        }
    }
    for member in ["ApplicationLogLevel", "SystemLogLevel"] {
        let json = logging.text("LogFormat") == Some("JSON");
        match logging.as_object_mut() {
            Some(members) if json => {
                members.entry(member).or_insert_with(|| "INFO".into());
            }
            Some(members) => {
                members.shift_remove(member);
            }
            None => {}
        }
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
