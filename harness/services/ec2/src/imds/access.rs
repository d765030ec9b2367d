//! Session tokens of version 2.
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-v2-how-it-works.html>

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use jiff::{SignedDuration, Timestamp};
use nightproof_core::credentials::random_string;

use super::page::{refusal, text};
use crate::instance_handle::InstanceHandle;

const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
const TOKEN: &str = "x-aws-ec2-metadata-token";
const LONGEST: i64 = 21_600;

/// A new token, valid for the seconds that the request asks for.
pub(super) fn issue(instance: &InstanceHandle, request: &Parts) -> Response<Full<Bytes>> {
    // A request that came through a proxy is one that an instance did not make itself.
    if request.headers.contains_key("x-forwarded-for") {
        return refusal(StatusCode::FORBIDDEN);
    }
    let asked = request.headers.get(TTL).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<i64>().ok());
    let Some(seconds) = asked.filter(|seconds| (1..=LONGEST).contains(seconds)) else {
        return refusal(StatusCode::BAD_REQUEST);
    };
    let token = format!("AQAE{}==", random_string(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 50));
    let now = instance.region.clock().now();
    let ends = now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
    let mut sessions = instance.ec2.metadata.lock();
    let session = sessions.entry(instance.id.clone()).or_default();
    session.tokens.retain(|_, ends| *ends > now);
    session.tokens.insert(token.clone(), ends);
    let mut response = text(token);
    response.headers_mut().insert(TTL, HeaderValue::from(seconds));
    response
}

/// Whether a request may read: with a token that is valid here and now, or with none where none is required.
pub(super) fn admit(instance: &InstanceHandle, request: &Parts, required: bool) -> Result<(), StatusCode> {
    let Some(token) = request.headers.get(TOKEN) else {
        return if required { Err(StatusCode::UNAUTHORIZED) } else { Ok(()) };
    };
    let now = instance.region.clock().now();
    let sessions = instance.ec2.metadata.lock();
    let session = sessions.get(&instance.id);
    let valid = token
        .to_str()
        .ok()
        .and_then(|token| session.and_then(|session| session.tokens.get(token)))
        .is_some_and(|ends| *ends > now);
    if valid { Ok(()) } else { Err(StatusCode::UNAUTHORIZED) }
}
