//! What is answered: JSON, and never to be kept by anybody.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{HeaderName, Response, StatusCode};
use nightproof_core::service::{AwsError, Body, full_body};
use serde_json::{Value, json};

/// A request that is not done.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: String,
    message: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }

    /// A request that cannot be understood.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidRequest", message)
    }

    pub(crate) fn answer(&self) -> Response<Body> {
        json_answer(self.status, &json!({ "error": { "code": self.code, "message": self.message } }))
    }
}

impl From<AwsError> for Refusal {
    /// An error of AWS's API, with its status.
    fn from(error: AwsError) -> Self {
        let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
        Self { status, code: error.code, message: error.message }
    }
}

/// An answer with this document.
pub(crate) fn json_answer(status: StatusCode, document: &Value) -> Response<Body> {
    let mut response = of_kind("application/json", document.to_string());
    *response.status_mut() = status;
    response
}

/// An answer of this media type, with what keeps a browser from doing more with it than it is for.
pub(crate) fn of_kind(kind: &'static str, text: impl Into<bytes::Bytes>) -> Response<Body> {
    const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let mut response = Response::new(full_body(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    headers.insert(HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer"));
    headers.insert(HeaderName::from_static("content-security-policy"), HeaderValue::from_static(POLICY));
    response
}
