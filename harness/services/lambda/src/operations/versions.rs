//! Versions of functions: code and configuration at the time of publishing.
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html>

use std::sync::Arc;

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::Value;

use crate::configuration;
use crate::definition::Definition;
use crate::error::invalid;
use crate::function::{Function, Version};
use crate::function_name::FunctionName;
use crate::page::{Wanted, listed, page};
use crate::records::Lambda;
use crate::revision::revision;

/// `PublishVersion`. <https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PublishVersion {
    function_name: String,
    code_sha256: Option<String>,
    description: Option<String>,
    revision_id: Option<String>,
}

/// `ListVersionsByFunction`. <https://docs.aws.amazon.com/lambda/latest/api/API_ListVersionsByFunction.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListVersionsByFunction {
    function_name: String,
    marker: Option<String>,
    max_items: Option<i64>,
}

impl Function {
    /// Publishes `$LATEST`, unless nothing has changed since the last version. Returns the version's configuration. With a function that is
    /// being created or updated the version is `pending`, too.
    pub(crate) fn publish(&mut self, description: Option<&str>, pending: bool) -> Value {
        let latest = Arc::clone(self.latest());
        if let Some(last) = self.versions.values().next_back().filter(|last| last.of == latest.generation) {
            return last.definition.configuration.clone();
        }
        self.last_version += 1;
        let number = self.last_version.to_string();
        let mut made = self.configuration.clone();
        if pending {
            configuration::begin_creation(&mut made);
        } else {
            configuration::settle(&mut made);
            self.configuration["RevisionId"] = revision().into();
        }
        made["FunctionArn"] = self.qualified(&number).into();
        made["Version"] = number.into();
        if let Some(description) = description {
            made["Description"] = description.into();
        }
        if made.pointer("/SnapStart/ApplyOn").and_then(Value::as_str) == Some("PublishedVersions") {
            made["SnapStart"]["OptimizationStatus"] = "On".into();
        }
        let definition = Definition::new(&made, Arc::clone(&latest.code), latest.layers.clone());
        self.versions.insert(self.last_version, Version { definition, of: latest.generation.clone() });
        made
    }

    /// The configuration of a version, of what an alias names, or of `$LATEST`.
    pub(crate) fn configuration_of(&self, qualifier: Option<&str>) -> Result<Value, AwsError> {
        let Some(qualifier) = qualifier else { return Ok(self.configuration.clone()) };
        // An alias shows its own version, whichever an invocation would run, under the alias's name.
        let version = self.aliases.get(qualifier).map_or(qualifier, |alias| &alias.version);
        let mut made = match version {
            "$LATEST" => self.configuration.clone(),
            version => self.definition(version).ok_or_else(|| self.unknown(qualifier))?.configuration.clone(),
        };
        made["FunctionArn"] = self.qualified(qualifier).into();
        Ok(made)
    }
}

impl Lambda {
    pub(crate) fn publish_version(&self, call: &Call, input: PublishVersion) -> Result<Value, AwsError> {
        self.with_reference(call, &input.function_name, |function| {
            function.require_settled()?;
            function.require_revision(input.revision_id.as_deref())?;
            let current = function.configuration.required("CodeSha256");
            if let Some(wanted) = input.code_sha256.as_ref().filter(|wanted| !wanted.is_empty() && *wanted != current) {
                return Err(invalid(format!(
                    "CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({current}). Please try again with the CodeSHA256 in $LATEST."
                )));
            }
            Ok(function.publish(input.description.as_deref(), false))
        })
    }

    pub(crate) fn list_versions_by_function(&self, call: &Call, input: ListVersionsByFunction) -> Result<Value, AwsError> {
        let named = FunctionName::read(call, &input.function_name, None)?;
        self.with(&named, |function| {
            let latest = function.configuration_of(Some("$LATEST"))?;
            let versions = function.versions.iter();
            // Sorted as numbers are, since a page ends with its last name.
            let versions = versions.map(|(number, version)| (format!("{number:020}"), version.definition.configuration.clone()));
            let all = std::iter::once((String::from("$LATEST"), latest)).chain(versions);
            let wanted = Wanted { marker: input.marker.as_deref(), most: input.max_items, largest: 50 };
            Ok(page(&wanted, "Versions", all.map(|(name, version)| (name, listed(&version)))))
        })
    }
}
