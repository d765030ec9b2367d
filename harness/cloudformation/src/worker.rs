//! What works on one stack: the principal who asked, the stack's record, and the region's time.

use std::sync::Arc;

use jiff::Timestamp;
use nightproof_core::service::Call;
use nightproof_core::{Caller, Region};
use nightproof_resource::MadeResource;
use tokio_util::sync::CancellationToken;

use crate::cloudformation::CloudFormation;
use crate::records::{Stack, StackResource, StackStatus};

#[derive(Clone)]
pub(crate) struct Worker {
    pub service: Arc<CloudFormation>,
    pub region: Region,
    pub caller: Caller,
    /// The stack's ARN.
    pub id: String,
    pub name: String,
    /// Ends what goes on.
    pub cancel: CancellationToken,
}

impl Worker {
    /// Works on `stack` as `deployer`; `None` while the region goes down.
    pub(crate) fn on(stack: &Stack, service: &CloudFormation, call: &Call, deployer: Caller) -> Option<Self> {
        Some(Self {
            service: service.me.upgrade()?,
            region: call.region.clone(),
            caller: deployer.via("cloudformation.amazonaws.com"),
            id: stack.id.clone(),
            name: stack.name.clone(),
            cancel: stack.cancel.clone(),
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.region.clock().now()
    }

    /// Runs `work` on the stack's record.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Stack) -> T) -> Option<T> {
        self.service.with(&self.caller.account, &self.id, work)
    }

    /// A copy of the records of its resources.
    pub(crate) fn resources(&self) -> Vec<StackResource> {
        self.with(|stack| stack.resources.clone()).unwrap_or_default()
    }

    pub(crate) fn stack_becomes(&self, status: StackStatus, reason: Option<String>) {
        let now = self.now();
        self.with(|stack| stack.becomes(status, reason, now));
    }

    pub(crate) fn resource_becomes(&self, id: &str, status: &'static str, reason: Option<String>) {
        let now = self.now();
        self.with(|stack| stack.resource_becomes(id, status, reason, now));
    }

    pub(crate) fn record(&self, id: &str, made: MadeResource) {
        self.with(|stack| stack.resource(id).map(|resource| resource.made = Some(made)));
    }
}
