//! The service `lambda`: functions, who may invoke them, and the machines that run them under the official runtime client.

mod code;
mod environment;
mod invoke;
mod log;
mod resource_policy;
mod runtime_api;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use self::environment::{Definition, Environment};
use super::document::Members as _;
use crate::machine::FileSpec;
use crate::service::{AwsError, Body, Call, Reply, Service};
use crate::tools::Tools;

const RUNTIMES: [&str; 5] = ["python3.10", "python3.11", "python3.12", "python3.13", "python3.14"];
const MEMBERS: [&str; 11] = [
    "FunctionName",
    "Runtime",
    "Role",
    "Handler",
    "Code",
    "Description",
    "Timeout",
    "MemorySize",
    "Environment",
    "Tags",
    "Architectures",
];

#[derive(Debug)]
struct Function {
    configuration: Value,
    tags: Value,
    statements: Vec<Value>,
    invoke_config: Option<Value>,
    revision: String,
    files: Vec<FileSpec>,
}

impl Function {
    fn definition(&self) -> Definition {
        Definition {
            configuration: self.configuration.clone(),
            files: self.files.clone(),
            revision: self.configuration.required("RevisionId").to_owned(),
        }
    }
}

/// The service.
pub struct Lambda {
    functions: Mutex<HashMap<String, BTreeMap<String, Function>>>,
    /// Environments that wait for an invocation, by function ARN.
    free: Mutex<HashMap<String, Vec<Environment>>>,
    tools: Option<Tools>,
    /// Itself, for invocations that outlive a call.
    me: Weak<Self>,
}

impl Lambda {
    /// A service without functions. Without `tools` it runs none.
    pub fn new(tools: Option<Tools>) -> Arc<Self> {
        Arc::new_cyclic(|me| Self { functions: Mutex::default(), free: Mutex::default(), tools, me: me.clone() })
    }

    fn with<T>(&self, call: &Call, input: &Value, act: impl FnOnce(&mut Function) -> Result<T, AwsError>) -> Result<T, AwsError> {
        if input.text("Qualifier").is_some_and(|qualifier| qualifier != "$LATEST") {
            return Err(AwsError::not_implemented("lambda", "a Qualifier other than $LATEST"));
        }
        let name = function_name(input.required("FunctionName"));
        let mut functions = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        match functions.get_mut(call.account()).and_then(|functions| functions.get_mut(name)) {
            Some(function) => act(function),
            None => Err(not_found(format!("Function not found: {}", arn(call, name)))),
        }
    }

    async fn create(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        if let Some(member) =
            input.as_object().into_iter().flatten().map(|(name, _)| name).find(|name| !MEMBERS.contains(&name.as_str()))
        {
            return Err(AwsError::not_implemented("lambda", &format!("CreateFunction with {member}")));
        }
        let runtime = input.required("Runtime");
        if !RUNTIMES.contains(&runtime) {
            return Err(AwsError::not_implemented("lambda", &format!("Runtime {runtime}")));
        }
        let code = input.get("Code").and_then(|code| code.text("ZipFile"));
        let code = code.ok_or_else(|| AwsError::not_implemented("lambda", "Code other than ZipFile"))?;
        let code = STANDARD
            .decode(code)
            .map_err(|_| invalid("Could not unzip uploaded file. Please check your file, then try to upload again."))?;
        let files = code::unpack(&code)?;
        let variables = input.get("Environment").and_then(|environment| environment.get("Variables"));
        if variables.is_some_and(|variables| variables.to_string().len() > 4096) {
            return Err(invalid(
                "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.",
            ));
        }
        let reserved = |name: &str| {
            name.starts_with("AWS_LAMBDA_")
                || matches!(
                    name,
                    "_HANDLER"
                        | "AWS_REGION"
                        | "AWS_DEFAULT_REGION"
                        | "AWS_ACCESS_KEY_ID"
                        | "AWS_SECRET_ACCESS_KEY"
                        | "AWS_SESSION_TOKEN"
                        | "AWS_EXECUTION_ENV"
                        | "LAMBDA_TASK_ROOT"
                        | "LAMBDA_RUNTIME_DIR"
                )
        };
        if let Some(name) =
            variables.and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name).find(|name| reserved(name))
        {
            return Err(invalid(&format!(
                "Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: {name}"
            )));
        }
        // Lambda tries the role, as AWS does.
        let session = json!({ "RoleArn": input.required("Role"), "RoleSessionName": "create-function" });
        let service = crate::Caller::service(call.account(), "lambda.amazonaws.com");
        if call.region.call(&service, "sts", "AssumeRole", session).await.is_err() {
            return Err(invalid("The role defined for the function cannot be assumed by Lambda."));
        }
        let name = function_name(input.required("FunctionName"));
        let arn = arn(call, name);
        let mut configuration = json!({
            "FunctionName": name, "FunctionArn": arn, "Runtime": runtime, "Role": input.required("Role"),
            "Handler": input.required("Handler"), "CodeSize": code.len(), "Description": input.text("Description").unwrap_or_default(),
            "Timeout": input.number("Timeout").unwrap_or(3), "MemorySize": input.number("MemorySize").unwrap_or(128),
            "LastModified": call.now.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string(), "CodeSha256": STANDARD.encode(Sha256::digest(&code)),
            "Version": "$LATEST", "TracingConfig": { "Mode": "PassThrough" }, "RevisionId": uuid::Uuid::new_v4().to_string(),
            "State": "Active", "LastUpdateStatus": "Successful", "PackageType": "Zip", "Architectures": ["x86_64"],
            "EphemeralStorage": { "Size": 512 },
            "LoggingConfig": { "LogFormat": "Text", "LogGroup": format!("/aws/lambda/{name}") },
        });
        if let Some(members) = configuration.as_object_mut() {
            for member in ["Environment", "Architectures"] {
                if let Some(value) = input.get(member) {
                    members.insert(member.into(), value.clone());
                }
            }
        }
        let mut functions = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        let functions = functions.entry(call.account().to_owned()).or_default();
        if functions.contains_key(name) {
            return Err(AwsError::new("ResourceConflictException", 409, format!("Function already exist: {name}")));
        }
        let tags = input.get("Tags").cloned().unwrap_or_else(|| json!({}));
        let revision = uuid::Uuid::new_v4().to_string();
        let function =
            Function { configuration: configuration.clone(), tags, statements: Vec::new(), invoke_config: None, revision, files };
        functions.insert(name.to_owned(), function);
        Ok(configuration)
    }

    fn add_permission(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.with(call, input, |function| {
            let made = resource_policy::statement(input, function.configuration.required("FunctionArn"))?;
            let sid = input.required("StatementId");
            if function.statements.iter().any(|statement| statement.required("Sid") == sid) {
                let message = format!("The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the existing statement.");
                return Err(AwsError::new("ResourceConflictException", 409, message));
            }
            function.statements.push(made.clone());
            function.revision = uuid::Uuid::new_v4().to_string();
            Ok(json!({ "Statement": made.to_string() }))
        })
    }

    fn remove_permission(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.with(call, input, |function| {
            let sid = input.required("StatementId");
            let before = function.statements.len();
            function.statements.retain(|statement| statement.required("Sid") != sid);
            if function.statements.len() == before {
                return Err(not_found(format!("Statement {sid} is not found in resource policy.")));
            }
            function.revision = uuid::Uuid::new_v4().to_string();
            Ok(json!({}))
        })
    }

    fn put_invoke_config(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        if input.has("DestinationConfig") {
            return Err(AwsError::not_implemented("lambda", "DestinationConfig"));
        }
        self.with(call, input, |function| {
            let mut made = json!({
                "FunctionArn": format!("{}:$LATEST", function.configuration.required("FunctionArn")), "LastModified": call.now.to_string(),
            });
            if let Some(members) = made.as_object_mut() {
                for member in ["MaximumRetryAttempts", "MaximumEventAgeInSeconds"] {
                    input.number(member).and_then(|value| members.insert(member.into(), value.into()));
                }
            }
            function.invoke_config = Some(made.clone());
            Ok(made)
        })
    }
}

/// The name in a name, a partial ARN or an ARN.
fn function_name(reference: &str) -> &str {
    match reference.split_once("function:") {
        Some((_, rest)) => rest.split(':').next().unwrap_or(rest),
        None => reference.split(':').next_back().unwrap_or(reference),
    }
}

fn arn(call: &Call, name: &str) -> String {
    format!("arn:aws:lambda:{}:{}:function:{name}", call.region.name(), call.account())
}

fn invalid(message: &str) -> AwsError {
    AwsError::new("InvalidParameterValueException", 400, message)
}

fn not_found(message: impl Into<String>) -> AwsError {
    AwsError::new("ResourceNotFoundException", 404, message)
}

/// A text at a JSON pointer; empty if there is none.
fn pointer(document: &Value, pointer: &str) -> String {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The payload of an error that Lambda itself reports.
fn error_payload(kind: &str, message: &str) -> Vec<u8> {
    json!({"errorType": kind, "errorMessage": message}).to_string().into_bytes()
}

#[async_trait]
impl Service for Lambda {
    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        let output = match operation {
            "CreateFunction" => self.create(call, &input).await,
            "GetFunctionConfiguration" => self.with(call, &input, |function| Ok(function.configuration.clone())),
            "GetFunction" => self.with(call, &input, |function| {
                Ok(json!({ "Configuration": function.configuration, "Code": { "RepositoryType": "S3" }, "Tags": function.tags }))
            }),
            "DeleteFunction" => self.with(call, &input, |_| Ok(())).map(|()| {
                let mut functions = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
                let name = function_name(input.required("FunctionName"));
                functions.get_mut(call.account()).and_then(|all| all.remove(name));
                self.free.lock().unwrap_or_else(PoisonError::into_inner).remove(&arn(call, name));
                json!({})
            }),
            "ListFunctions" => {
                let functions = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
                let all = functions.get(call.account()).into_iter().flat_map(|all| all.values());
                Ok(json!({ "Functions": all.map(|function| &function.configuration).collect::<Vec<_>>() }))
            }
            "AddPermission" => self.add_permission(call, &input),
            "RemovePermission" => self.remove_permission(call, &input),
            "GetPolicy" => self.with(call, &input, |function| {
                if function.statements.is_empty() {
                    return Err(not_found("The resource you requested does not exist."));
                }
                let policy = json!({ "Version": "2012-10-17", "Id": "default", "Statement": function.statements });
                Ok(json!({ "Policy": policy.to_string(), "RevisionId": function.revision }))
            }),
            "PutFunctionEventInvokeConfig" => self.put_invoke_config(call, &input),
            "GetFunctionEventInvokeConfig" => self.with(call, &input, |function| {
                function.invoke_config.clone().ok_or_else(|| {
                    let arn = function.configuration.required("FunctionArn");
                    not_found(format!("The function {arn}:$LATEST doesn't have an EventInvokeConfig"))
                })
            }),
            "DeleteFunctionEventInvokeConfig" => self.with(call, &input, |function| {
                function.invoke_config = None;
                Ok(json!({}))
            }),
            "Invoke" => self.invoke(call, &input).await,
            _ => Err(AwsError::not_implemented("lambda", operation)),
        }?;
        Ok(output.into())
    }
}
