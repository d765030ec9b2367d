//! The service `lambda`: functions, who may invoke them, and the machines that run them under the official runtime client.
#![expect(clippy::indexing_slicing, reason = "members of JSON objects that were just made are assigned by name")]

mod alias;
mod authorization;
mod code;
mod concurrency;
mod configuration;
mod destination;
mod environment;
mod event_invoke_config;
mod event_queue;
mod function;
mod invoke;
mod lifecycle;
mod log;
mod platform;
mod resource_policy;
mod resources;
mod role;
mod runtime;
mod runtime_api;
mod tags;
mod variables;
mod version;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};

use async_trait::async_trait;
use jiff::Timestamp;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use nightproof_core::under_way;
use nightproof_machine::Machines;
use nightproof_machine::tools::Tools;
use parking_lot::Mutex;
use serde_json::Value;

use self::environment::{Definition, Environment};
use self::function::{Function, arn, function_name, qualifier};
pub use resources::resource_types;

/// An invocation that may run.
struct Admitted {
    definition: Arc<Definition>,
    /// The function's, with the version or alias that it was named by.
    arn: String,
    _slot: concurrency::Slot,
}

/// An environment that waits for an invocation.
struct Idle {
    environment: Environment,
    /// Region time.
    since: Timestamp,
}

/// What functions are run by.
#[derive(Debug, Clone)]
pub struct ExecutionHost {
    /// Where their environments are booted.
    pub machines: Machines,
    /// The runtime client.
    pub tools: Tools,
}

/// The service.
pub struct Lambda {
    functions: Mutex<HashMap<String, BTreeMap<String, Function>>>,
    /// Environments that wait for an invocation, by function ARN.
    free: Mutex<HashMap<String, Vec<Idle>>>,
    /// Events that a function works on, not those that wait to be tried again.
    under_way: under_way::Count,
    host: Option<ExecutionHost>,
    /// Itself, for invocations that outlive a call.
    me: Weak<Self>,
}

impl Lambda {
    /// A service without functions. Without a host it runs none.
    pub fn new(host: Option<ExecutionHost>) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            functions: Mutex::default(),
            free: Mutex::default(),
            under_way: under_way::Count::default(),
            host,
            me: me.clone(),
        })
    }

    fn with<T>(&self, call: &Call, input: &Value, act: impl FnOnce(&mut Function) -> Result<T, AwsError>) -> Result<T, AwsError> {
        let name = function_name(input.required("FunctionName"));
        let mut functions = self.functions.lock();
        match functions.get_mut(call.account()).and_then(|functions| functions.get_mut(name)) {
            Some(function) => act(function),
            None => Err(not_found(format!("Function not found: {}", arn(call, name)))),
        }
    }

    /// Starts an invocation of the version or alias: it counts as running until what is answered is dropped.
    fn admit(&self, account: &str, name: &str, qualifier: Option<&str>) -> Result<Admitted, AwsError> {
        let functions = self.functions.lock();
        let Some((functions, function)) = functions.get(account).and_then(|all| Some((all, all.get(name)?))) else {
            return Err(not_found(format!("Function not found: {name}")));
        };
        let (definition, arn) = function.resolve(qualifier)?;
        Ok(Admitted { definition, arn, _slot: concurrency::admit(functions, name)? })
    }
}

fn invalid(message: &str) -> AwsError {
    AwsError::new("InvalidParameterValueException", 400, message)
}

fn not_found(message: impl Into<String>) -> AwsError {
    AwsError::new("ResourceNotFoundException", 404, message)
}

/// Lambda's errors say whose fault they are.
fn blamed(error: AwsError) -> AwsError {
    match error.status {
        400..500 if error.code.ends_with("Exception") => error.with("Type", "User"),
        500 if error.code == "ServiceException" => error.with("Type", "Service"),
        _ => error,
    }
}

/// A text at a JSON pointer; empty if there is none.
fn pointer(document: &Value, pointer: &str) -> String {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[async_trait]
impl Service for Lambda {
    fn permissions(&self) -> &'static str {
        include_str!("permissions.txt")
    }

    fn has_resource_policies(&self) -> bool {
        true
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        let output = match operation {
            "CreateFunction" => self.create(call, &input).await,
            "GetFunctionConfiguration" => self.with(call, &input, |function| function.configuration_of(qualifier(&input))),
            "GetFunction" => self.with(call, &input, |function| function.describe(qualifier(&input))),
            "UpdateFunctionCode" => self.update_code(call, &input).await,
            "UpdateFunctionConfiguration" => self.update_configuration(call, &input).await,
            "DeleteFunction" => self.delete(call, &input),
            "ListFunctions" => self.list(call, &input),
            "TagResource" => self.tag(call, &input),
            "UntagResource" => self.untag(call, &input),
            "ListTags" => self.list_tags(call, &input),
            "PutFunctionConcurrency" => self.put_concurrency(call, &input),
            "GetFunctionConcurrency" => self.get_concurrency(call, &input),
            "DeleteFunctionConcurrency" => self.delete_concurrency(call, &input),
            "GetAccountSettings" => Ok(self.account_settings(call)),
            "AddPermission" => self.add_permission(call, &input),
            "RemovePermission" => self.remove_permission(call, &input),
            "GetPolicy" => self.get_policy(call, &input),
            "PublishVersion" => self.publish_version(call, &input),
            "ListVersionsByFunction" => self.list_versions(call, &input),
            "CreateAlias" => self.create_alias(call, &input),
            "UpdateAlias" => self.update_alias(call, &input),
            "GetAlias" => self.get_alias(call, &input),
            "DeleteAlias" => self.delete_alias(call, &input),
            "ListAliases" => self.list_aliases(call, &input),
            "PutFunctionEventInvokeConfig" => self.put_invoke_config(call, &input, false),
            "UpdateFunctionEventInvokeConfig" => self.put_invoke_config(call, &input, true),
            "GetFunctionEventInvokeConfig" => self.get_invoke_config(call, &input),
            "DeleteFunctionEventInvokeConfig" => self.delete_invoke_config(call, &input),
            "ListFunctionEventInvokeConfigs" => self.list_invoke_configs(call, &input),
            "Invoke" => self.invoke(call, &input).await,
            _ => Err(AwsError::not_implemented("lambda", operation)),
        };
        output.map(Reply::from).map_err(blamed)
    }

    async fn resources(&self, call: &Call, _kind: &str, input: &Value) -> Vec<String> {
        self.named_functions(call, input)
    }

    fn resource_policy(&self, account: &str, arn: &str) -> Option<ResourcePolicyText> {
        self.function_policy(account, arn)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        let functions = self.functions.lock();
        let functions = functions.get(call.account()).into_iter().flat_map(BTreeMap::values);
        functions.map(|function| Tagged { arn: function.arn().to_owned(), tags: function.tag_pairs() }).collect()
    }

    fn resource_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        self.function_tags(account, arn)
    }
}
