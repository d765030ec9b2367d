//! Aliases: names for versions, which share an alias's invocations if there are two.
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html>

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Map, Value, json};

use crate::error::{invalid, not_found};
use crate::function::{Alias, Function};
use crate::page::page;
use crate::records::Lambda;
use crate::revision::revision;

impl Alias {
    fn describe(&self, function: &Function, name: &str) -> Value {
        let mut made = json!({
            "AliasArn": alias_arn(function, name), "Name": name, "FunctionVersion": self.version, "Description": self.description,
            "RevisionId": self.revision,
        });
        if let Some((version, weight)) = &self.other {
            made["RoutingConfig"] = json!({ "AdditionalVersionWeights": { version: weight } });
        }
        made
    }

    /// Takes over what a request says, if the function has the versions that it names.
    fn apply(&mut self, function: &Function, input: &Value) -> Result<(), AwsError> {
        if let Some(version) = input.text("FunctionVersion") {
            version.clone_into(&mut self.version);
        }
        if let Some(description) = input.text("Description") {
            description.clone_into(&mut self.description);
        }
        if let Some(routing) = input.get("RoutingConfig") {
            let empty = Map::new();
            let weights = routing.get("AdditionalVersionWeights").and_then(Value::as_object).unwrap_or(&empty);
            if weights.len() > 1 {
                return Err(invalid("Number of items in AdditionalVersionWeights cannot be greater than 1"));
            }
            self.other = weights.iter().next().map(|(version, weight)| (version.clone(), weight.as_f64().unwrap_or(0.0)));
        }
        if let Some((other, _)) = &self.other {
            if *other == self.version {
                return Err(invalid(&format!(
                    "Invalid function version {other}. Function version {other} is already included in routing configuration."
                )));
            }
            if self.version == "$LATEST" || other == "$LATEST" {
                return Err(invalid("$LATEST is not supported for an alias pointing to more than 1 version"));
            }
        }
        let versions = [Some(&self.version), self.other.as_ref().map(|(other, _)| other)];
        match versions.into_iter().flatten().find(|version| !function.has_version(version)) {
            Some(missing) => Err(function.unknown(missing)),
            None => Ok(()),
        }
    }
}

fn alias_arn(function: &Function, name: &str) -> String {
    format!("{}:{name}", function.arn())
}

fn missing(function: &Function, name: &str) -> AwsError {
    not_found(format!("Cannot find alias arn: {}", alias_arn(function, name)))
}

impl Lambda {
    pub(crate) fn create_alias(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let name = input.required("Name");
        self.with(call, input, |function| {
            let mut alias = Alias { version: String::new(), description: String::new(), other: None, revision: revision() };
            alias.apply(function, input)?;
            if function.aliases.contains_key(name) {
                let message = format!("Alias already exists: {}", alias_arn(function, name));
                return Err(AwsError::new("ResourceConflictException", 409, message));
            }
            let made = alias.describe(function, name);
            function.aliases.insert(name.to_owned(), alias);
            Ok(made)
        })
    }

    pub(crate) fn update_alias(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let name = input.required("Name");
        self.with(call, input, |function| {
            let mut alias = function.aliases.get(name).cloned().ok_or_else(|| missing(function, name))?;
            if input.text("RevisionId").is_some_and(|revision| revision != alias.revision) {
                return Err(crate::error::revision_mismatch());
            }
            alias.apply(function, input)?;
            alias.revision = revision();
            let made = alias.describe(function, name);
            function.aliases.insert(name.to_owned(), alias);
            Ok(made)
        })
    }

    pub(crate) fn get_alias(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let name = input.required("Name");
        self.with(call, input, |function| match function.aliases.get(name) {
            Some(alias) => Ok(alias.describe(function, name)),
            None => Err(missing(function, name)),
        })
    }

    /// An alias that is not there counts as deleted.
    pub(crate) fn delete_alias(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let name = input.required("Name");
        self.with(call, input, |function| {
            function.aliases.remove(name);
            function.policies.remove(name);
            function.invoke_configs.remove(name);
            Ok(json!({}))
        })
    }

    pub(crate) fn list_aliases(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let version = input.text("FunctionVersion");
        self.with(call, input, |function| {
            let all = function.aliases.iter().filter(|(_, alias)| version.is_none_or(|version| alias.names(version)));
            page(input, "Aliases", all.map(|(name, alias)| (name.clone(), alias.describe(function, name))))
        })
    }
}
