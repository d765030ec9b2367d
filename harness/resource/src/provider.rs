//! The trait of a resource type.

use async_trait::async_trait;
use serde_json::Value;

use crate::{Context, MadeResource, Reading, ResourceFacts, Result, Unread};

/// A resource type: its facts, and how its resources are created, read, changed and deleted, by calls to its service.
///
/// `properties` are resolved, have the types of the resource's schema, include the stack's tags, and hold nothing that the facts do not list.
#[async_trait]
pub trait ResourceProvider: Send + Sync {
    /// What is supported of the type.
    fn facts(&self) -> &'static ResourceFacts;

    /// Creates a resource; as soon as it exists, [`Context::exists`] is called.
    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource>;

    /// What a resource is now, in the properties of its type, with the attributes that `facts` lists. `made` has its physical id and the
    /// properties that it was made with, of which those that identify it are needed where the physical id alone does not.
    async fn read(&self, _context: &Context, _made: &MadeResource) -> Reading {
        Err(Unread::Lacking)
    }

    /// The physical id of a resource that exists, by the properties that identify it.
    fn physical_id(&self, _context: &Context, identifier: &Value) -> Option<String> {
        let mut values = identifier.as_object()?.values();
        let only = values.next()?.as_str()?.to_owned();
        values.next().is_none().then_some(only)
    }

    /// Changes a resource in place, to properties of which none needs a replacement. Repeating it does no harm: an update that failed
    /// half-way is undone by another one. A type of which nothing changes in place does not implement it.
    async fn update(&self, _context: &Context, _old: &MadeResource, _properties: &Value) -> Result<MadeResource> {
        Err(format!("Resource type {} cannot be updated", self.facts().name))
    }

    /// Deletes a resource. If it is gone already, that is no error.
    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()>;

    /// Whether the change of a property to what it is in `new` replaces the resource, where that is not simply what the type's schema says
    /// (`createOnlyProperties`).
    fn replaces(&self, _property: &str, _new: &Value) -> Option<bool> {
        None
    }

    /// Whether a resource with this attribute `UpdatePolicy` is replaced when these properties change.
    fn replaces_by_policy(&self, _policy: &Value, _changed: &[String]) -> bool {
        false
    }

    /// Why a property can be changed neither in place nor by a replacement; `None` if it can.
    fn refuses_change(&self, _property: &str) -> Option<String> {
        None
    }

    /// The value of a supported property if this region does not support it while AWS does, as a fragment: `` runtime `nodejs22.x` ``.
    fn lacking_value(&self, _value: &TemplateValue<'_>) -> Option<String> {
        None
    }
}

/// A property's value in a template, before anything is made.
#[derive(Debug, Clone, Copy)]
pub struct TemplateValue<'a> {
    /// Names from the resource on, without indexes of lists. A list has an entry for each of its items.
    pub path: &'a [&'a str],
    /// The value as a text; `None` if it is not known yet, or no scalar.
    pub text: Option<&'a str>,
    /// Whether it is an empty list or an empty text.
    pub is_empty: bool,
}

impl TemplateValue<'_> {
    /// Describes a property that may be declared as long as it is empty.
    pub fn unless_empty(&self, resource_type: &str) -> Option<String> {
        let top = self.path.first().copied().unwrap_or_default();
        (!self.is_empty).then(|| format!("`{top}` of `{resource_type}`"))
    }
}
