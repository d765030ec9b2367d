//! Decides whether the caller may make the call.

use std::time::Instant;

use nightproof_core::service::{AwsError, Call, Reply};

use super::Fault;
use crate::exchange::{Invocation, Progress};

pub(crate) struct Authorize {
    pub inner: Fault,
}

impl Authorize {
    /// A denial is in the service's own words. A region without an authorizer allows every call.
    pub(crate) async fn call(&self, call: &Call, invocation: Invocation, progress: &mut Progress) -> Result<Reply, AwsError> {
        if let Some(authorizer) = call.region.authorizer() {
            let begun = Instant::now();
            let Invocation { service, operation, input, .. } = &invocation;
            let decided = authorizer.authorize(call, service, operation, input).await;
            progress.authorizing = begun.elapsed();
            decided.map_err(|denial| match call.region.service(service) {
                Some(service) => service.denied(call, input, denial),
                None => denial,
            })?;
        }
        self.inner.call(call, invocation, progress).await
    }
}
