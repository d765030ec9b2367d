//! Requests that are no calls of an API: those to functions' URLs, and to addresses that code is downloaded from.

use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};
use nightproof_connection::Intake;
use nightproof_core::service::{Body, Service, full_body};
use nightproof_core::{Caller, Region};
use nightproof_wire::sigv4;

use crate::exchange::Exchange;
use crate::layers::verify;
use crate::{head, payload};

/// The region and the service that serve what a request addresses, if it is no call of an API.
pub(crate) fn server(exchange: &Exchange) -> Option<(Region, Arc<dyn Service>)> {
    let host = head::host(&exchange.head)?;
    let path = exchange.head.uri.path();
    let of = |region: &Region| {
        let mut services = region.services();
        services.find(|(_, service)| service.serves(region, host, path)).map(|(_, service)| (region.clone(), Arc::clone(service)))
    };
    // An address without a region in its host names one in its path.
    of(&exchange.region).or_else(|| if exchange.region.is_alone() { None } else { exchange.region.all().iter().find_map(of) })
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
