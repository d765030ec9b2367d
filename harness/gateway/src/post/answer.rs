//! What a form is answered with, if it is not refused.

use http::{HeaderValue, Response, StatusCode, Uri, header};
use nightproof_wire::post_response;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::form::Form;

/// What an address leaves as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const PATH: &AsciiSet = &PLAIN.remove(b'/');

/// What a form asks to be answered with.
pub(crate) struct PostAnswer {
    bucket: String,
    key: String,
    redirect: Option<String>,
    status: StatusCode,
}

impl PostAnswer {
    /// By the form's `success_action_redirect` and `success_action_status`; one that cannot be meant is as if it were not there.
    pub(crate) fn new(form: &Form, bucket: &str, key: &str) -> Self {
        let redirect = form.field("success_action_redirect").or_else(|| form.field("redirect"));
        let absolute = |url: &&str| url.parse::<Uri>().is_ok_and(|uri| uri.scheme().is_some() && uri.host().is_some());
        let status = match form.field("success_action_status") {
            Some("200") => StatusCode::OK,
            Some("201") => StatusCode::CREATED,
            _ => StatusCode::NO_CONTENT,
        };
        Self { bucket: bucket.to_owned(), key: key.to_owned(), redirect: redirect.filter(absolute).map(str::to_owned), status }
    }

    /// Makes the answer to a PutObject that of the form.
    pub(crate) fn apply(&self, response: &mut Response<Vec<u8>>, output: &Value) {
        let etag = output.get("ETag").and_then(Value::as_str).unwrap_or_default();
        let location = format!("https://{}.s3.amazonaws.com/{}", self.bucket, utf8_percent_encode(&self.key, PATH));
        let (status, location, body) = match &self.redirect {
            Some(url) => {
                let encoded = |text: &str| utf8_percent_encode(text, PLAIN).to_string();
                let more = if url.contains('?') { '&' } else { '?' };
                let query = format!("bucket={}&key={}&etag={}", encoded(&self.bucket), encoded(&self.key), encoded(etag));
                (StatusCode::SEE_OTHER, format!("{url}{more}{query}"), Vec::new())
            }
            None if self.status == StatusCode::CREATED => {
                let body = post_response(&location, &self.bucket, &self.key, etag);
                (self.status, location, body)
            }
            None => (self.status, location, Vec::new()),
        };
        *response.status_mut() = status;
        if let Ok(location) = HeaderValue::from_str(&location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        if !body.is_empty() {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        }
        if status == StatusCode::NO_CONTENT {
            response.headers_mut().remove(header::CONTENT_LENGTH);
        } else {
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        *response.body_mut() = body;
    }
}
