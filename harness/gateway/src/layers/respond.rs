//! Turns replies and typed errors into HTTP responses of the protocol that was spoken.

use http::Response;
use http_body_util::BodyExt as _;
use nightproof_connection::Intake;
use nightproof_core::service::{Body, full_body};

use super::Journal;
use crate::cross_origin;
use crate::exchange::{Answer, Exchange, Lost};
use crate::web_socket;

pub(crate) struct Respond {
    pub inner: Journal,
}

impl Respond {
    /// Whatever goes wrong becomes an AWS error.
    ///
    /// # Errors
    /// [`Lost`], if a fault wants the connection to end without an answer.
    pub(crate) async fn respond(&self, exchange: &mut Exchange, body: Intake) -> Result<Response<Body>, Lost> {
        if let Some(response) = cross_origin::preflight(exchange) {
            return Ok(response);
        }
        let outcome = self.inner.handle(exchange, body).await;
        if exchange.progress.lost {
            return Err(Lost);
        }
        let mut response = match outcome {
            Ok(Answer { codec, operation, reply }) if codec.model().signing_name() == web_socket::SERVICE => {
                web_socket::answer(&exchange.head, operation, &reply.output).map(full_body)
            }
            Ok(Answer { codec, operation, reply }) => {
                let mut response = codec.encode(operation, &reply.output, &exchange.request_id);
                if let Some(post) = &exchange.post {
                    post.apply(&mut response, &reply.output);
                }
                match reply.body {
                    Some(body) => response.map(|_| body.boxed_unsync()),
                    None => response.map(full_body),
                }
            }
            Err(error) => {
                let Exchange { head, service, request_id, .. } = &*exchange;
                let response = match exchange.codec {
                    Some(codec) if codec.model().signing_name() == web_socket::SERVICE => web_socket::refusal(&error),
                    Some(codec) => codec.encode_error(&error, request_id),
                    None => nightproof_wire::unserved(head, service, &error, request_id),
                };
                response.map(full_body)
            }
        };
        cross_origin::describe(exchange, &mut response);
        Ok(response)
    }
}
