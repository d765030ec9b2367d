//! A function as it is kept, and how requests name it.

use std::collections::BTreeMap;
use std::sync::Arc;

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use rand::RngExt;
use serde_json::{Map, Value, json};

use crate::definition::Definition;
use crate::error::revision_mismatch;
use crate::revision::revision;

/// A function of an account.
#[derive(Debug)]
pub(super) struct Function {
    /// The output of `GetFunctionConfiguration`.
    pub configuration: Value,
    /// The code and configuration of the last update that has settled.
    pub serving: Arc<Definition>,
    /// The same after the update in progress has settled.
    pub coming: Option<Arc<Definition>>,
    pub tags: Map<String, Value>,
    /// Reserved concurrency.
    pub reserved: Option<u64>,
    /// A reference for each invocation that runs, beside the function's own.
    pub running: Arc<()>,
    /// By number; numbers are not used again.
    pub versions: BTreeMap<u64, Version>,
    pub last_version: u64,
    pub aliases: BTreeMap<String, Alias>,
    /// Resource policies, by the version or alias that they are for; the function's own under an empty name.
    pub policies: BTreeMap<String, Policy>,
    /// Event invoke configs, by the qualifier that they are for.
    pub invoke_configs: BTreeMap<String, Value>,
}

impl Function {
    pub(super) fn arn(&self) -> &str {
        self.configuration.required("FunctionArn")
    }

    /// Keys and values.
    pub(super) fn tag_pairs(&self) -> Vec<(String, String)> {
        self.tags.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
    }

    /// The code and configuration of `$LATEST`, whether or not they have settled.
    pub(super) fn latest(&self) -> &Arc<Definition> {
        self.coming.as_ref().unwrap_or(&self.serving)
    }

    /// The code and configuration that an invocation of the version or alias runs, and the ARN that it was named by.
    pub(super) fn resolve(&self, qualifier: Option<&str>) -> Result<(Arc<Definition>, String), AwsError> {
        let Some(qualifier) = qualifier else { return Ok((Arc::clone(&self.serving), self.arn().to_owned())) };
        let version = self.aliases.get(qualifier).map_or(qualifier, Alias::version);
        let definition = match version {
            "$LATEST" => Some(&self.serving),
            version => version.parse().ok().and_then(|number| self.versions.get(&number)).map(|version| &version.definition),
        };
        let definition = definition.ok_or_else(|| self.unknown(qualifier))?;
        Ok((Arc::clone(definition), format!("{}:{qualifier}", self.arn())))
    }

    pub(super) fn has_version(&self, version: &str) -> bool {
        version == "$LATEST" || version.parse().is_ok_and(|number| self.versions.contains_key(&number))
    }

    /// The error for a version or alias that there is not.
    pub(super) fn unknown(&self, qualifier: &str) -> AwsError {
        crate::error::not_found(format!("Function not found: {}:{qualifier}", self.arn()))
    }

    /// The shape `Concurrency`; empty without reserved concurrency.
    pub(super) fn concurrency(&self) -> Value {
        self.reserved.map_or_else(|| json!({}), |reserved| json!({ "ReservedConcurrentExecutions": reserved }))
    }

    /// The output of `GetFunction`. `Code` is without the presigned `Location` of the zip: code is unpacked when it is taken, and the zip not
    /// kept.
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html>
    pub(super) fn describe(&self, qualifier: Option<&str>) -> Result<Value, AwsError> {
        let mut made = json!({ "Configuration": self.configuration_of(qualifier)?, "Code": { "RepositoryType": "S3" } });
        if !self.tags.is_empty() {
            made["Tags"] = self.tags.clone().into();
        }
        if self.reserved.is_some() {
            made["Concurrency"] = self.concurrency();
        }
        Ok(made)
    }

    /// Refuses what cannot be done before the function is created: a new function must be waited for.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>
    pub(super) fn require_active(&self) -> Result<(), AwsError> {
        if self.configuration.text("State") != Some("Pending") {
            return Ok(());
        }
        let message = "The operation cannot be performed at this time. The function is currently in the following state: Pending";
        Err(AwsError::new("ResourceConflictException", 409, message))
    }

    /// Refuses what cannot be done while the function is being created or updated.
    pub(super) fn require_settled(&self) -> Result<(), AwsError> {
        self.require_active()?;
        if self.configuration.text("LastUpdateStatus") != Some("InProgress") {
            return Ok(());
        }
        let message =
            format!("The operation cannot be performed at this time. An update is in progress for resource: {}", self.arn());
        Err(AwsError::new("ResourceConflictException", 409, message))
    }

    /// Refuses a change that was meant for another revision.
    pub(super) fn require_revision(&self, input: &Value) -> Result<(), AwsError> {
        match input.text("RevisionId") {
            Some(revision) if revision != self.configuration.required("RevisionId") => Err(revision_mismatch()),
            _ => Ok(()),
        }
    }
}

/// An alias as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Alias {
    pub(crate) version: String,
    pub(crate) description: String,
    /// Another version, and which part of the invocations it has.
    pub(crate) other: Option<(String, f64)>,
    pub(crate) revision: String,
}

impl Alias {
    /// Whether it sends invocations to the version.
    pub(crate) fn names(&self, version: &str) -> bool {
        self.version == version || self.other.as_ref().is_some_and(|(other, _)| other == version)
    }

    /// The version for an invocation.
    pub(crate) fn version(&self) -> &str {
        match &self.other {
            Some((other, weight)) if rand::rng().random::<f64>() < *weight => other,
            _ => &self.version,
        }
    }
}

/// A published version.
#[derive(Debug)]
pub(crate) struct Version {
    pub definition: Arc<Definition>,
    /// The generation of `$LATEST` that it was made of.
    pub(crate) of: String,
}

/// The policy of a function, or of one of its versions or aliases.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    pub statements: Vec<Value>,
    pub revision: String,
    /// The document that the statements make; none while there was never any.
    pub document: Option<PolicyDocument>,
}

impl Policy {
    /// To be called after a change of the statements.
    pub(crate) fn revise(&mut self) {
        let document = json!({ "Version": "2012-10-17", "Id": "default", "Statement": self.statements });
        self.document = Some(PolicyDocument::of_resource(document.to_string()));
        self.revision = revision();
    }

    pub(crate) fn require_revision(&self, input: &Value) -> Result<(), AwsError> {
        match input.text("RevisionId") {
            Some(revision) if revision != self.revision => Err(revision_mismatch()),
            _ => Ok(()),
        }
    }
}

/// The name in a name, a partial ARN or an ARN.
pub(super) fn function_name(reference: &str) -> &str {
    named(reference).split(':').next().unwrap_or_default()
}

/// The version or alias that a request names, beside the function or within its name.
pub(super) fn qualifier(input: &Value) -> Option<&str> {
    let within = named(input.required("FunctionName")).split_once(':').map(|(_, qualifier)| qualifier);
    input.text("Qualifier").or(within)
}

/// Name and version without what an ARN has before them.
fn named(reference: &str) -> &str {
    reference.split_once(":function:").map_or(reference, |(_, named)| named)
}

pub(super) fn arn(call: &Call, name: &str) -> String {
    call.arn("lambda", format!("function:{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_found_by_name_partial_arn_and_arn() {
        for (reference, name, version) in [
            ("my-function", "my-function", None),
            ("my-function:v1", "my-function", Some("v1")),
            ("111122223333:function:f", "f", None),
            ("arn:aws:lambda:us-east-1:111122223333:function:f", "f", None),
            ("arn:aws:lambda:us-east-1:111122223333:function:my-function:$LATEST", "my-function", Some("$LATEST")),
        ] {
            assert_eq!(function_name(reference), name);
            assert_eq!(qualifier(&json!({ "FunctionName": reference })), version, "{reference}");
        }
        assert_eq!(qualifier(&json!({ "FunctionName": "f:1", "Qualifier": "2" })), Some("2"));
    }
}
