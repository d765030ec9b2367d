//! Journals every request, with what it was refused for.

use nightproof_connection::Intake;
use nightproof_core::service::AwsError;

use super::NotifyRefused;
use crate::exchange::{Answer, Exchange};
use crate::record;

pub(crate) struct Journal {
    pub inner: NotifyRefused,
}

impl Journal {
    pub(crate) async fn handle(&self, exchange: &mut Exchange, body: Intake) -> Result<Answer, AwsError> {
        let outcome = self.inner.handle(exchange, body).await;
        record::request(exchange, outcome.as_ref().map(|answer| &answer.reply.output));
        outcome
    }
}
