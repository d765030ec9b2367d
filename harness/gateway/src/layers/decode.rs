//! Decodes an authenticated request into the call that it stands for.

use std::sync::Arc;

use nightproof_core::service::AwsError;
use nightproof_wire::Codec;

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
        codec: Codec<'static>,
        authenticated: Authenticated,
    ) -> Result<Answer, AwsError> {
        let Authenticated { caller, operation, head, document, body } = authenticated;
        exchange.operation = Some(operation);
        let model = codec.model();
        let input = codec.decode(operation, &head, &document)?;
        exchange.input = record::parameters(model, operation.name(), &input);
        let call = exchange.call(caller, head);
        let invocation = Invocation { service: model.signing_name(), operation: operation.name(), input, body };
        let reply = self.inner.call(&call, invocation, &mut exchange.progress).await?;
        Ok(Answer { codec, operation, reply })
    }
}
