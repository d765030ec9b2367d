//! The stack's record of a resource that a provider works on. The providers of CloudFormation's own types reach the service by it.

use std::any::Any;

use nightproof_resource::{Context, MadeResource, ResourceRecord, ResourceSignal};
use serde_json::Value;

use crate::worker::Worker;

/// The record of a resource with the properties that it is made with.
pub(crate) struct Record {
    pub worker: Worker,
    pub id: String,
    pub properties: Value,
}

impl ResourceRecord for Record {
    fn exists(&self, physical: &str) {
        let made = MadeResource { physical: physical.to_owned(), properties: self.properties.clone(), ..MadeResource::default() };
        let now = self.worker.now();
        self.worker.with(|stack| {
            let status = stack.resource(&self.id).map(|resource| {
                resource.made = Some(made);
                resource.status
            });
            if let Some(status) = status {
                stack.resource_becomes(&self.id, status, Some("Resource creation Initiated".to_owned()), now);
            }
        });
    }

    fn report(&self, reason: &str) {
        let now = self.worker.now();
        self.worker.with(|stack| {
            if let Some(status) = stack.resource(&self.id).map(|resource| resource.status) {
                stack.resource_becomes(&self.id, status, Some(reason.to_owned()), now);
            }
        });
    }

    fn signals(&self) -> Vec<ResourceSignal> {
        self.worker.with(|stack| stack.signals.get(&self.id).cloned().unwrap_or_default()).unwrap_or_default()
    }
}

/// What works on the stack that a resource belongs to.
pub(crate) fn worker(context: &Context) -> Result<&Worker, String> {
    let record: &dyn Any = context.record();
    record.downcast_ref::<Record>().map(|record| &record.worker).ok_or_else(|| "the resource belongs to no stack".to_owned())
}
