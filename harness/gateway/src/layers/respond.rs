//! Turns replies and typed errors into HTTP responses of the protocol that was spoken.

use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use nightproof_connection::Intake;
use nightproof_core::service::{AwsError, Body, full_body};

use super::Journal;
use crate::cross_origin;
use crate::exchange::{Answer, Exchange, Lost};

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
            Ok(Answer { model, operation, reply }) => {
                let mut response = model.encode(operation, &reply.output, &exchange.request_id);
                if let Some(post) = &exchange.post {
                    post.apply(&mut response, &reply.output);
                }
                match reply.body {
                    Some(body) => response.map(|_| body.boxed_unsync()),
                    None => response.map(full_body),
                }
            }
            Err(error) => match exchange.model {
                Some(model) => model.encode_error(&error, &exchange.request_id).map(full_body),
                None => without_protocol(&error, &exchange.request_id),
            },
        };
        cross_origin::describe(exchange, &mut response);
        Ok(response)
    }
}

/// The answer to a request of which no protocol is known: JSON is what most clients can read.
fn without_protocol(error: &AwsError, request_id: &str) -> Response<Body> {
    let body = serde_json::json!({"__type": error.code, "message": error.message}).to_string();
    let mut response = Response::new(full_body(body));
    *response.status_mut() = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}
