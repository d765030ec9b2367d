//! The records: functions by account and name, and their idle environments.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};

use jiff::Timestamp;
use nightproof_core::AccountStore;
use nightproof_core::document::Members as _;
use nightproof_core::in_flight;
use nightproof_core::service::{AwsError, Call};
use parking_lot::Mutex;
use serde_json::Value;

use crate::concurrency;
use crate::definition::Definition;
use crate::environment::Environment;
use crate::error::not_found;
use crate::execution_host::ExecutionHost;
use crate::function::{Function, arn, function_name};

/// An invocation that may run.
pub(crate) struct Admitted {
    pub(crate) definition: Arc<Definition>,
    /// The function's, with the version or alias that it was named by.
    pub(crate) arn: String,
    pub(crate) _slot: concurrency::Slot,
}

/// An environment that waits for an invocation.
pub(crate) struct Idle {
    pub(crate) environment: Environment,
    /// Region time.
    pub(crate) since: Timestamp,
}

/// The service `lambda`.
pub struct Lambda {
    pub(crate) functions: AccountStore<BTreeMap<String, Function>>,
    /// Environments that wait for an invocation, by function ARN.
    pub(crate) free: Mutex<HashMap<String, Vec<Idle>>>,
    /// Events in flight; those that wait for a retry are not counted.
    pub(crate) in_flight: in_flight::Count,
    pub(crate) host: Option<ExecutionHost>,
    /// Itself, for invocations that outlive a call.
    pub(crate) me: Weak<Self>,
}

impl Lambda {
    /// A service without functions. Without a host it runs none.
    pub fn new(host: Option<ExecutionHost>) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            functions: AccountStore::default(),
            free: Mutex::default(),
            in_flight: in_flight::Count::default(),
            host,
            me: me.clone(),
        })
    }

    pub(crate) fn with<T>(
        &self,
        call: &Call,
        input: &Value,
        act: impl FnOnce(&mut Function) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        let name = function_name(input.required("FunctionName"));
        let mut functions = self.functions.lock();
        match functions.get_mut(call.account()).and_then(|functions| functions.get_mut(name)) {
            Some(function) => act(function),
            None => Err(not_found(format!("Function not found: {}", arn(call, name)))),
        }
    }

    /// Starts an invocation of the version or alias: it counts as running until the returned value is dropped.
    pub(crate) fn admit(&self, account: &str, name: &str, qualifier: Option<&str>) -> Result<Admitted, AwsError> {
        let functions = self.functions.lock();
        let Some((functions, function)) = functions.get(account).and_then(|all| Some((all, all.get(name)?))) else {
            return Err(not_found(format!("Function not found: {name}")));
        };
        let (definition, arn) = function.resolve(qualifier)?;
        Ok(Admitted { definition, arn, _slot: concurrency::admit(functions, name)? })
    }
}
