//! Decodes an authenticated request into the call that it stands for.

use std::sync::Arc;

use nightproof_core::service::AwsError;
use nightproof_wire::ServiceModel;

use super::Authorize;
use crate::exchange::{Answer, Authenticated, Exchange, Invocation};
use crate::record;

pub(crate) struct Decode {
    pub inner: Arc<Authorize>,
}

impl Decode {
    pub(crate) async fn handle(
        &self,
        exchange: &mut Exchange,
        model: &'static ServiceModel,
        authenticated: Authenticated,
    ) -> Result<Answer, AwsError> {
        let Authenticated { caller, operation, head, document, body } = authenticated;
        exchange.operation = Some(operation);
        let input = model.decode(operation, &head, &document)?;
        exchange.input = record::parameters(model, operation.name(), &input);
        let call = exchange.call(caller, head);
        let invocation = Invocation { service: model.signing_name(), operation: operation.name(), input, body };
        let reply = self.inner.call(&call, invocation, &mut exchange.progress).await?;
        Ok(Answer { model, operation, reply })
    }
}
