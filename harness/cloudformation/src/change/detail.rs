//! One reason for which a resource changes.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChangeDetail.html>

use serde_json::{Value, json};

use super::context;

/// What changes of a resource, and why.
#[derive(Debug, Clone)]
pub(super) struct Detail {
    pub target: Target,
    /// `DirectModification`, `ParameterReference`, `ResourceReference` or `ResourceAttribute`.
    pub source: &'static str,
    /// The parameter, the resource or its attribute that changes.
    pub entity: Option<String>,
    /// `Dynamic`: its value may change, or is known only when the stack is updated.
    pub dynamic: bool,
    pub shown: Shown,
}

/// What changes.
#[derive(Debug, Clone)]
pub(super) enum Target {
    Property {
        name: String,
        recreates: bool,
    },
    /// The tags of the stack, which the resource inherits.
    StackTags,
    /// `Metadata`, `DeletionPolicy`, `UpdateReplacePolicy`; its values before and after, where it is a text.
    Attribute {
        name: &'static str,
        values: (Option<&'static str>, Option<&'static str>),
    },
}

/// Which of `DescribeChangeSet`'s forms has a detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Always,
    /// Without `IncludePropertyValues`: what may change, though its value is known to stay.
    WithoutValues,
    /// With `IncludePropertyValues`.
    WithValues,
}

impl Detail {
    /// A modification of the template itself, which is certain.
    pub(super) fn direct(target: Target) -> Self {
        Self { target, source: "DirectModification", entity: None, dynamic: false, shown: Shown::Always }
    }

    /// `Tags`, `Properties`, or another attribute of a resource in a template.
    pub(super) fn attribute(&self) -> &'static str {
        match &self.target {
            Target::Property { .. } => "Properties",
            Target::StackTags => "Tags",
            Target::Attribute { name, .. } => name,
        }
    }

    pub(super) fn recreates(&self) -> bool {
        matches!(self.target, Target::Property { recreates: true, .. })
    }

    pub(super) fn plain(&self) -> Value {
        let name = match &self.target {
            Target::Property { name, .. } => Some(name),
            Target::StackTags | Target::Attribute { .. } => None,
        };
        json!({
            "Target": {
                "Attribute": self.attribute(),
                "Name": name,
                "RequiresRecreation": if self.recreates() { "Always" } else { "Never" },
            },
            "Evaluation": if self.dynamic { "Dynamic" } else { "Static" },
            "ChangeSource": self.source,
            "CausingEntity": self.entity,
        })
    }

    /// The same with what it was and what it becomes. `before` and `after` are properties.
    pub(super) fn with_values(&self, before: &Value, after: &Value) -> Value {
        let mut detail = self.plain();
        let (path, before, after) = match &self.target {
            Target::StackTags => {
                ("/Properties/Tags".to_owned(), context::text(before.get("Tags")), context::text(after.get("Tags")))
            }
            Target::Property { name, .. } => {
                (format!("/Properties/{name}"), context::text(before.get(name)), context::text(after.get(name)))
            }
            Target::Attribute { name, values } => {
                let (before, after) = *values;
                (format!("/{name}"), before.map(str::to_owned), after.map(str::to_owned))
            }
        };
        let change = match (&before, &after) {
            (None, Some(_)) => "Add",
            (Some(_), None) => "Remove",
            _ => "Modify",
        };
        detail["Target"]["Path"] = path.into();
        detail["Target"]["BeforeValue"] = before.into();
        detail["Target"]["AfterValue"] = after.into();
        detail["Target"]["AttributeChangeType"] = change.into();
        detail
    }
}
