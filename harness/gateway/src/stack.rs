//! The layer stack: what happens to a request, in order.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Request, Response, header};
use http_body_util::BodyExt as _;
use nightproof_connection::Intake;
use nightproof_core::Tls;
use nightproof_core::gateway::{Connection, Gateway};
use nightproof_core::service::{AwsError, Body, Call, Reply, empty_body, full_body};
use nightproof_core::{Caller, Principal, Region};
use nightproof_faults::{Afterwards, Faults};
use nightproof_wire::ServiceModel;
use nightproof_wire::sigv4::{self, ChunkedDecoder, Claim, Payload, Seed};
use serde_json::Value;

use super::authenticate::{self, Authenticated};
use super::listener::Peer;
use super::timing::Timing;
use super::{Authority, authorize, classify, listener, payload, record, refused};

/// The layers of one region, with what they need beside it.
pub struct LayerStack {
    authority: Option<Authority>,
    faults: Arc<Faults>,
    timing: Timing,
}

impl LayerStack {
    /// Layers in which `faults` strike. Without an authority no TLS is spoken.
    pub fn new(authority: Option<Authority>, faults: Arc<Faults>) -> Arc<Self> {
        Arc::new(Self { authority, faults, timing: Timing::default() })
    }

    /// How long calls take.
    pub fn timing(&self) -> &Timing {
        &self.timing
    }

    pub(super) fn authority(&self) -> Option<&Authority> {
        self.authority.as_ref()
    }

    /// Answers one HTTP request. Never fails: whatever goes wrong becomes an AWS error of the protocol that was spoken.
    ///
    /// The layers, outermost first, and why there:
    /// 1. **journal**: sees everything, refused calls included;
    /// 2. **respond**: the one place where typed errors become bodies;
    /// 3. **classify**: the protocol must be known before anything can be said in it;
    /// 4. **authenticate**: before the document is parsed, so that strangers reach no parser but the signature's;
    /// 5. **authorize**: needs the caller and the document;
    /// 6. **fault**: what goes wrong on purpose goes wrong for who was allowed;
    /// 7. **dispatch**: the service.
    ///
    /// # Errors
    /// [`Lost`], if a fault wants the connection to end without an answer.
    pub(super) async fn handle(&self, region: Region, peer: Peer, request: Request<Intake>) -> Result<Response<Body>, Lost> {
        let begun = Instant::now();
        let request_id = uuid::Uuid::new_v4().to_string();
        let (mut parts, body) = request.into_parts();
        if let Some(tls) = peer.tls.clone() {
            parts.extensions.insert::<Tls>(tls);
        }

        let claim = sigv4::claim(&parts);
        let scope = claim.as_ref().ok().and_then(Option::as_ref).map(|claim| claim.service.clone());
        let model = match classify::service(&parts, scope.as_deref()) {
            Ok(model) => model,
            // No protocol is known: JSON is what most clients can read.
            Err(error) => {
                record::unserved(&region, &peer, &parts, &request_id, claim.as_ref().ok().and_then(Option::as_ref), &error);
                return Ok(unclassified(&error, &request_id));
            }
        };
        let mut seen = Seen {
            operation: None,
            caller: None,
            input: Value::Null,
            dispatched: false,
            lost: false,
            authorizing: Duration::ZERO,
        };
        let head = parts.clone();
        let answered = match claim {
            Ok(claim) => self.answer(&region, &peer, &request_id, model, claim, parts, body, &mut seen).await,
            Err(error) => Err(error),
        };
        let outcome = answered.as_ref().map(|(_, reply)| &reply.output);
        record::external(&region, &peer, &head, &request_id, model, &seen, outcome);
        if seen.lost {
            return Err(Lost);
        }
        let authorizing = seen.authorizing;
        let response = match answered {
            Ok((operation, reply)) => respond(model, operation, reply, &request_id),
            Err(error) => {
                let response = model.encode_error(&error, &request_id, head.uri.path());
                if !seen.dispatched {
                    refused::tell(&region, &peer, head, &request_id, model, seen, &error);
                }
                response.map(full_body)
            }
        };
        self.timing.record(model.signing_name(), begun.elapsed(), authorizing);
        Ok(response)
    }

    #[expect(clippy::too_many_arguments, reason = "each is a different thing that a request consists of")]
    async fn answer(
        &self,
        region: &Region,
        peer: &Peer,
        request_id: &str,
        model: &'static ServiceModel,
        claim: Option<Claim>,
        mut parts: Parts,
        incoming: Intake,
        seen: &mut Seen,
    ) -> Result<Answer, AwsError> {
        let service = model.signing_name();
        classify::check_head(&parts, service)?;
        classify::check_expectation(&parts)?;
        // Nothing of a stranger's document is read; S3 alone has objects that are public.
        if claim.is_none() && service != "s3" {
            seen.operation = model.route(&parts, &[]).ok().map(nightproof_wire::Operation::name);
            return Err(AwsError::new("MissingAuthenticationToken", 403, "Request is missing Authentication Token"));
        }
        let settings = region.settings();
        let now = region.clock().now();
        let authenticated = |parts: &Parts, hash: Option<&str>| {
            authenticate::authenticate(parts, claim.as_ref(), hash, region.credentials(), &settings.account, now)
        };
        let signed_payload = claim.as_ref().map(|claim| &claim.payload);

        // S3 alone is routed without its body, which may be an object of any size.
        let streamed = model.signing_name() == "s3" && model.route(&parts, &[])?.streams_input();
        let in_chunks = signed_payload.is_some_and(Payload::is_chunked);
        let (operation, caller, document, body) = if streamed || in_chunks {
            // The head is verified first, the payload while it flows.
            let Authenticated { caller, seed } = authenticated(&parts, None)?;
            seen.caller = Some(caller.clone());
            if !in_chunks {
                payload::check_length(&parts)?;
            }
            let decoder = chunked(claim.as_ref(), seed.as_ref(), &mut parts)?;
            let body = payload::decoded(service, incoming, signed_payload, decoder);
            if streamed {
                (model.route(&parts, &[])?, caller, Bytes::new(), body)
            } else {
                let document = payload::read(service, body).await?;
                (model.route(&parts, &document)?, caller, document, empty_body())
            }
        } else {
            let document = payload::read(service, payload::decoded(service, incoming, None, None)).await?;
            let caller = authenticated(&parts, Some(&sigv4::sha256_hex(&document)))?.caller;
            seen.caller = Some(caller.clone());
            (model.route(&parts, &document)?, caller, document, empty_body())
        };
        seen.operation = Some(operation.name());
        let input = model.decode(operation, &parts, &document)?;
        seen.input = record::parameters(model, operation.name(), &input);

        let call = Call {
            region: region.clone(),
            caller,
            request_id: request_id.to_owned(),
            now,
            source_ip: peer.source_ip.clone(),
            user_agent: classify::user_agent(&parts).to_owned(),
            tls: peer.tls.is_some(),
            http: Some(Arc::new(parts)),
        };
        let begun = Instant::now();
        let decided = authorize::authorize(&call, model.signing_name(), operation.name(), &input).await;
        seen.authorizing = begun.elapsed();
        decided?;
        let (body, afterwards) = self.faults.strike(&call, model.signing_name(), operation.name(), &input, body).await?;
        seen.lost = afterwards.lose_answer;
        seen.dispatched = true;
        let reply = dispatch(&call, model.signing_name(), operation.name(), input, body, afterwards).await?;
        Ok((operation, afterwards.of(reply)))
    }
}

#[async_trait]
impl Gateway for LayerStack {
    /// The same layers, but for the wire and the signature. The model validates the call's document too.
    async fn call(
        &self,
        region: &Region,
        caller: &Caller,
        service: &str,
        operation: &str,
        input: Value,
        body: Body,
    ) -> Result<Reply, AwsError> {
        let by = match &caller.principal {
            Principal::Service { name } => name.clone(),
            _ => "AWS Internal".to_owned(),
        };
        let call = Call {
            region: region.clone(),
            caller: caller.clone(),
            request_id: uuid::Uuid::new_v4().to_string(),
            now: region.clock().now(),
            source_ip: by.clone(),
            user_agent: by,
            tls: true,
            http: None,
        };
        let Some(model) = nightproof_wire::service(service) else {
            return Err(AwsError::not_implemented(service, operation));
        };
        let shown = record::parameters(model, operation, &input);
        let answered = async {
            let known = model.operation(operation).ok_or_else(|| AwsError::not_implemented(service, operation))?;
            model.validate(known, &input)?;
            authorize::authorize(&call, service, operation, &input).await?;
            let (body, afterwards) = self.faults.strike(&call, service, operation, &input, body).await?;
            let reply = dispatch(&call, service, operation, input, body, afterwards).await?;
            // There is no connection that could end: the caller sees that nobody answers.
            if afterwards.lose_answer { Err(AwsError::internal(Lost.to_string())) } else { Ok(afterwards.of(reply)) }
        }
        .await;
        record::internal(&call, model, operation, shown, answered.as_ref().map(|reply| &reply.output));
        answered
    }

    async fn serve_tls(&self, region: Region, connection: Box<dyn Connection>, source_ip: String) {
        listener::serve_tls(self, region, connection, source_ip).await;
    }
}

/// The answer got lost on purpose.
#[derive(Debug, thiserror::Error)]
#[error("a fault lost the answer")]
pub(super) struct Lost;

/// What is known of a request when it is journaled.
pub(super) struct Seen {
    pub operation: Option<&'static str>,
    pub caller: Option<Caller>,
    pub input: Value,
    /// Whether the service was called.
    pub dispatched: bool,
    /// Whether a fault wants the connection to end without an answer.
    pub lost: bool,
    /// How long its authorization took.
    pub authorizing: Duration,
}

type Answer = (&'static nightproof_wire::Operation, Reply);

/// Has the service do it; twice, if a fault says so.
async fn dispatch(
    call: &Call,
    service: &str,
    operation: &str,
    input: Value,
    body: Body,
    afterwards: Afterwards,
) -> Result<Reply, AwsError> {
    if afterwards.repeat {
        let other = Call { request_id: uuid::Uuid::new_v4().to_string(), ..call.clone() };
        // Nobody hears what became of it.
        let _ = call.region.dispatch(&other, service, operation, input.clone(), empty_body()).await;
    }
    call.region.dispatch(call, service, operation, input, body).await
}

/// The decoder of a payload that comes in chunks; headers are made to speak of what is inside them.
fn chunked(claim: Option<&Claim>, seed: Option<&Seed>, parts: &mut Parts) -> Result<Option<ChunkedDecoder>, AwsError> {
    let (Some(claim), Some(seed)) = (claim.filter(|claim| claim.payload.is_chunked()), seed) else { return Ok(None) };
    unwrap_chunked_headers(parts)?;
    let length = parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    Ok(Some(ChunkedDecoder::new(claim, seed, length)))
}

/// Makes the headers speak of the object instead of its framing.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>
fn unwrap_chunked_headers(parts: &mut Parts) -> Result<(), AwsError> {
    let length = parts.headers.remove("x-amz-decoded-content-length").ok_or_else(payload::no_length)?;
    parts.headers.insert(header::CONTENT_LENGTH, length);
    if let Some(encodings) = parts.headers.remove(header::CONTENT_ENCODING) {
        let kept: Vec<&str> = encodings
            .to_str()
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
            .filter(|encoding| !encoding.is_empty() && *encoding != "aws-chunked")
            .collect();
        if let (false, Ok(value)) = (kept.is_empty(), HeaderValue::try_from(kept.join(","))) {
            parts.headers.insert(header::CONTENT_ENCODING, value);
        }
    }
    Ok(())
}

fn respond(model: &ServiceModel, operation: &nightproof_wire::Operation, reply: Reply, request_id: &str) -> Response<Body> {
    let response = model.encode(operation, &reply.output, request_id);
    match reply.body {
        Some(body) => response.map(|_| body.boxed_unsync()),
        None => response.map(full_body),
    }
}

fn unclassified(error: &AwsError, request_id: &str) -> Response<Body> {
    let body = serde_json::json!({"__type": error.code, "message": error.message}).to_string();
    let mut response = Response::new(full_body(body));
    *response.status_mut() = http::StatusCode::from_u16(error.status).unwrap_or(http::StatusCode::BAD_REQUEST);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}
