//! Has calls fail on purpose, be slow, be done twice, or lose their answers.

use std::sync::Arc;

use nightproof_core::service::{AwsError, Call, Reply, empty_body};
use nightproof_faults::Faults;

use super::Dispatch;
use crate::exchange::{Invocation, Progress};

pub(crate) struct Fault {
    pub faults: Arc<Faults>,
    pub inner: Dispatch,
}

impl Fault {
    pub(crate) async fn call(&self, call: &Call, invocation: Invocation, progress: &mut Progress) -> Result<Reply, AwsError> {
        let Invocation { service, operation, input, body } = invocation;
        let (body, afterwards) = self.faults.strike(call, service, operation, &input, body).await?;
        progress.lost = afterwards.lose_answer;
        if afterwards.repeat {
            let first = Call { request_id: uuid::Uuid::new_v4().to_string(), ..call.clone() };
            let invocation = Invocation { service, operation, input: input.clone(), body: empty_body() };
            // Its outcome reaches nobody.
            let _ = self.inner.call(&first, invocation, progress).await;
        }
        let reply = self.inner.call(call, Invocation { service, operation, input, body }, progress).await?;
        Ok(afterwards.apply_to(reply))
    }
}
