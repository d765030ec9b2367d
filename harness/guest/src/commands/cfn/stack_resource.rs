//! A stack's resource, as `DescribeStackResource` shows it.

use serde_json::Value;

use super::client::Client;
use crate::agent::s3::elements;

/// A resource of a stack.
#[derive(Debug, PartialEq)]
pub(super) struct StackResource {
    pub(super) metadata: Value,
    pub(super) physical_id: Option<String>,
    pub(super) status: String,
}

impl StackResource {
    /// Asks for it. The error is what the service says.
    pub(super) fn describe(client: &Client, stack: &str, resource: &str) -> Result<Self, String> {
        let answer = client.call("DescribeStackResource", &[("StackName", stack), ("LogicalResourceId", resource)])?;
        Self::read(&answer)
    }

    fn read(xml: &str) -> Result<Self, String> {
        let element = |name: &str| elements(xml, name).next();
        let metadata = element("Metadata").map(|text| serde_json::from_str(&text)).transpose();
        Ok(Self {
            metadata: metadata.map_err(|error| format!("the metadata cannot be read: {error}"))?.unwrap_or_default(),
            physical_id: element("PhysicalResourceId"),
            status: element("ResourceStatus").unwrap_or_default(),
        })
    }

    /// Whether the template gives it metadata.
    pub(super) fn has_metadata(&self) -> bool {
        self.metadata.as_object().is_some_and(|members| !members.is_empty())
    }

    /// What is at a path of members that are separated by dots; a dot within a name is `\.`.
    pub(super) fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
        let names = path.replace("\\.", "\0");
        names.split('.').filter(|name| !name.is_empty()).try_fold(value, |value, name| value.get(name.replace('\0', ".")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_resource_is_read_from_the_answer() {
        let xml = "<R><StackResourceDetail><Metadata>{&quot;a.b&quot;:{&quot;c&quot;:&quot;&lt;x&gt;&amp;&quot;}}</Metadata>\
                   <ResourceStatus>CREATE_IN_PROGRESS</ResourceStatus></StackResourceDetail></R>";
        let found = StackResource::read(xml).unwrap();
        assert_eq!((found.status.as_str(), &found.physical_id), ("CREATE_IN_PROGRESS", &None));
        assert_eq!(StackResource::at(&found.metadata, "a\\.b.c"), Some(&json!("<x>&")));
        assert_eq!(StackResource::at(&found.metadata, "a"), None);
        assert!(found.has_metadata() && !StackResource::read("<R/>").unwrap().has_metadata());
    }
}
