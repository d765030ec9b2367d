//! The resource types that this region supports, as its services register them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use nightproof_registry::ResourceType as Schema;
use nightproof_resource::ResourceProvider;
use serde_json::Value;

/// A supported type.
pub(crate) struct ResourceType {
    pub provider: &'static dyn ResourceProvider,
    schema: OnceLock<Option<Schema>>,
}

impl ResourceType {
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

/// All of them, by name.
pub(crate) struct ResourceTypes(BTreeMap<&'static str, ResourceType>);

impl ResourceTypes {
    pub(crate) fn new(providers: impl IntoIterator<Item = &'static dyn ResourceProvider>) -> Self {
        let types = providers.into_iter().map(|provider| {
            let found = ResourceType { provider, schema: OnceLock::new() };
            (provider.facts().name, found)
        });
        Self(types.collect())
    }

    /// The type with this name, if it is supported.
    pub(crate) fn find(&self, name: &str) -> Option<&ResourceType> {
        self.0.get(name)
    }

    /// As [`ResourceTypes::find`], with CloudFormation's words for a type that there is not.
    pub(crate) fn get(&self, name: &str) -> Result<&ResourceType, String> {
        self.find(name).ok_or_else(|| format!("Unrecognized resource type {name}"))
    }

    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &ResourceType> {
        self.0.values()
    }
}
