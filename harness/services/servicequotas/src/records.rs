//! The service, which keeps no records: its quotas are `nightproof_core::quota`'s.

use std::sync::Arc;

/// The service `servicequotas`. Quotas are the same for every account, and are not raised.
#[derive(Debug, Default)]
pub struct ServiceQuotas;

impl ServiceQuotas {
    /// The service.
    pub fn new() -> Arc<Self> {
        Arc::new(Self)
    }
}
