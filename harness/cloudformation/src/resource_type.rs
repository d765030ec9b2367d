//! A resource type, and what its schema says of it.

use std::sync::OnceLock;

use nightproof_registry::ResourceType as Schema;
use nightproof_resource::ResourceProvider;
use serde_json::Value;

/// A type that stacks may have.
pub(crate) struct ResourceType {
    pub provider: &'static dyn ResourceProvider,
    /// Whether its resources are records, behind which nothing runs.
    pub is_recorded: bool,
    schema: OnceLock<Option<Schema>>,
}

impl ResourceType {
    /// A type that a service of this region acts on.
    pub(crate) fn acted(provider: &'static dyn ResourceProvider) -> Self {
        Self { provider, is_recorded: false, schema: OnceLock::new() }
    }

    /// A type of which there are records.
    pub(crate) fn recorded(provider: &'static dyn ResourceProvider) -> Self {
        Self { is_recorded: true, ..Self::acted(provider) }
    }

    /// The type's schema in CloudFormation's registry, read when it is first asked for.
    pub(crate) fn schema(&self) -> Option<&Schema> {
        self.schema.get_or_init(|| nightproof_registry::resource_type(self.provider.facts().name)).as_ref()
    }

    /// Properties with each scalar in the type that the schema has for it.
    pub(crate) fn coerced(&self, properties: Value) -> Value {
        match self.schema() {
            Some(schema) => schema.coerced(properties),
            None => properties,
        }
    }

    /// Which properties have another type than the schema says, in CloudFormation's words. Records are held to the rest of their schema, too; of what a
    /// service acts upon the service has its own words for the rest.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html>
    pub(crate) fn mismatches(&self, properties: &Value) -> Vec<String> {
        let found = self.schema().map(|schema| schema.violations(properties)).unwrap_or_default();
        let is_of_type = |one: &String| one.split_once(": ").is_some_and(|(_, what)| what.starts_with("expected type: "));
        found.into_iter().filter(is_of_type).collect()
    }

    /// Whether the change of a property to what it is in `new` replaces the resource.
    pub(crate) fn replaces(&self, property: &str, new: &Value) -> bool {
        let by_schema = || self.schema().is_some_and(|schema| schema.create_only().any(|name| name == property));
        self.provider.replaces(property, new).unwrap_or_else(by_schema)
    }

    /// The name that a resource was given and keeps, so that nothing can be made beside it.
    pub(crate) fn kept_name(&self, old: &Value, new: &Value) -> Option<String> {
        let property = self.provider.facts().naming?;
        let name = new.get(property)?.as_str()?;
        (old.get(property)?.as_str()? == name).then(|| name.to_owned())
    }
}
