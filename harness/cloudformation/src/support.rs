//! What this region supports of a resource type, and what AWS has beyond that: everything else is an error that names it.

use std::cell::OnceCell;

use nightproof_registry::ResourceType as Schema;
use nightproof_resource::TemplateValue;
use nightproof_template::{Property, Unsupported};
use serde_json::Value;

use crate::resource_type::ResourceType;
use crate::resource_types::ResourceTypes;

/// Who knows a type, property or attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// This region supports it.
    Supported,
    /// AWS has it, and this region does not.
    Lacking,
    /// AWS does not have it either.
    Unknown,
}

/// The facts of a type by its provider, if there is one, and by CloudFormation's registry.
pub(crate) struct Support<'a> {
    name: &'a str,
    supported: Option<&'a ResourceType>,
    /// The schema of a type that is not supported, read when it is first asked for.
    schema: OnceCell<Option<Schema>>,
}

impl<'a> Support<'a> {
    /// For the type with this name.
    pub(crate) fn new(types: &'a ResourceTypes, name: &'a str) -> Self {
        Self { name, supported: types.find(name), schema: OnceCell::new() }
    }

    fn schema(&self) -> Option<&Schema> {
        match self.supported {
            Some(supported) => supported.schema(),
            None => self.schema.get_or_init(|| nightproof_registry::resource_type(self.name)).as_ref(),
        }
    }

    /// The standing of the type itself.
    pub(crate) fn standing(&self) -> Standing {
        match self.supported.is_some() {
            true => Standing::Supported,
            false if self.schema().is_some() => Standing::Lacking,
            false => Standing::Unknown,
        }
    }

    /// The standing of a property, given by its path.
    pub(crate) fn property(&self, path: &[&str]) -> Standing {
        let is_of_schema = |supported: &ResourceType| {
            !supported.is_recorded || path.len() < 2 || supported.schema().is_some_and(|schema| schema.has_property(path))
        };
        if self.supported.is_some_and(|supported| supported.provider.facts().supports(path) && is_of_schema(supported)) {
            return Standing::Supported;
        }
        let of_aws = |schema: &Schema| schema.has_property(path) && !schema.is_read_only(path);
        if self.schema().is_some_and(of_aws) { Standing::Lacking } else { Standing::Unknown }
    }

    /// The standing of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Standing {
        if self.supported.is_some_and(|supported| supported.provider.facts().has_attribute(name)) {
            return Standing::Supported;
        }
        let path: Vec<&str> = name.split('.').collect();
        match self.schema() {
            Some(schema) if !schema.has_property(&path) => Standing::Unknown,
            // What a template gives is answered by the record of it.
            Some(schema)
                if !schema.is_read_only(&path) && !schema.is_write_only(&path) && self.property(&path) == Standing::Supported =>
            {
                Standing::Supported
            }
            Some(_) => Standing::Lacking,
            None => Standing::Unknown,
        }
    }

    /// Describes the value of a supported property if that is lacking.
    pub(crate) fn lacking_value(&self, property: &Property<'_>) -> Option<String> {
        let text = property.text();
        let is_empty = property.value == Some(Value::Array(Vec::new())) || text.as_deref() == Some("");
        let value = TemplateValue { path: &property.path, text: text.as_deref(), is_empty };
        self.supported?.provider.lacking_value(&value)
    }

    /// Refuses properties that would be dropped, once their values are known.
    pub(crate) fn check(&self, properties: &Value) -> Result<(), String> {
        let mut refused = None;
        each(properties, &mut Vec::new(), &mut |path| {
            let standing = self.property(path);
            if refused.is_none() && standing != Standing::Supported {
                let name = path.last().copied().unwrap_or_default();
                refused = Some(match standing {
                    Standing::Lacking => Unsupported::message(&[format!("`{}` of `{}`", path.join("."), self.name)]),
                    _ => unknown_property(name),
                });
            }
            standing == Standing::Supported
        });
        refused.map_or(Ok(()), Err)
    }
}

/// Calls `visit` with the path of each member, and goes on below those for which it returns true.
fn each<'v>(value: &'v Value, path: &mut Vec<&'v str>, visit: &mut dyn FnMut(&[&'v str]) -> bool) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                path.push(name);
                if visit(path) {
                    each(inner, path, visit);
                }
                path.pop();
            }
        }
        Value::Array(items) => items.iter().for_each(|item| each(item, path, visit)),
        _ => {}
    }
}

/// CloudFormation's words for a property that it does not know.
pub(crate) fn unknown_property(name: &str) -> String {
    format!("Encountered unsupported property {name}")
}
