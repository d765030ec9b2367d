//! Notifies a service of the requests that were refused before they reached it: S3 writes access log lines of those too.

use nightproof_connection::Intake;
use nightproof_core::Caller;
use nightproof_core::service::AwsError;

use super::Classify;
use crate::exchange::{Answer, Exchange};

pub(crate) struct NotifyRefused {
    pub inner: Classify,
}

impl NotifyRefused {
    pub(crate) async fn handle(&self, exchange: &mut Exchange, body: Intake) -> Result<Answer, AwsError> {
        let outcome = self.inner.handle(exchange, body).await;
        if let Err(error) = &outcome
            && !exchange.progress.dispatched
            && !exchange.progress.lost
        {
            notify(exchange, error);
        }
        outcome
    }
}

/// A request that cannot be routed to an operation names nothing that a service could record.
fn notify(exchange: &Exchange, error: &AwsError) {
    let Exchange { region, head, .. } = exchange;
    let Some(codec) = exchange.codec else { return };
    let Some(operation) = exchange.operation.or_else(|| codec.route(head, &[]).ok()) else { return };
    let caller = exchange.caller.clone().unwrap_or_else(|| Caller::anonymous(&region.settings().account));
    let call = exchange.call(caller, head.clone());
    let model = codec.model();
    region.tell_refused(&call, model.signing_name(), operation.name(), &model.addressed(head), error);
}
