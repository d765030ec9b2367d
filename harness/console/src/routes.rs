//! Which request is answered by what.

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use nightproof_connection::Intake;
use nightproof_core::service::Body;
use serde::de::DeserializeOwned;

use crate::answer::{Refusal, json_answer, of_kind};
use crate::api::{calls, clock, faults, journal, region};
use crate::handles::Handles;
use crate::page;

/// The largest body of a request.
const BODY_LIMIT: usize = 1024 * 1024;

/// The API's description.
pub(crate) const DESCRIPTION: &str = include_str!("assets/openapi.json");

/// The parts of a path of the API, without `/_nightproof/api/`.
pub(crate) fn parts(path: &str) -> Option<Vec<&str>> {
    path.strip_prefix("/_nightproof/api/").map(|rest| rest.split('/').collect())
}

/// Answers a request that may be answered.
pub(crate) async fn answer(handles: &Handles, head: &Parts, body: Intake) -> Response<Body> {
    let path = head.uri.path();
    if let Some(asset) = page::asset(path) {
        return asset;
    }
    let Some(parts) = parts(path) else { return nothing(path).answer() };
    let outcome = match (&head.method, parts.as_slice()) {
        (&Method::GET, ["openapi.json"]) => return of_kind("application/json", DESCRIPTION),
        (&Method::GET, ["region"]) => Ok(region::describe(handles)),
        (&Method::GET, ["events"]) => journal::events(handles, &head.uri).await,
        (&Method::GET, ["clock"]) => Ok(clock::read(handles)),
        (&Method::POST, ["clock"]) => read(body).await.and_then(|to| clock::advance(handles, &to)),
        (&Method::GET, ["due"]) => clock::due(handles, &head.uri),
        (&Method::POST, ["fire"]) => read(body).await.and_then(|what| clock::fire(handles, &what)),
        (&Method::POST, ["settle"]) => Ok(clock::settle(handles).await),
        (&Method::GET, ["faults"]) => Ok(faults::read(handles)),
        (&Method::PUT, ["faults"]) => read(body).await.and_then(|rules| faults::set(handles, rules)),
        (&Method::POST, ["aws", service, operation]) => match read(body).await {
            Ok(input) => calls::call(handles, service, operation, input).await,
            Err(refusal) => Err(refusal),
        },
        _ => Err(nothing(path)),
    };
    match outcome {
        Ok(document) => json_answer(StatusCode::OK, &document),
        Err(refusal) => refusal.answer(),
    }
}

fn nothing(path: &str) -> Refusal {
    let what = format!("nothing is at `{path}` by this method; /_nightproof/api/openapi.json has what is there");
    Refusal::new(StatusCode::NOT_FOUND, "NotFound", what)
}

/// The document of a request; no body is an empty one.
async fn read<T: DeserializeOwned>(body: Intake) -> Result<T, Refusal> {
    let collected = Limited::new(body, BODY_LIMIT).collect().await;
    let bytes = collected.map(http_body_util::Collected::to_bytes).map_err(|error| {
        Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PayloadTooLarge",
            format!("the body cannot be read, or is over 1 MiB: {error}"),
        )
    })?;
    let bytes = if bytes.is_empty() { Bytes::from_static(b"{}") } else { bytes };
    serde_json::from_slice(&bytes).map_err(|error| Refusal::invalid(format!("the body is not what is asked for: {error}")))
}
