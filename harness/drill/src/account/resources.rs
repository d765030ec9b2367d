//! What a stack made.

use serde::Deserialize;
use serde_json::json;

use crate::Hop;
use crate::account::dynamic_client::DynamicClient;
use crate::chain::failure::{HopFailure, at};

/// A resource of the stack.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Resource {
    #[serde(rename = "LogicalResourceId")]
    pub(crate) logical: String,
    /// Empty of one that was not made yet.
    #[serde(rename = "PhysicalResourceId", default)]
    pub(crate) physical: String,
    #[serde(rename = "ResourceType")]
    pub(crate) kind: String,
}

/// What the stack made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resources(Vec<Resource>);

impl Resources {
    /// Lists the stack's resources that exist.
    pub(crate) async fn load(client: &DynamicClient, name: &str) -> Result<Self, HopFailure> {
        let mut found: Vec<Resource> = Vec::new();
        let input = json!({ "StackName": name });
        let listed = client.pages("cloudformation", "ListStackResources", input, "StackResourceSummaries", &mut found).await;
        listed.map_err(at(Hop::Stack, "ListStackResources"))?;
        found.retain(|resource| !resource.physical.is_empty());
        Ok(Self(found))
    }

    /// Resources of a type, such as `AWS::S3::Bucket`.
    pub(crate) fn of_type(&self, kind: &str) -> impl Iterator<Item = &Resource> {
        self.0.iter().filter(move |resource| resource.kind == kind)
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Resource> {
        self.0.iter()
    }

    /// Physical ids of a type.
    pub(crate) fn ids(&self, kind: &str) -> Vec<String> {
        self.of_type(kind).map(|resource| resource.physical.clone()).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
