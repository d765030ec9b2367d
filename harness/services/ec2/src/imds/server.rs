//! Serves requests for metadata.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use nightproof_connection::{Intake, Limits};
use tokio::io::{AsyncRead, AsyncWrite};

use super::page::{document, refusal, text};
use super::{access, credentials, tree};
use crate::instance_handle::InstanceHandle;

/// Serves one connection until it or the region ends.
pub(crate) fn serve<S>(instance: Arc<InstanceHandle>, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let region = instance.region.clone();
    let stopping = region.stopping().clone();
    region.tasks().spawn(async move {
        let answer = |request: Request<Intake>| {
            let instance = Arc::clone(&instance);
            async move {
                let (parts, _) = request.into_parts();
                Ok::<_, Infallible>(answer(&instance, &parts).await)
            }
        };
        if let Err(error) = nightproof_connection::serve(stream, Limits::OF_MACHINES, &stopping, answer).await {
            tracing::debug!(%error, "metadata connection ended");
        }
    });
}

/// What the service answers one request.
async fn answer(instance: &InstanceHandle, request: &http::request::Parts) -> Response<Full<Bytes>> {
    let Some(facts) = tree::Facts::from_instance(instance) else { return refusal(StatusCode::NOT_FOUND) };
    if !facts.options.enabled {
        return refusal(StatusCode::FORBIDDEN);
    }
    let path = request.uri.path();
    if path == "/latest/api/token" {
        return match request.method {
            Method::PUT => access::issue(instance, request),
            _ => refusal(StatusCode::METHOD_NOT_ALLOWED),
        };
    }
    if request.method != Method::GET && request.method != Method::HEAD {
        return refusal(StatusCode::METHOD_NOT_ALLOWED);
    }
    if let Err(status) = access::admit(instance, request, facts.options.tokens_required) {
        return refusal(status);
    }
    let Some((version, rest)) = tree::versioned(path) else {
        return if path == "/" { text(tree::VERSIONS.join("\n")) } else { refusal(StatusCode::NOT_FOUND) };
    };
    tracing::trace!(instance = instance.id, version, path = rest, "metadata");
    if let Some(found) = credentials::answer(instance, &facts, rest).await {
        return found;
    }
    if rest == "user-data" {
        return match facts.user_data() {
            Some(bytes) => document("application/octet-stream", bytes),
            None => refusal(StatusCode::NOT_FOUND),
        };
    }
    match facts.find(rest) {
        Some(found) => text(found),
        None => refusal(StatusCode::NOT_FOUND),
    }
}
