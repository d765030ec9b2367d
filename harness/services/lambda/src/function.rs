//! A function as it is kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use nightproof_core::tags::Tags;
use rand::RngExt;
use serde_json::{Value, json};

use crate::configuration;
use crate::definition::Definition;
use crate::error::{conflict, not_found, revision_mismatch};
use crate::function_name::is_alias;
use crate::function_url::FunctionUrl;
use crate::provisioned::Provisioned;
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
    pub tags: Tags,
    /// Reserved concurrency.
    pub reserved: Option<u64>,
    /// A reference for each invocation that runs and is not provisioned for, beside the function's own.
    pub running: Arc<()>,
    /// By number; numbers are not used again.
    pub versions: BTreeMap<u64, Version>,
    pub last_version: u64,
    pub aliases: BTreeMap<String, Alias>,
    /// Resource policies, by the version or alias that they are for; the function's own under an empty name.
    pub policies: BTreeMap<String, Policy>,
    /// Event invoke configs, by the qualifier that they are for.
    pub invoke_configs: BTreeMap<String, Value>,
    /// URLs, by the alias that they are for; the function's own under `$LATEST`.
    pub urls: BTreeMap<String, FunctionUrl>,
    /// Provisioned concurrency, by version or alias.
    pub provisioned: BTreeMap<String, Provisioned>,
    /// Whether invocations in a loop are allowed: a record.
    pub recursive_loop: String,
    /// When the runtime is updated, by version: a record.
    pub runtime_management: BTreeMap<String, Value>,
    /// The ARN of its code signing configuration.
    pub code_signing: Option<String>,
}

impl Function {
    pub(super) fn new(configuration: Value, serving: Arc<Definition>, tags: Tags) -> Self {
        Self {
            configuration,
            serving,
            coming: None,
            tags,
            reserved: None,
            running: Arc::default(),
            versions: BTreeMap::new(),
            last_version: 0,
            aliases: BTreeMap::new(),
            policies: BTreeMap::new(),
            invoke_configs: BTreeMap::new(),
            urls: BTreeMap::new(),
            provisioned: BTreeMap::new(),
            recursive_loop: "Terminate".to_owned(),
            runtime_management: BTreeMap::new(),
            code_signing: None,
        }
    }

    pub(super) fn arn(&self) -> &str {
        self.configuration.required("FunctionArn")
    }

    /// The code and configuration of `$LATEST`, whether or not they have settled.
    pub(super) fn latest(&self) -> &Arc<Definition> {
        self.coming.as_ref().unwrap_or(&self.serving)
    }

    /// The version that an invocation of the version or alias runs.
    pub(super) fn version_of<'a>(&'a self, qualifier: Option<&'a str>) -> &'a str {
        qualifier.map_or("$LATEST", |qualifier| self.aliases.get(qualifier).map_or(qualifier, Alias::version))
    }

    /// The code and configuration of a version.
    pub(super) fn definition(&self, version: &str) -> Option<&Arc<Definition>> {
        match version {
            "$LATEST" => Some(&self.serving),
            version => version.parse().ok().and_then(|number| self.versions.get(&number)).map(|version| &version.definition),
        }
    }

    /// All that invocations may run once an update has settled.
    pub(super) fn definitions(&self) -> impl Iterator<Item = &Arc<Definition>> {
        std::iter::once(self.latest()).chain(self.versions.values().map(|version| &version.definition))
    }

    /// The code and configuration that an invocation of the version or alias runs, and the ARN that it was named by.
    pub(super) fn resolve(&self, qualifier: Option<&str>) -> Result<(Arc<Definition>, String), AwsError> {
        let definition = self.definition(self.version_of(qualifier));
        let definition = definition.ok_or_else(|| self.unknown(qualifier.unwrap_or("$LATEST")))?;
        let arn = qualifier.map_or_else(|| self.arn().to_owned(), |qualifier| self.qualified(qualifier));
        Ok((Arc::clone(definition), arn))
    }

    pub(super) fn has_version(&self, version: &str) -> bool {
        version == "$LATEST" || version.parse().is_ok_and(|number| self.versions.contains_key(&number))
    }

    /// Whether there is such a version or alias.
    pub(super) fn has(&self, qualifier: &str) -> bool {
        self.aliases.contains_key(qualifier) || self.has_version(qualifier)
    }

    /// Refuses a version or alias that there is not, and says which of them it would be.
    pub(super) fn require(&self, qualifier: &str) -> Result<(), AwsError> {
        match self.has(qualifier) {
            true => Ok(()),
            false if is_alias(qualifier) => Err(self.no_alias(qualifier)),
            false => Err(self.unknown(qualifier)),
        }
    }

    /// The function's ARN with a version or alias.
    pub(super) fn qualified(&self, qualifier: &str) -> String {
        format!("{}:{qualifier}", self.arn())
    }

    /// The error for a version or alias that there is not.
    pub(super) fn unknown(&self, qualifier: &str) -> AwsError {
        not_found(format!("Function not found: {}", self.qualified(qualifier)))
    }

    pub(super) fn no_alias(&self, name: &str) -> AwsError {
        not_found(format!("Cannot find alias arn: {}", self.qualified(name)))
    }

    /// The shape `Concurrency`; empty without reserved concurrency.
    pub(super) fn concurrency(&self) -> Value {
        self.reserved.map_or_else(|| json!({}), |reserved| json!({ "ReservedConcurrentExecutions": reserved }))
    }

    /// Refuses what cannot be done before the function is created: a new function must be waited for.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>
    pub(super) fn require_active(&self) -> Result<(), AwsError> {
        if self.configuration.text("State") != Some("Pending") {
            return Ok(());
        }
        Err(conflict("The operation cannot be performed at this time. The function is currently in the following state: Pending"))
    }

    /// Refuses what cannot be done while the function is being created or updated.
    pub(super) fn require_settled(&self) -> Result<(), AwsError> {
        self.require_active()?;
        if self.configuration.text("LastUpdateStatus") != Some("InProgress") {
            return Ok(());
        }
        Err(conflict(format!(
            "The operation cannot be performed at this time. An update is in progress for resource: {}",
            self.arn()
        )))
    }

    /// Refuses a change that was meant for another revision.
    pub(super) fn require_revision(&self, wanted: Option<&str>) -> Result<(), AwsError> {
        match wanted {
            Some(revision) if revision != self.configuration.required("RevisionId") => {
                Err(revision_mismatch("GetFunction/GetAlias"))
            }
            _ => Ok(()),
        }
    }

    /// The revision of a version or alias; that of `$LATEST` under an empty name.
    pub(super) fn revision_of(&self, qualifier: &str) -> &str {
        if let Some(alias) = self.aliases.get(qualifier) {
            return &alias.revision;
        }
        let version = qualifier.parse().ok().and_then(|number| self.versions.get(&number));
        version.map_or(&self.configuration, |version| &version.definition.configuration).required("RevisionId")
    }

    /// A change of what belongs to a version or alias, but is not part of it, makes a new revision of it too.
    pub(super) fn revise(&mut self, qualifier: &str) {
        if let Some(alias) = self.aliases.get_mut(qualifier) {
            alias.revision = revision();
        } else if let Some(version) = qualifier.parse().ok().and_then(|number| self.versions.get_mut(&number)) {
            version.change(|configuration| configuration["RevisionId"] = revision().into());
        } else {
            self.configuration["RevisionId"] = revision().into();
        }
    }

    /// Lets creation or an update take effect, of `$LATEST` and of versions that were published with it.
    pub(super) fn settle(&mut self) {
        if let Some(coming) = self.coming.take() {
            self.serving = coming;
        }
        configuration::settle(&mut self.configuration);
        for version in self.versions.values_mut().filter(|version| version.definition.text("State") == "Pending") {
            version.change(configuration::settle);
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
    pub of: String,
}

impl Version {
    /// Changes its configuration as answers show it; its environments are kept.
    fn change(&mut self, act: impl FnOnce(&mut Value)) {
        let mut definition = Definition::clone(&self.definition);
        act(&mut definition.configuration);
        self.definition = Arc::new(definition);
    }
}

/// The policy of a function, or of one of its versions or aliases.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    pub statements: Vec<Value>,
    /// That of what it is for when it was last changed.
    pub revision: String,
    /// The document that the statements make; none while there was never any.
    pub document: Option<PolicyDocument>,
}

impl Policy {
    /// To be called after a change of the statements.
    pub(crate) fn change(&mut self) {
        let document = json!({ "Version": "2012-10-17", "Id": "default", "Statement": self.statements });
        self.document = Some(PolicyDocument::of_resource(document.to_string()));
    }
}
