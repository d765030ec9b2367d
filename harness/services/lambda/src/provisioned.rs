//! Provisioned concurrency of a version or alias: environments that are initialized before they are needed.
//! <https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html>

use std::sync::Arc;

use serde_json::{Value, json};

/// Provisioned concurrency as it is kept.
#[derive(Debug)]
pub(crate) struct Provisioned {
    pub requested: u64,
    pub allocated: u64,
    pub status: Status,
    pub modified: String,
    /// A reference for each invocation that uses it, beside its own.
    pub running: Arc<()>,
}

/// How allocation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    InProgress,
    Ready,
    /// The function does not initialize.
    Failed,
}

impl Provisioned {
    pub(crate) fn new(requested: u64, modified: String) -> Self {
        Self { requested, allocated: 0, status: Status::InProgress, modified, running: Arc::default() }
    }

    /// The output of `GetProvisionedConcurrencyConfig`.
    pub(crate) fn describe(&self) -> Value {
        let status = match self.status {
            Status::InProgress => "IN_PROGRESS",
            Status::Ready => "READY",
            Status::Failed => "FAILED",
        };
        let mut made = json!({
            "RequestedProvisionedConcurrentExecutions": self.requested, "AvailableProvisionedConcurrentExecutions": self.allocated,
            "AllocatedProvisionedConcurrentExecutions": self.allocated, "Status": status, "LastModified": self.modified,
        });
        if self.status == Status::Failed {
            made["StatusReason"] = "FUNCTION_ERROR_INIT_FAILURE".into();
        }
        made
    }

    /// Whether another invocation can use it.
    pub(crate) fn has_room(&self) -> bool {
        // One reference is its own.
        let running = u64::try_from(Arc::strong_count(&self.running)).unwrap_or(u64::MAX).saturating_sub(1);
        self.status == Status::Ready && running < self.allocated
    }
}
