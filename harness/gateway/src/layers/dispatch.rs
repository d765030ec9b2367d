//! Hands the call to its service.

use nightproof_core::service::{AwsError, Call, Reply};

use crate::exchange::{Invocation, Progress};

pub(crate) struct Dispatch;

impl Dispatch {
    pub(crate) async fn call(&self, call: &Call, invocation: Invocation, progress: &mut Progress) -> Result<Reply, AwsError> {
        progress.dispatched = true;
        let Invocation { service, operation, input, body } = invocation;
        call.region.dispatch(call, service, operation, input, body).await
    }
}
