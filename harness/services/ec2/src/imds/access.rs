//! Session tokens of version 2.
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-v2-how-it-works.html>

use std::collections::HashMap;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use jiff::{SignedDuration, Timestamp};
use nightproof_core::credentials::random_string;
use parking_lot::{Mutex, MutexGuard};

use super::credentials::Issued;
use super::page::{refusal, text};
use crate::connections::InstanceConnections;

const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
const TOKEN: &str = "x-aws-ec2-metadata-token";
const LONGEST: i64 = 21_600;

/// Tokens and credentials that have been given out, by instance.
#[derive(Default)]
pub(in super::super) struct Sessions(Mutex<HashMap<String, Session>>);

/// What one instance was given.
#[derive(Default)]
pub(super) struct Session {
    tokens: HashMap<String, Timestamp>,
    /// By role.
    pub(super) issued: HashMap<String, Issued>,
}

impl Sessions {
    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.0.lock()
    }

    /// Forgets an instance that is gone.
    pub(in super::super) fn forget(&self, instance: &str) {
        self.lock().remove(instance);
    }
}

/// A new token, valid for the seconds that the request asks for.
pub(super) fn issue(to: &InstanceConnections, request: &Parts) -> Response<Full<Bytes>> {
    // A request that came through a proxy is one that an instance did not make itself.
    if request.headers.contains_key("x-forwarded-for") {
        return refusal(StatusCode::FORBIDDEN);
    }
    let asked = request.headers.get(TTL).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<i64>().ok());
    let Some(seconds) = asked.filter(|seconds| (1..=LONGEST).contains(seconds)) else {
        return refusal(StatusCode::BAD_REQUEST);
    };
    let token = format!("AQAE{}==", random_string(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 50));
    let now = to.region.clock().now();
    let ends = now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
    let mut sessions = to.ec2.metadata.lock();
    let session = sessions.entry(to.instance.clone()).or_default();
    session.tokens.retain(|_, ends| *ends > now);
    session.tokens.insert(token.clone(), ends);
    let mut response = text(token);
    response.headers_mut().insert(TTL, HeaderValue::from(seconds));
    response
}

/// Whether a request may read: with a token that is valid here and now, or with none where none is required.
pub(super) fn admit(to: &InstanceConnections, request: &Parts, required: bool) -> Result<(), StatusCode> {
    let Some(token) = request.headers.get(TOKEN) else {
        return if required { Err(StatusCode::UNAUTHORIZED) } else { Ok(()) };
    };
    let now = to.region.clock().now();
    let sessions = to.ec2.metadata.lock();
    let session = sessions.get(&to.instance);
    let valid = token
        .to_str()
        .ok()
        .and_then(|token| session.and_then(|session| session.tokens.get(token)))
        .is_some_and(|ends| *ends > now);
    if valid { Ok(()) } else { Err(StatusCode::UNAUTHORIZED) }
}
