//! The records: functions, layers and mappings by account, and idle environments.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};

use jiff::Timestamp;
use nightproof_core::AccountStore;
use nightproof_core::in_flight;
use nightproof_core::service::{AwsError, Call};
use parking_lot::Mutex;
use serde_json::Value;

use crate::concurrency::{self, Slot};
use crate::definition::Definition;
use crate::environment::Environment;
use crate::error::not_found;
use crate::execution_host::ExecutionHost;
use crate::function::Function;
use crate::function_name::FunctionName;
use crate::layer::Layer;
use crate::mapping::Mapping;
use crate::vpc::Interfaces;

/// What an account has.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// By name.
    pub functions: BTreeMap<String, Function>,
    /// By name.
    pub layers: BTreeMap<String, Layer>,
    /// Event source mappings, by UUID.
    pub mappings: BTreeMap<String, Mapping>,
    /// The network interfaces of functions in VPCs.
    pub interfaces: Interfaces,
    /// Code signing configurations, by ARN.
    pub signing: BTreeMap<String, Value>,
}

/// An invocation that may run.
pub(crate) struct Admitted {
    pub(crate) definition: Arc<Definition>,
    /// The function's, with the version or alias that it was named by.
    pub(crate) arn: String,
    pub(crate) slot: Slot,
}

/// An environment that waits for an invocation.
pub(crate) struct Idle {
    pub(crate) environment: Environment,
    /// Region time.
    pub(crate) since: Timestamp,
}

/// The service `lambda`.
pub struct Lambda {
    pub(crate) accounts: AccountStore<Account>,
    /// Environments that wait for an invocation, by function ARN; those that are provisioned apart.
    pub(crate) free: Mutex<HashMap<String, Vec<Idle>>>,
    /// Events in flight; those that wait for a retry are not counted.
    pub(crate) in_flight: in_flight::Count,
    pub(crate) host: Option<ExecutionHost>,
    /// Whether functions of runtimes are created and updated that AWS blocks.
    pub(crate) allow_blocked_runtimes: bool,
    /// What addresses of code are signed with.
    pub(crate) secret: String,
    /// Itself, for invocations that outlive a call.
    pub(crate) me: Weak<Self>,
}

impl Lambda {
    /// A service without functions. Without a host it runs none.
    pub fn new(host: Option<ExecutionHost>) -> Arc<Self> {
        Self::with_runtimes(host, false)
    }

    /// As [`Lambda::new`]; functions of runtimes that AWS blocks may be allowed.
    pub fn with_runtimes(host: Option<ExecutionHost>, allow_blocked_runtimes: bool) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            accounts: AccountStore::default(),
            free: Mutex::default(),
            in_flight: in_flight::Count::default(),
            host,
            allow_blocked_runtimes,
            secret: uuid::Uuid::new_v4().to_string(),
            me: me.clone(),
        })
    }

    /// Acts on a function.
    pub(crate) fn with<T>(
        &self,
        named: &FunctionName,
        act: impl FnOnce(&mut Function) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        self.find(named, act).unwrap_or_else(|| Err(named.missing()))
    }

    /// Acts on a function, if there is one of the name.
    pub(crate) fn find<T>(&self, named: &FunctionName, act: impl FnOnce(&mut Function) -> T) -> Option<T> {
        let mut accounts = self.accounts.lock();
        accounts.get_mut(&named.account)?.functions.get_mut(&named.name).map(act)
    }

    /// As [`Lambda::with`], on the function of a reference without a qualifier beside it.
    pub(crate) fn with_reference<T>(
        &self,
        call: &Call,
        reference: &str,
        act: impl FnOnce(&mut Function) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        self.with(&FunctionName::read(call, reference, None)?, act)
    }

    /// Starts an invocation of the version or alias: it counts as running until the returned value is dropped.
    pub(crate) fn admit(&self, account: &str, name: &str, qualifier: Option<&str>) -> Result<Admitted, AwsError> {
        let accounts = self.accounts.lock();
        let found = accounts.get(account).and_then(|account| Some((&account.functions, account.functions.get(name)?)));
        let Some((functions, function)) = found else { return Err(not_found(format!("Function not found: {name}"))) };
        let (definition, arn) = function.resolve(qualifier)?;
        let slot = concurrency::admit(functions, name, definition.text("Version"))?;
        Ok(Admitted { definition, arn, slot })
    }
}
