//! Aliases: names for versions, which share an alias's invocations if there are two.
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html>

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::{conflict, constraint, invalid, invalid_without_type, not_found, revision_mismatch};
use crate::function::{Alias, Function};
use crate::function_name::{FunctionName, is_version};
use crate::page::{Wanted, page};
use crate::provisioned::Status;
use crate::records::Lambda;
use crate::revision::revision;

/// Other versions, and which part of the invocations they have.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RoutingConfig {
    #[serde(default)]
    additional_version_weights: Map<String, Value>,
}

/// `CreateAlias`. <https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateAlias {
    function_name: String,
    name: String,
    function_version: String,
    description: Option<String>,
    routing_config: Option<RoutingConfig>,
}

/// `UpdateAlias`. <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateAlias {
    function_name: String,
    name: String,
    function_version: Option<String>,
    description: Option<String>,
    routing_config: Option<RoutingConfig>,
    revision_id: Option<String>,
}

/// `GetAlias`. <https://docs.aws.amazon.com/lambda/latest/api/API_GetAlias.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetAlias {
    function_name: String,
    name: String,
}

/// `DeleteAlias`. <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteAlias.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteAlias {
    function_name: String,
    name: String,
}

/// `ListAliases`. <https://docs.aws.amazon.com/lambda/latest/api/API_ListAliases.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListAliases {
    function_name: String,
    function_version: Option<String>,
    marker: Option<String>,
    max_items: Option<i64>,
}

impl Alias {
    fn describe(&self, function: &Function, name: &str) -> Value {
        let mut made = json!({
            "AliasArn": function.qualified(name), "Name": name, "FunctionVersion": self.version, "Description": self.description,
            "RevisionId": self.revision,
        });
        if let Some((version, weight)) = &self.other {
            made["RoutingConfig"] = json!({ "AdditionalVersionWeights": { version: weight } });
        }
        made
    }

    /// Takes over which versions it has.
    fn route(&mut self, routing: &RoutingConfig) -> Result<(), AwsError> {
        let weights = &routing.additional_version_weights;
        if weights.len() > 1 {
            return Err(invalid("Number of items in AdditionalVersionWeights cannot be greater than 1"));
        }
        self.other = weights.iter().next().map(|(version, weight)| (version.clone(), weight.as_f64().unwrap_or(0.0)));
        Ok(())
    }

    /// Refuses versions that the function does not have, or that cannot be together.
    fn check(&self, function: &Function) -> Result<(), AwsError> {
        if !function.has_version(&self.version) {
            return Err(function.unknown(&self.version));
        }
        let Some((other, _)) = &self.other else { return Ok(()) };
        if *other == self.version {
            return Err(invalid(format!(
                "Invalid function version {other}. Function version {other} is already included in routing configuration."
            )));
        }
        if self.version == "$LATEST" || other == "$LATEST" {
            return Err(invalid_without_type("$LATEST is not supported for an alias pointing to more than 1 version"));
        }
        if function.has_version(other) { Ok(()) } else { Err(function.unknown(other)) }
    }
}

/// A number would be a version.
fn check_name(name: &str) -> Result<(), AwsError> {
    match is_version(name) {
        true => Err(constraint(name, "name", "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)")),
        false => Ok(()),
    }
}

impl Lambda {
    pub(crate) fn create_alias(&self, call: &Call, input: CreateAlias) -> Result<Value, AwsError> {
        let CreateAlias { function_name, name, function_version, description, routing_config } = input;
        check_name(&name)?;
        let named = FunctionName::read(call, &function_name, None)?;
        let missing = || not_found(format!("Function not found: {}:{function_version}", named.arn()));
        let made = self.find(&named, |function| {
            let version = function_version.clone();
            let mut alias = Alias { version, description: description.unwrap_or_default(), other: None, revision: revision() };
            alias.check(function)?;
            if function.aliases.contains_key(&name) {
                return Err(conflict(format!("Alias already exists: {}", function.qualified(&name))));
            }
            if let Some(routing) = &routing_config {
                alias.route(routing)?;
                alias.check(function)?;
            }
            let made = alias.describe(function, &name);
            function.aliases.insert(name.clone(), alias);
            Ok(made)
        });
        made.unwrap_or_else(|| Err(missing()))
    }

    pub(crate) fn update_alias(&self, call: &Call, input: UpdateAlias) -> Result<Value, AwsError> {
        let UpdateAlias { function_name, name, function_version, description, routing_config, revision_id } = input;
        let named = FunctionName::read(call, &function_name, Some(&name))?;
        let (made, moved) = self.with(&named, |function| {
            let alias = function.aliases.get(&name).cloned();
            let mut alias = alias.ok_or_else(|| not_found(format!("Alias not found: {}", function.qualified(&name))))?;
            if revision_id.is_some_and(|revision| revision != alias.revision) {
                return Err(revision_mismatch("GetFunction/GetAlias"));
            }
            let before = alias.version.clone();
            alias.version = function_version.unwrap_or(alias.version);
            alias.description = description.unwrap_or(alias.description);
            if let Some(routing) = &routing_config {
                alias.route(routing)?;
            }
            alias.check(function)?;
            alias.revision = revision();
            let (made, moved) = (alias.describe(function, &name), alias.version != before);
            function.aliases.insert(name.clone(), alias);
            // Environments of the new version are made while those of the old one are there.
            let provisioned = function.provisioned.get_mut(&name).filter(|_| moved);
            Ok((made, provisioned.map(|provisioned| provisioned.status = Status::InProgress).is_some()))
        })?;
        if moved {
            self.provision_later(call, named);
        }
        Ok(made)
    }

    pub(crate) fn get_alias(&self, call: &Call, input: GetAlias) -> Result<Value, AwsError> {
        self.with_reference(call, &input.function_name, |function| match function.aliases.get(&input.name) {
            Some(alias) => Ok(alias.describe(function, &input.name)),
            None => Err(function.no_alias(&input.name)),
        })
    }

    /// An alias that is not there counts as deleted. Its URL stays, and nobody may use it.
    pub(crate) fn delete_alias(&self, call: &Call, input: DeleteAlias) -> Result<Value, AwsError> {
        let name = &input.name;
        self.with_reference(call, &input.function_name, |function| {
            function.aliases.remove(name);
            function.policies.remove(name);
            function.invoke_configs.remove(name);
            function.provisioned.remove(name);
            Ok(json!({}))
        })
    }

    pub(crate) fn list_aliases(&self, call: &Call, input: ListAliases) -> Result<Value, AwsError> {
        let version = input.function_version.as_deref();
        self.with_reference(call, &input.function_name, |function| {
            let all = function.aliases.iter().filter(|(_, alias)| version.is_none_or(|version| alias.names(version)));
            let wanted = Wanted { marker: input.marker.as_deref(), most: input.max_items, largest: 50 };
            Ok(page(&wanted, "Aliases", all.map(|(name, alias)| (name.clone(), alias.describe(function, name)))))
        })
    }
}
