//! The configuration of a function: what requests may say of it, and what is made of that.
//! <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html>

use jiff::Timestamp;
use nightproof_core::credentials::sha256_hex;
use nightproof_core::document::Members as _;
use nightproof_core::service::{Arn, AwsError, Call};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::code::Code;
use crate::destination;
use crate::error::{invalid, require_one_of};
use crate::node;
use crate::revision::{date, revision};
use crate::runtime_lifecycle::{self, Change};

/// Runtimes whose published versions can start from a snapshot.
/// <https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html#snapstart-runtimes>
const SNAP_START: [&str; 9] =
    ["java11", "java17", "java21", "java25", "python3.12", "python3.13", "python3.14", "dotnet8", "dotnet10"];

/// Environment variables that Lambda sets itself.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>
const RESERVED: [&str; 18] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
];

/// Largest environment variables, as JSON.
const LARGEST_ENVIRONMENT: usize = 4096;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Environment {
    variables: Option<Map<String, Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeadLetterConfig {
    target_arn: Option<String>,
}

/// The size of `/tmp`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct EphemeralStorage {
    size: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TracingConfig {
    mode: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SnapStart {
    apply_on: Option<String>,
}

/// In a VPC, what a function reaches depends on its subnets' routes and endpoints.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VpcConfig {
    #[serde(default)]
    pub(crate) subnet_ids: Vec<String>,
    #[serde(default)]
    pub(crate) security_group_ids: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct LoggingConfig {
    log_format: Option<String>,
    application_log_level: Option<String>,
    system_log_level: Option<String>,
    log_group: Option<String>,
}

/// What both `CreateFunction` and `UpdateFunctionConfiguration` may say. Members that neither has here (`FileSystemConfigs` with a file
/// system, `ImageConfig`, `KMSKeyArn` with a key, `CapacityProviderConfig`, `DurableConfig`, `TenancyConfig`…) are refused by name: a function
/// would behave otherwise on AWS than here.
#[derive(Debug, Default)]
pub(crate) struct Settings<'a> {
    pub runtime: Option<&'a str>,
    pub role: Option<&'a str>,
    pub handler: Option<&'a str>,
    pub description: Option<&'a str>,
    pub timeout: Option<u64>,
    pub memory_size: Option<u64>,
    pub environment: Option<&'a Environment>,
    pub dead_letter_config: Option<&'a DeadLetterConfig>,
    pub ephemeral_storage: Option<&'a EphemeralStorage>,
    pub tracing_config: Option<&'a TracingConfig>,
    pub snap_start: Option<&'a SnapStart>,
    pub vpc_config: Option<&'a VpcConfig>,
    /// The VPC of its subnets.
    pub vpc: Option<String>,
    pub logging_config: Option<&'a LoggingConfig>,
    pub kms_key_arn: Option<&'a str>,
    pub file_system_configs: Option<&'a [Value]>,
    /// As `Layers` of the answer has them.
    pub layers: Option<Value>,
}

impl Settings<'_> {
    /// Refuses what `operation` cannot honour. `before` is the configuration that it changes.
    pub(crate) fn check(&self, call: &Call, operation: &str, before: Option<&Value>) -> Result<(), AwsError> {
        let lacking = |member: &str| Err(AwsError::not_implemented("lambda", &format!("{operation} with {member}")));
        if let Some(variables) = self.environment.and_then(|environment| environment.variables.as_ref()) {
            check_variables(variables)?;
        }
        if self.kms_key_arn.is_some_and(|key| !key.is_empty()) {
            return lacking("KMSKeyArn");
        }
        if self.file_system_configs.is_some_and(|systems| !systems.is_empty()) {
            return lacking("FileSystemConfigs");
        }
        if let Some(tracing) = self.tracing_config {
            require_one_of(tracing.mode.as_deref(), "tracingConfig.mode", &["PassThrough", "Active"])?;
        }
        self.check_logging()?;
        self.check_snap_start(before)?;
        destination::check_dead_letters(call, self.dead_letter_config.and_then(|config| config.target_arn.as_deref()))
    }

    /// Levels belong to logs in JSON.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html>
    fn check_logging(&self) -> Result<(), AwsError> {
        let Some(config) = self.logging_config else { return Ok(()) };
        require_one_of(config.log_format.as_deref(), "loggingConfig.logFormat", &["JSON", "Text"])?;
        let levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
        require_one_of(config.application_log_level.as_deref(), "loggingConfig.applicationLogLevel", &levels)?;
        require_one_of(config.system_log_level.as_deref(), "loggingConfig.systemLogLevel", &["DEBUG", "INFO", "WARN"])?;
        let levels = config.application_log_level.is_some() || config.system_log_level.is_some();
        if levels && config.log_format.as_deref().is_none_or(|format| format == "Text") {
            return Err(invalid("To set ApplicationLogLevel or SystemLogLevel, set LogFormat to JSON."));
        }
        Ok(())
    }

    fn check_snap_start(&self, before: Option<&Value>) -> Result<(), AwsError> {
        let Some(apply_on) = self.snap_start.and_then(|snap_start| snap_start.apply_on.as_deref()) else { return Ok(()) };
        require_one_of(Some(apply_on), "snapStart.applyOn", &["PublishedVersions", "None"])?;
        let runtime = self.runtime.or_else(|| before?.text("Runtime")).unwrap_or_default();
        if apply_on != "None" && !SNAP_START.contains(&runtime) {
            return Err(invalid(format!("{runtime} is not supported for SnapStart enabled functions.")));
        }
        Ok(())
    }
}

/// Refuses a runtime that AWS does not have, or has no more for this change; those that are blocked at this time may be `allowed`.
pub(crate) fn check_runtime(name: &str, change: Change, now: Timestamp, allowed: bool) -> Result<(), AwsError> {
    let runtime = runtime_lifecycle::find(name).ok_or_else(|| runtime_lifecycle::unknown(name))?;
    if runtime.is_blocked(change, now) && !allowed { Err(runtime.refusal()) } else { Ok(()) }
}

/// Whether AWS has a runtime that is not run here. All of Python's are run by the Python of this host or of the image, and so are those of
/// Node.js that AWS may still have functions of.
pub(crate) fn lacks_runtime(runtime: &str) -> bool {
    !runtime.starts_with("python3.") && !node::runs(runtime) && runtime_lifecycle::find(runtime).is_some()
}

fn check_variables(variables: &Map<String, Value>) -> Result<(), AwsError> {
    let text = json!(variables).to_string();
    if text.len() > LARGEST_ENVIRONMENT {
        return Err(invalid(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: {text}"
        )));
    }
    let reserved: Vec<&str> = variables.keys().map(String::as_str).filter(|name| RESERVED.contains(name)).collect();
    if reserved.is_empty() {
        return Ok(());
    }
    Err(invalid(format!(
        "Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: {}",
        reserved.join(", ")
    )))
}

/// The ARN of a runtime's version. AWS tells its builds apart; here a runtime has one, named after it.
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html>
fn runtime_version_arn(call: &Call, runtime: &str) -> String {
    let resource = format!("runtime:{}", sha256_hex(runtime.as_bytes()));
    Arn::new("lambda", call.region.name(), "", resource).to_string()
}

/// The configuration of a new function.
pub(crate) fn make(call: &Call, name: &str, arn: &str, settings: &Settings<'_>) -> Value {
    let mut made = json!({
        "FunctionName": name, "FunctionArn": arn, "Runtime": "", "Role": "", "Handler": "", "CodeSize": 0, "Description": "",
        "Timeout": 3, "MemorySize": 128, "LastModified": "", "CodeSha256": "", "Version": "$LATEST",
        "TracingConfig": { "Mode": "PassThrough" }, "RevisionId": "", "PackageType": "Zip", "Architectures": ["x86_64"],
        "EphemeralStorage": { "Size": 512 }, "SnapStart": { "ApplyOn": "None", "OptimizationStatus": "Off" },
        "LoggingConfig": { "LogFormat": "Text", "LogGroup": format!("/aws/lambda/{name}") },
        "State": "Pending", "StateReason": "The function is being created.", "StateReasonCode": "Creating",
    });
    apply(call, &mut made, settings);
    touch(&mut made, call.now);
    made
}

/// Takes over what the request says.
pub(crate) fn apply(call: &Call, configuration: &mut Value, settings: &Settings<'_>) {
    for (member, text) in [
        ("Runtime", settings.runtime),
        ("Role", settings.role),
        ("Handler", settings.handler),
        ("Description", settings.description),
    ] {
        if let Some(text) = text {
            configuration[member] = text.into();
        }
    }
    for (member, number) in [("Timeout", settings.timeout), ("MemorySize", settings.memory_size)] {
        if let Some(number) = number {
            configuration[member] = number.into();
        }
    }
    if let Some(runtime) = settings.runtime {
        configuration["RuntimeVersionConfig"] = json!({ "RuntimeVersionArn": runtime_version_arn(call, runtime) });
    }
    if let Some(environment) = settings.environment {
        configuration["Environment"] = json!({ "Variables": environment.variables.clone().unwrap_or_default() });
    }
    if let Some(storage) = settings.ephemeral_storage {
        configuration["EphemeralStorage"] = json!({ "Size": storage.size });
    }
    if let Some(mode) = settings.tracing_config.and_then(|config| config.mode.as_deref()) {
        configuration["TracingConfig"] = json!({ "Mode": mode });
    }
    if let Some(apply_on) = settings.snap_start.and_then(|config| config.apply_on.as_deref()) {
        configuration["SnapStart"] = json!({ "ApplyOn": apply_on, "OptimizationStatus": "Off" });
    }
    if let Some(config) = settings.logging_config {
        apply_logging(&mut configuration["LoggingConfig"], config);
    }
    // An empty ARN takes the queue away, an empty list the layers.
    if let Some(config) = settings.dead_letter_config {
        let arn = config.target_arn.as_deref().filter(|arn| !arn.is_empty());
        set(configuration, "DeadLetterConfig", arn.map(|arn| json!({ "TargetArn": arn })));
    }
    if let Some(layers) = &settings.layers {
        set(
            configuration,
            "Layers",
            Some(layers.clone()).filter(|layers| layers.as_array().is_some_and(|list| !list.is_empty())),
        );
    }
    if let Some(vpc) = settings.vpc_config {
        configuration["VpcConfig"] = json!({
            "SubnetIds": vpc.subnet_ids, "SecurityGroupIds": vpc.security_group_ids,
            "VpcId": settings.vpc.as_deref().unwrap_or_default(), "Ipv6AllowedForDualStack": false,
        });
    }
}

fn set(document: &mut Value, member: &str, value: Option<Value>) {
    match (document.as_object_mut(), value) {
        (Some(members), Some(value)) => {
            members.insert(member.to_owned(), value);
        }
        (Some(members), None) => {
            members.shift_remove(member);
        }
        (None, _) => {}
    }
}

fn apply_logging(logging: &mut Value, config: &LoggingConfig) {
    for (member, text) in [
        ("LogFormat", &config.log_format),
        ("LogGroup", &config.log_group),
        ("ApplicationLogLevel", &config.application_log_level),
        ("SystemLogLevel", &config.system_log_level),
    ] {
        if let Some(text) = text {
            logging[member] = text.as_str().into();
        }
    }
    let json = logging.text("LogFormat") == Some("JSON");
    for member in ["ApplicationLogLevel", "SystemLogLevel"] {
        let level = logging.text(member).unwrap_or("INFO").to_owned();
        set(logging, member, json.then(|| level.into()));
    }
}

/// Takes over what code the function has.
pub(crate) fn apply_code(configuration: &mut Value, code: &Code, architectures: Option<&[String]>) {
    configuration["CodeSize"] = code.size.into();
    configuration["CodeSha256"] = code.sha256.as_str().into();
    if let Some(architectures) = architectures {
        configuration["Architectures"] = json!(architectures);
    }
}

/// A change makes a new revision.
pub(crate) fn touch(configuration: &mut Value, now: Timestamp) {
    configuration["LastModified"] = date(now).into();
    configuration["RevisionId"] = revision().into();
}

/// Says that an update has begun.
pub(crate) fn begin_update(configuration: &mut Value) {
    configuration["LastUpdateStatus"] = "InProgress".into();
    configuration["LastUpdateStatusReason"] = "The function is being created.".into();
    configuration["LastUpdateStatusReasonCode"] = "Creating".into();
}

/// Says that a version is being made.
pub(crate) fn begin_creation(configuration: &mut Value) {
    if let Some(members) = configuration.as_object_mut() {
        members.retain(|name, _| !name.starts_with("LastUpdateStatus"));
    }
    configuration["State"] = "Pending".into();
    configuration["StateReason"] = "The function is being created.".into();
    configuration["StateReasonCode"] = "Creating".into();
    configuration["RevisionId"] = revision().into();
}

/// Says that creation or an update is done, which is a revision of its own.
pub(crate) fn settle(configuration: &mut Value) {
    configuration["State"] = "Active".into();
    configuration["LastUpdateStatus"] = "Successful".into();
    configuration["RevisionId"] = revision().into();
    if let Some(members) = configuration.as_object_mut() {
        for member in ["StateReason", "StateReasonCode", "LastUpdateStatusReason", "LastUpdateStatusReasonCode"] {
            members.shift_remove(member);
        }
    }
}
