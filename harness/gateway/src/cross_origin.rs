//! Pages of other origins that read S3's answers: what browsers ask before, and the headers that answer them.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html>

use http::{HeaderName, HeaderValue, Method, Response, header};
use nightproof_core::service::{AwsError, Body, CrossOrigin, empty_body, full_body};
use nightproof_wire::{Codec, ServiceModel};
use serde_json::Value;

use crate::exchange::Exchange;
use crate::head;

/// Answers a preflight. It is no call: nobody signs it, and no trail shows it.
pub(crate) fn preflight(exchange: &Exchange) -> Option<Response<Body>> {
    if exchange.head.method != Method::OPTIONS || head::service(&exchange.head, None) != "s3" {
        return None;
    }
    let model = nightproof_wire::service("s3")?;
    let mut response = Response::new(empty_body());
    match headers(exchange, model) {
        Ok(headers) => {
            // The ids that every answer has.
            if let Some(operation) = model.operation("HeadBucket") {
                response = model.codec().encode(operation, &Value::Null, &exchange.request_id).map(full_body);
            }
            insert(&mut response, headers.into_iter().flatten());
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(0));
        }
        Err(error) => response = model.codec().encode_error(&error, &exchange.request_id).map(full_body),
    }
    Some(response)
}

/// Adds the headers for a page of another origin to the answer to its request.
pub(crate) fn describe(exchange: &Exchange, response: &mut Response<Body>) {
    if let Some(model) = exchange.codec.map(Codec::model).filter(|model| model.signing_name() == "s3")
        && let Ok(Some(headers)) = headers(exchange, model)
    {
        insert(response, headers);
    }
}

fn headers(exchange: &Exchange, model: &ServiceModel) -> Result<Option<Vec<(&'static str, String)>>, AwsError> {
    let sent = |name: &str| exchange.head.headers.get(name).and_then(|value| value.to_str().ok());
    let preflight = exchange.head.method == Method::OPTIONS;
    let Some(origin) = sent("origin") else {
        let why = "Insufficient information. Origin request header needed.";
        return if preflight { Err(AwsError::new("BadRequest", 400, why)) } else { Ok(None) };
    };
    let address = model.addressed(&exchange.head);
    let named = |name: &str| address.get(name).and_then(Value::as_str);
    let Some(service) = exchange.region.service("s3") else { return Ok(None) };
    let wanted = sent("access-control-request-method");
    let asked = CrossOrigin {
        origin,
        method: if preflight { wanted } else { Some(exchange.head.method.as_str()) },
        headers: sent("access-control-request-headers"),
        key: named("Key"),
        preflight,
    };
    service.cross_origin(named("Bucket").unwrap_or_default(), &asked)
}

fn insert(response: &mut Response<Body>, headers: impl IntoIterator<Item = (&'static str, String)>) {
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
}
