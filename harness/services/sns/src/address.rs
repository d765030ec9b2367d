//! The address of the service in the links of its messages, and what these links lead to.

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::{HeaderValue, Response, StatusCode};
use nightproof_core::Principal;
use nightproof_core::service::{Body, Call, empty_body, full_body};

use crate::records::Sns;

/// Who asks by one of AWS's names, and a service of the region, gets one of them; everybody else, the endpoint that was asked.
pub(crate) fn address(call: &Call) -> String {
    let asked = call.http.as_ref().and_then(|head| {
        let authority = head.uri.authority().map(|authority| authority.as_str());
        authority.or_else(|| head.headers.get(HOST)?.to_str().ok())
    });
    match asked.filter(|asked| !asked.split(':').next().unwrap_or_default().ends_with(".amazonaws.com")) {
        Some(endpoint) => format!("{}://{endpoint}", if call.tls { "https" } else { "http" }),
        None => format!("https://sns.{}.amazonaws.com", call.region.name()),
    }
}

/// Whether a call is by a link of a message, which nobody signs: the token, or the subscription's ARN, is what one has to know.
pub(crate) fn is_link(call: &Call, operation: &str) -> bool {
    call.caller.principal == Principal::Anonymous && matches!(operation, "ConfirmSubscription" | "Unsubscribe")
}

impl Sns {
    /// The certificate that messages are verified with.
    pub(crate) fn serve_certificate(&self, call: &Call) -> Response<Body> {
        let path = call.http.as_ref().map(|head| head.uri.path()).unwrap_or_default();
        let certificate = self.signer.get().and_then(|signer| signer.certificate(path));
        let Some(certificate) = certificate else {
            let mut response = Response::new(empty_body());
            *response.status_mut() = StatusCode::NOT_FOUND;
            return response;
        };
        let mut response = Response::new(full_body(certificate.to_owned()));
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(certificate.len()));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-pem-file"));
        response
    }
}
