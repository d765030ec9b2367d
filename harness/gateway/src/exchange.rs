//! What passes between the layers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use nightproof_core::service::{Body, Call, Reply};
use nightproof_core::{Caller, Region, Tls};
use nightproof_wire::sigv4::Claim;
use nightproof_wire::{Codec, IdentityClaim, Operation};
use serde_json::Value;

use super::head;
use super::peer::Peer;
use super::post::PostAnswer;

/// A request and what is known of it so far. Each layer adds what it finds out, so that the layers around it can journal a request that
/// was refused and answer it in its protocol.
pub(crate) struct Exchange {
    /// The region that serves it: the one that its host names, or the one where it came in, until the signature's scope says otherwise.
    pub region: Region,
    /// Where it comes from.
    pub peer: Peer,
    /// The id that its answer carries and the journal records.
    pub request_id: String,
    /// Method, URI and headers as they were sent.
    pub head: Parts,
    /// Who its signature claims to be from; `None` without a signature, or with one that cannot be parsed.
    pub claim: Option<Claim>,
    /// The identity document of an instance that it shows in place of a signature, as CloudFormation's helper scripts do.
    pub identity: Option<IdentityClaim>,
    /// The signing name of the service that it addresses.
    pub service: String,
    /// That service in the protocol that the request is written in; `None` if the region does not have it.
    pub codec: Option<Codec<'static>>,
    /// The operation that it asks for.
    pub operation: Option<&'static Operation>,
    /// Who sent it, once its signature is verified.
    pub caller: Option<Caller>,
    /// Its input document, with secrets redacted.
    pub input: Value,
    /// What a browser's form asks to be answered with, if the request is one.
    pub post: Option<PostAnswer>,
    /// How far the call got below authentication.
    pub progress: Progress,
}

impl Exchange {
    /// A request of which no layer knows anything yet.
    pub(crate) fn new(region: Region, peer: Peer, mut head: Parts) -> Self {
        if let Some(tls) = peer.tls.clone() {
            head.extensions.insert::<Tls>(tls);
        }
        if let Some(origin) = peer.origin.clone() {
            head.extensions.insert(origin);
        }
        let named = if region.is_alone() { None } else { head::region_of_host(&head, &region) };
        Self {
            region: named.unwrap_or(region),
            peer,
            request_id: uuid::Uuid::new_v4().to_string(),
            head,
            claim: None,
            identity: None,
            service: String::new(),
            codec: None,
            operation: None,
            caller: None,
            input: Value::Null,
            post: None,
            progress: Progress::default(),
        }
    }

    /// The call that the request stands for, by this caller; `head` describes it.
    pub(crate) fn call(&self, caller: Caller, head: Parts) -> Call {
        Call {
            region: self.region.clone(),
            caller,
            request_id: self.request_id.clone(),
            now: self.region.clock().now(),
            source_ip: self.peer.source_ip.clone(),
            user_agent: head::user_agent(&head).to_owned(),
            tls: self.peer.tls.is_some(),
            http: Some(Arc::new(head)),
        }
    }
}

/// A request whose signature was verified. That of a streamed payload is verified while it flows.
pub(crate) struct Authenticated {
    pub caller: Caller,
    pub operation: &'static Operation,
    /// The head; it describes the payload, not the chunks that the payload may have come in.
    pub head: Parts,
    /// The body of an operation whose input is a document.
    pub document: Bytes,
    /// The body of an operation whose input is streamed.
    pub body: Body,
}

/// How far a call got below authentication.
#[derive(Default)]
pub(crate) struct Progress {
    /// How long its authorization took.
    pub authorizing: Duration,
    /// Whether the service was called.
    pub dispatched: bool,
    /// Whether a fault wants the connection to end without an answer.
    pub lost: bool,
}

/// What a service is asked for.
pub(crate) struct Invocation {
    /// The service's signing name (`ssm`).
    pub service: &'static str,
    /// The model's name of the operation (`SendCommand`).
    pub operation: &'static str,
    /// The input document, valid by the model.
    pub input: Value,
    /// The streamed payload; empty for most operations.
    pub body: Body,
}

/// What a service replied, with what its encoding needs.
pub(crate) struct Answer {
    pub codec: Codec<'static>,
    pub operation: &'static Operation,
    pub reply: Reply,
}

/// A fault lost the answer.
#[derive(Debug, thiserror::Error)]
#[error("a fault lost the answer")]
pub(crate) struct Lost;
