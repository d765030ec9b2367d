//! What a stack made.

use crate::Hop;
use crate::account::clients::Clients;
use crate::chain::failure::{HopFailure, at};

/// A resource of the stack.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub(crate) logical: String,
    pub(crate) physical: String,
    pub(crate) kind: String,
}

/// What the stack made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resources(Vec<Resource>);

impl Resources {
    /// Lists the stack's resources that exist.
    pub(crate) async fn load(clients: &Clients, name: &str) -> Result<Self, HopFailure> {
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let answer = clients
                .cloudformation
                .list_stack_resources()
                .stack_name(name)
                .set_next_token(token)
                .send()
                .await
                .map_err(at(Hop::Stack, "ListStackResources"))?;
            found.extend(answer.stack_resource_summaries().iter().filter_map(|summary| {
                Some(Resource {
                    logical: summary.logical_resource_id()?.to_owned(),
                    physical: summary.physical_resource_id().filter(|id| !id.is_empty())?.to_owned(),
                    kind: summary.resource_type()?.to_owned(),
                })
            }));
            token = answer.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(Self(found));
            }
        }
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
