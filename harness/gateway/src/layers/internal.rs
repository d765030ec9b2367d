//! Where calls from inside of the region enter: CloudFormation making a bucket, EventBridge invoking a function. They have neither wire nor
//! signature; the model validates their documents too, and the journal records them.

use std::sync::Arc;

use nightproof_core::service::{AwsError, Body, Call, Reply};
use serde_json::Value;

use super::Authorize;
use crate::exchange::{Invocation, Lost, Progress};
use crate::record;

pub(crate) struct Internal {
    pub inner: Arc<Authorize>,
}

impl Internal {
    pub(crate) async fn call(
        &self,
        call: &Call,
        service: &str,
        operation: &str,
        input: Value,
        body: Body,
    ) -> Result<Reply, AwsError> {
        let Some(model) = nightproof_wire::service(service) else {
            return Err(AwsError::not_implemented(service, operation));
        };
        let shown = record::parameters(model, operation, &input);
        let outcome = async {
            let known = model.operation(operation).ok_or_else(|| AwsError::not_implemented(service, operation))?;
            model.validate(known, &input)?;
            let mut progress = Progress::default();
            let invocation = Invocation { service: model.signing_name(), operation: known.name(), input, body };
            let reply = self.inner.call(call, invocation, &mut progress).await?;
            // There is no connection that could end: the caller gets no answer.
            if progress.lost { Err(AwsError::internal(Lost.to_string())) } else { Ok(reply) }
        }
        .await;
        record::internal(call, model, operation, shown, outcome.as_ref().map(|reply| &reply.output));
        outcome
    }
}
