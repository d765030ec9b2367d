//! Provisioned concurrency of versions and aliases.
//! <https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html>

use nightproof_core::Region;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::concurrency::{ACCOUNT_LIMIT, LEAST_UNRESERVED, provisioned, reserved};
use crate::environment::Environment;
use crate::error::{conflict, invalid, invalid_without_type, not_found};
use crate::function::Function;
use crate::function_name::{FunctionName, is_alias};
use crate::operations::functions::SETTLING;
use crate::page::{Wanted, page};
use crate::provisioned::{Provisioned, Status};
use crate::records::{Idle, Lambda};
use crate::revision::date;

/// `PutProvisionedConcurrencyConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutProvisionedConcurrencyConfig {
    function_name: String,
    qualifier: String,
    provisioned_concurrent_executions: u64,
}

/// `GetProvisionedConcurrencyConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_GetProvisionedConcurrencyConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetProvisionedConcurrencyConfig {
    function_name: String,
    qualifier: String,
}

/// `DeleteProvisionedConcurrencyConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteProvisionedConcurrencyConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteProvisionedConcurrencyConfig {
    function_name: String,
    qualifier: String,
}

/// `ListProvisionedConcurrencyConfigs`. <https://docs.aws.amazon.com/lambda/latest/api/API_ListProvisionedConcurrencyConfigs.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListProvisionedConcurrencyConfigs {
    function_name: String,
    marker: Option<String>,
    max_items: Option<i64>,
}

/// The error for a version or alias of a function that there is not.
fn missing(named: &FunctionName) -> AwsError {
    match is_alias(named.explicit_qualifier()) {
        true => not_found(format!("Cannot find alias arn: {}", named.explicit_arn())),
        false => not_found(format!("Function not found: {}", named.explicit_arn())),
    }
}

/// `$LATEST` has none.
fn published(named: &FunctionName) -> Result<(), AwsError> {
    match named.qualifier() {
        Some("$LATEST") => Err(invalid("The function resource provided must be an alias or a published version.")),
        _ => Ok(()),
    }
}

/// Refuses provisioned concurrency where there is some already: on the version that an alias names, or on an alias that names the version.
fn check_overlap(function: &Function, qualifier: &str) -> Result<(), AwsError> {
    match function.aliases.get(qualifier) {
        Some(alias) if function.provisioned.contains_key(&alias.version) => {
            Err(conflict("Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"))
        }
        None if function
            .aliases
            .iter()
            .any(|(name, alias)| alias.version == qualifier && function.provisioned.contains_key(name)) =>
        {
            Err(conflict("Version is pointed by a Provisioned Concurrency alias"))
        }
        _ => Ok(()),
    }
}

impl Lambda {
    pub(crate) fn put_provisioned_concurrency_config(
        &self,
        call: &Call,
        input: PutProvisionedConcurrencyConfig,
    ) -> Result<Value, AwsError> {
        let named = FunctionName::read(call, &input.function_name, Some(&input.qualifier))?;
        let wanted = input.provisioned_concurrent_executions;
        let qualifier = input.qualifier.as_str();
        if qualifier == "$LATEST" {
            return Err(invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions."));
        }
        let made = {
            let mut accounts = self.accounts.lock();
            let functions = &mut accounts.get_mut(&named.account).ok_or_else(|| missing(&named))?.functions;
            let all = reserved(functions);
            let function = functions.get_mut(&named.name).filter(|function| function.has(qualifier));
            let function = function.ok_or_else(|| missing(&named))?;
            let before = function.provisioned.get(qualifier).map_or(0, |provisioned| provisioned.requested);
            let others = provisioned(function) - before;
            if function.reserved.is_some_and(|reserved| reserved < others + wanted) {
                return Err(invalid(
                    "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
                ));
            }
            let unreserved = ACCOUNT_LIMIT.saturating_sub(all);
            if wanted > ACCOUNT_LIMIT {
                return Err(invalid_without_type(format!(
                    "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [{unreserved}]."
                )));
            }
            if function.reserved.is_none() && unreserved + before < wanted + LEAST_UNRESERVED {
                return Err(invalid_without_type(format!(
                    "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [{LEAST_UNRESERVED}]."
                )));
            }
            check_overlap(function, qualifier)?;
            let provisioned = Provisioned::new(wanted, date(call.now));
            let made = provisioned.describe();
            function.provisioned.insert(qualifier.to_owned(), provisioned);
            made
        };
        self.provision_later(call, named);
        Ok(made)
    }

    pub(crate) fn get_provisioned_concurrency_config(
        &self,
        call: &Call,
        input: GetProvisionedConcurrencyConfig,
    ) -> Result<Value, AwsError> {
        let named = FunctionName::read(call, &input.function_name, Some(&input.qualifier))?;
        published(&named)?;
        let found = self.find(&named, |function| {
            function.require(&input.qualifier)?;
            let none = "No Provisioned Concurrency Config found for this function";
            let none = || AwsError::new("ProvisionedConcurrencyConfigNotFoundException", 404, none).with("Type", "User");
            function.provisioned.get(&input.qualifier).map(Provisioned::describe).ok_or_else(none)
        });
        found.unwrap_or_else(|| Err(missing(&named)))
    }

    /// One that is not there counts as deleted.
    pub(crate) fn delete_provisioned_concurrency_config(
        &self,
        call: &Call,
        input: DeleteProvisionedConcurrencyConfig,
    ) -> Result<Value, AwsError> {
        let named = FunctionName::read(call, &input.function_name, Some(&input.qualifier))?;
        published(&named)?;
        let removed = self.find(&named, |function| {
            function.require(&input.qualifier)?;
            function.provisioned.remove(&input.qualifier);
            Ok(json!({}))
        });
        removed.unwrap_or_else(|| Err(missing(&named)))
    }

    pub(crate) fn list_provisioned_concurrency_configs(
        &self,
        call: &Call,
        input: ListProvisionedConcurrencyConfigs,
    ) -> Result<Value, AwsError> {
        self.with_reference(call, &input.function_name, |function| {
            let all = function.provisioned.iter().map(|(qualifier, provisioned)| {
                let mut made = provisioned.describe();
                made["FunctionArn"] = function.qualified(qualifier).into();
                (qualifier.clone(), made)
            });
            let wanted = Wanted { marker: input.marker.as_deref(), most: input.max_items, largest: 50 };
            Ok(page(&wanted, "ProvisionedConcurrencyConfigs", all))
        })
    }

    /// Lets the environments of a version or alias be made, after the call that asked for them has its answer.
    pub(crate) fn provision_later(&self, call: &Call, named: FunctionName) {
        let Some(me) = self.me.upgrade() else { return };
        let (region, pause) = (call.region.clone(), call.http.as_ref().map(|_| SETTLING));
        call.region.tasks().spawn(async move {
            let stopping = region.stopping().clone();
            tokio::select! {
                () = async {
                    if let Some(pause) = pause {
                        tokio::time::sleep(pause).await;
                    }
                    me.provision(&region, &named).await;
                } => {}
                () = stopping.cancelled() => {}
            }
        });
    }

    /// Makes one environment, to see whether the function initializes; others are made when they are needed.
    async fn provision(&self, region: &Region, named: &FunctionName) {
        let qualifier = named.explicit_qualifier().to_owned();
        let definition = self.find(named, |function| function.resolve(Some(&qualifier)).ok().map(|(definition, _)| definition));
        let Some(definition) = definition.flatten() else { return };
        let mut initializes = true;
        if let Some(host) = self.host.as_ref().filter(|_| !crate::configuration::lacks_runtime(definition.text("Runtime"))) {
            let uplink = self.uplink(host, &named.account, &definition);
            match Environment::start(region, host, (&named.account, uplink), &definition, true).await {
                Ok(environment) if environment.is_initialized() => {
                    let since = region.clock().now();
                    let key = format!("{}+", definition.text("FunctionArn"));
                    self.free.lock().entry(key).or_default().push(Idle { environment, since });
                }
                Ok(mut environment) => {
                    environment.ship().await;
                    initializes = false;
                }
                Err(_) => initializes = false,
            }
        }
        self.find(named, |function| {
            let Some(provisioned) = function.provisioned.get_mut(&qualifier) else { return };
            provisioned.status = if initializes { Status::Ready } else { Status::Failed };
            provisioned.allocated = if initializes { provisioned.requested } else { 0 };
            let version = function.version_of(Some(&qualifier)).to_owned();
            function.revise(&version);
        });
    }
}
