//! Requests that are no calls of an API: those to functions' URLs, and to addresses that code is downloaded from.

use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};
use nightproof_connection::Intake;
use nightproof_core::Caller;
use nightproof_core::service::{Body, Service, full_body};
use nightproof_wire::sigv4;

use crate::exchange::Exchange;
use crate::layers::verify;
use crate::{head, payload};

/// The service that serves what a request addresses, if it is no call of an API.
pub(crate) fn server(exchange: &Exchange) -> Option<Arc<dyn Service>> {
    let host = head::host(&exchange.head)?;
    let path = exchange.head.uri.path();
    let mut services = exchange.region.services();
    services.find(|(_, service)| service.serves(&exchange.region, host, path)).map(|(_, service)| Arc::clone(service))
}

/// Answers the request. With a signature that does not match, the caller is anonymous; the service refuses callers without permission.
pub(crate) async fn answer(service: &dyn Service, exchange: &Exchange, body: Intake) -> Response<Body> {
    let Exchange { region, head, .. } = exchange;
    let document = match payload::read("lambda", payload::decoded("lambda", body, None, None)).await {
        Ok(document) => document,
        Err(error) => {
            let mut response = Response::new(full_body(format!(r#"{{"Message":"{}"}}"#, error.code)));
            *response.status_mut() = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
            return response;
        }
    };
    let caller = signer(exchange, &document).unwrap_or_else(|| Caller::anonymous(&region.settings().account));
    service.serve(&exchange.call(caller, head.clone()), document).await
}

fn signer(exchange: &Exchange, document: &Bytes) -> Option<Caller> {
    let Exchange { region, head, .. } = exchange;
    let claim = sigv4::claim(head).ok()??;
    let digest = sigv4::sha256_hex(document);
    verify(head, Some(&claim), Some(&digest), region, region.clock().now()).ok().map(|(caller, _)| caller)
}
