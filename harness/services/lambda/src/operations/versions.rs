//! Versions of functions: code and configuration at the time of publishing.
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html>

use std::sync::Arc;

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::configuration;
use crate::definition::definition;
use crate::error::invalid;
use crate::function::{Function, Version, arn, function_name};
use crate::page::{listed, page};
use crate::records::Lambda;

impl Function {
    /// Publishes `$LATEST`, unless nothing has changed since the last version. Returns the version's configuration.
    pub(crate) fn publish(&mut self, description: Option<&str>) -> Value {
        let latest = Arc::clone(self.latest());
        if let Some(last) = self.versions.values().next_back().filter(|last| last.of == latest.generation) {
            return last.definition.configuration.clone();
        }
        self.last_version += 1;
        let number = self.last_version.to_string();
        let mut made = self.configuration.clone();
        configuration::settle(&mut made);
        made["FunctionArn"] = format!("{}:{number}", self.arn()).into();
        made["Version"] = number.into();
        if let Some(description) = description {
            made["Description"] = description.into();
        }
        let definition = definition(&made, Arc::clone(&latest.code));
        self.versions.insert(self.last_version, Version { definition, of: latest.generation.clone() });
        made
    }

    /// The configuration of a version, of what an alias names, or of `$LATEST`.
    pub(crate) fn configuration_of(&self, qualifier: Option<&str>) -> Result<Value, AwsError> {
        match qualifier {
            None => Ok(self.configuration.clone()),
            Some("$LATEST") => {
                let mut made = self.configuration.clone();
                made["FunctionArn"] = format!("{}:$LATEST", self.arn()).into();
                Ok(made)
            }
            Some(qualifier) => {
                let (definition, _) = self.resolve(Some(qualifier))?;
                // A function's alias shows its version under the alias's name.
                let mut made = definition.configuration.clone();
                made["FunctionArn"] = format!("{}:{qualifier}", self.arn()).into();
                Ok(made)
            }
        }
    }
}

impl Lambda {
    pub(crate) fn publish_version(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        if input.has("PublishTo") {
            return Err(AwsError::not_implemented("lambda", "PublishVersion with PublishTo"));
        }
        self.with(call, input, |function| {
            function.require_settled()?;
            function.require_revision(input)?;
            let current = function.configuration.required("CodeSha256");
            if let Some(wanted) = input.text("CodeSha256").filter(|wanted| !wanted.is_empty() && *wanted != current) {
                return Err(invalid(&format!(
                    "CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({current}). Please try again with the CodeSHA256 in $LATEST."
                )));
            }
            Ok(function.publish(input.text("Description")))
        })
    }

    pub(crate) fn list_versions(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.with(call, input, |function| {
            let latest = function.configuration_of(Some("$LATEST"))?;
            let versions = function.versions.iter();
            // Sorted as numbers are, since a page ends with its last name.
            let versions = versions.map(|(number, version)| (format!("{number:020}"), version.definition.configuration.clone()));
            let all = std::iter::once((String::from("$LATEST"), latest)).chain(versions);
            page(input, "Versions", all.map(|(name, version)| (name, listed(&version))))
        })
    }

    /// `DeleteFunction` with a version.
    pub(crate) fn delete_version(&self, call: &Call, input: &Value, version: &str) -> Result<Value, AwsError> {
        if version == "$LATEST" {
            return Err(invalid("$LATEST version cannot be deleted without deleting the function."));
        }
        self.with(call, input, |function| {
            let name = function.aliases.iter().find(|(_, alias)| alias.names(version)).map(|(name, _)| name.clone());
            if let Some(name) = name {
                let message = format!("Version {version} cannot be deleted: the alias {name} names it.");
                return Err(AwsError::new("ResourceConflictException", 409, message));
            }
            match version.parse().ok().and_then(|number: u64| function.versions.remove(&number)) {
                Some(_) => Ok(()),
                None => Err(function.unknown(version)),
            }
        })?;
        let arn = format!("{}:{version}", arn(call, function_name(input.required("FunctionName"))));
        self.free.lock().remove(&arn);
        Ok(json!({}))
    }
}
