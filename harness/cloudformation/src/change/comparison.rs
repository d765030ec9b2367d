//! One resource, before and after.

use nightproof_resource::MadeResource;
use nightproof_template::{DeletionPolicy, Deployment, PropertyReference, Resource};
use serde_json::Value;

use super::detail::{Detail, Shown, Target};
use super::expected::Expected;
use crate::difference::Difference;
use crate::nested;
use crate::records::{Stack, StackResource, Submission};
use crate::resource_type::ResourceType;

/// What is compared, and with what.
pub(super) struct Comparison<'a> {
    pub deployment: &'a Deployment<'a>,
    pub stack: &'a Stack,
    pub submission: &'a Submission,
    pub before: Option<&'a Resource>,
    pub resource: &'a Resource,
    pub resource_type: &'a ResourceType,
    pub expected: &'a Expected,
}

impl Comparison<'_> {
    /// What changes of it, and why. `properties` is `None` if they cannot be known yet.
    pub(super) fn details(&self, made: &MadeResource, properties: Option<&Value>, record: &StackResource) -> Vec<Detail> {
        let mut details = Vec::new();
        let mut changed = Vec::new();
        if let Some(properties) = properties {
            let difference = Difference::between(self.resource_type, &made.properties, properties);
            for name in &difference.changed {
                details.extend(self.causes(name, difference.replacing.contains(name)));
            }
            changed = difference.changed;
        }
        // An attribute of a resource that changes in place may change with it.
        let names = properties.and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name);
        for name in names.filter(|name| !changed.contains(name)) {
            let recreates = self.resource_type.replaces(name, properties.unwrap_or(&Value::Null));
            for reference in self.deployment.property_references(&self.resource.id, name) {
                if let PropertyReference::Attribute(id, attribute) = reference
                    && self.expected.is_changed(&id)
                {
                    details.push(Detail {
                        target: Target::Property { name: name.clone(), recreates },
                        source: "ResourceAttribute",
                        entity: Some(format!("{id}.{attribute}")),
                        dynamic: true,
                        shown: Shown::WithoutValues,
                    });
                }
            }
        }
        let mut attribute = |name, differs: bool, values| {
            if differs {
                details.push(Detail::direct(Target::Attribute { name, values }));
            }
        };
        let policies = self.deployment.policies(self.resource);
        attribute("Metadata", self.before.is_some_and(|before| !before.has_metadata_of(self.resource)), (None, None));
        for (name, before, after) in [
            ("DeletionPolicy", record.policies.deletion, policies.deletion),
            ("UpdateReplacePolicy", record.policies.update_replace, policies.update_replace),
        ] {
            attribute(name, before != after, (before.map(DeletionPolicy::word), after.map(DeletionPolicy::word)));
        }
        // What is behind the address of a nested stack's template may be another one now.
        if details.is_empty() && self.resource.kind == nested::NAME {
            let target = Target::Attribute { name: "Properties", values: (None, None) };
            let source = "Automatic";
            details.push(Detail { target, source, entity: None, dynamic: true, shown: Shown::Always });
        }
        details
    }

    /// Why a property changes.
    fn causes(&self, name: &str, recreates: bool) -> Vec<Detail> {
        let target = || Target::Property { name: name.to_owned(), recreates };
        let mut causes = Vec::new();
        for reference in self.deployment.property_references(&self.resource.id, name) {
            let (source, entity) = match reference {
                PropertyReference::Parameter(parameter) if self.changes(&parameter) => ("ParameterReference", parameter),
                PropertyReference::Resource(id) if self.expected.is_new(&id) => ("ResourceReference", id),
                PropertyReference::Attribute(id, attribute) if self.expected.is_new(&id) => {
                    ("ResourceAttribute", format!("{id}.{attribute}"))
                }
                _ => continue,
            };
            causes.push(Detail { target: target(), source, entity: Some(entity), dynamic: false, shown: Shown::Always });
        }
        // AWS adds a modification to the references that it is made of.
        let template_differs = self.before.is_none_or(|before| !before.says_the_same_of(self.resource, name));
        if name == "Tags" && !template_differs && causes.is_empty() {
            return vec![Detail::direct(Target::StackTags)];
        }
        let dynamic = !template_differs && !causes.is_empty();
        let of_resources = dynamic && causes.iter().all(|cause| cause.source != "ParameterReference");
        let shown = if of_resources { Shown::WithValues } else { Shown::Always };
        causes.push(Detail { dynamic, shown, ..Detail::direct(target()) });
        causes
    }

    /// Whether a parameter is given another value than before. Another value of its SSM parameter is the property's own change.
    fn changes(&self, parameter: &str) -> bool {
        self.stack.given.get(parameter) != self.submission.given.get(parameter)
    }
}
