//! A store outside of this process: an endpoint that speaks AWS's protocols, believes whoever signs, and keeps records and objects.
//! LocalStack and moto's server are of that kind. Whatever decides or acts stays in the region.

mod framing;
mod known;
mod progress;
mod signature;

use std::time::Duration;

use http::header::{CONTENT_LENGTH, HOST};
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Request, Uri};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use nightproof_core::service::{AwsError, Body, Reply, full_body};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

pub use known::Known;
use progress::Progress;
use signature::Payload;

/// The longest answer that is no object.
const LARGEST_DOCUMENT: usize = 64 * 1024 * 1024;

/// How long an answer may take to begin once the request has been sent, and each next piece of a document. A receiver of messages waits for
/// 20 s; the AWS CLI and boto3 give up after 60 s, and could not say of whom.
const PATIENCE: Duration = Duration::from_secs(50);

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// A store, by its endpoint.
#[derive(Debug, Clone)]
pub struct Store {
    authority: Authority,
    region: String,
    /// What makes this region's accounts in the store others than those of every other region there.
    own: [u8; 16],
    client: Client<HttpConnector, Body>,
}

/// What was given is no store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No address of an endpoint.
    #[error("`{0}` is not the address of an endpoint, as `http://127.0.0.1:4566` is")]
    Address(String),
    /// Nobody answers there, or somebody else.
    #[error("{0}")]
    Silent(AwsError),
}

/// One call, as the store is asked.
pub struct Question<'a> {
    /// The 12-digit account of the region whose records they are.
    pub account: &'a str,
    /// The service's signing name.
    pub service: &'a str,
    /// The operation's name.
    pub operation: &'a str,
    /// Its input document.
    pub input: &'a Value,
    /// The checksum that follows after the body, by its header.
    pub trailer: Option<&'a str>,
}

impl Store {
    /// The store at `url` for a region of this name. Nothing is asked yet.
    ///
    /// # Errors
    /// [`StoreError::Address`] unless it is `http://HOST[:PORT]`.
    pub fn new(url: &str, region: &str) -> Result<Self, StoreError> {
        let address = || StoreError::Address(url.to_owned());
        let uri: Uri = url.parse().map_err(|_| address())?;
        let bare = uri.path_and_query().is_none_or(|path| path.as_str() == "/");
        let authority = uri.authority().cloned().filter(|authority| !authority.as_str().contains('@'));
        let authority = authority.filter(|_| bare && uri.scheme() == Some(&Scheme::HTTP)).ok_or_else(address)?;
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT));
        connector.set_nodelay(true);
        Ok(Self {
            authority,
            region: region.to_owned(),
            own: rand::random(),
            client: Client::builder(TokioExecutor::new()).build(connector),
        })
    }

    /// `http://127.0.0.1:4566`.
    pub fn url(&self) -> String {
        format!("http://{}", self.authority)
    }

    /// The account in the store that stands for one of the region's. Regions that share a store have accounts of their own there, though
    /// the same ones to who looks at them from outside.
    pub fn account(&self, account: &str) -> String {
        let digest = Sha256::new().chain_update(self.own).chain_update(account).finalize();
        let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        format!("{:012}", 100_000_000_000 + number % 900_000_000_000)
    }

    /// Asks for something harmless.
    ///
    /// # Errors
    /// [`StoreError::Silent`] with what went wrong.
    pub async fn check(&self, account: &str) -> Result<(), StoreError> {
        for (service, operation) in [("s3", "ListBuckets"), ("sqs", "ListQueues")] {
            let question = Question { account, service, operation, input: &Value::Null, trailer: None };
            self.ask(question, full_body("")).await.map_err(StoreError::Silent)?;
        }
        Ok(())
    }

    /// Calls the store and returns its answer.
    ///
    /// # Errors
    /// The store's own; `ServiceUnavailable` where there is none; what is wrong with the body.
    pub async fn ask(&self, question: Question<'_>, body: Body) -> Result<Reply, AwsError> {
        let Question { service, operation, input, .. } = question;
        let unknown = || AwsError::not_implemented(service, operation);
        let model = nightproof_wire::service(service).ok_or_else(unknown)?;
        let known = model.operation(operation).ok_or_else(unknown)?;
        let (progress, body) = Progress::of(body);
        let request = self.request(&question, model.codec().encode_request(known, input)?, known.streams_input(), body)?;
        let response = match progress.answer(PATIENCE, self.client.request(request)).await {
            Some(answered) => answered.map_err(|error| self.broken(&error))?,
            None => return Err(self.unavailable(&format!("no answer within {} s", PATIENCE.as_secs()))),
        };
        let (parts, body) = response.into_parts();
        if known.streams_output() && parts.status.is_success() {
            let output = model.codec().decode_answer(known, &parts, &[])?;
            return Ok(Reply { output, body: Some(body.map_err(std::io::Error::other).boxed_unsync()) });
        }
        let document = self.document(body).await?;
        model.codec().decode_answer(known, &parts, &document).map(Reply::from)
    }

    fn request(
        &self,
        question: &Question<'_>,
        encoded: Request<Vec<u8>>,
        streamed: bool,
        body: Body,
    ) -> Result<Request<Body>, AwsError> {
        let (mut parts, document) = encoded.into_parts();
        if let Ok(host) = HeaderValue::from_str(self.authority.as_str()) {
            parts.headers.insert(HOST, host);
        }
        let (payload, body) = if streamed {
            let announced = parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
            let length: u64 = announced.or(body.size_hint().exact()).ok_or_else(no_length)?;
            let framed = framing::frame(&mut parts.headers, body, length, question.trailer)?;
            (if question.trailer.is_some() { Payload::Framed } else { Payload::Streamed }, framed)
        } else {
            (Payload::Document(document.clone()), full_body(document))
        };
        parts.uri = Uri::builder()
            .scheme(Scheme::HTTP)
            .authority(self.authority.clone())
            .path_and_query(parts.uri.path_and_query().map_or("/", |path| path.as_str()))
            .build()
            .map_err(|_| AwsError::validation("the request has no address"))?;
        signature::sign(&mut parts, &payload, &self.account(question.account), &self.region, question.service)?;
        Ok(Request::from_parts(parts, body))
    }

    async fn document(&self, body: Incoming) -> Result<bytes::Bytes, AwsError> {
        match tokio::time::timeout(PATIENCE, Limited::new(body, LARGEST_DOCUMENT).collect()).await {
            Ok(Ok(collected)) => Ok(collected.to_bytes()),
            Ok(Err(error)) => Err(self.unavailable(&error.to_string())),
            Err(_) => Err(self.unavailable("its answer did not end")),
        }
    }

    /// The body's own error, where that is what broke the request off.
    fn broken(&self, error: &hyper_util::client::legacy::Error) -> AwsError {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
        let mut last = error.to_string();
        while let Some(found) = cause {
            let inner = found.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
            if let Some(reason) = inner.and_then(|inner| inner.downcast_ref::<AwsError>()) {
                return reason.clone();
            }
            last = found.to_string();
            cause = found.source();
        }
        self.unavailable(&last)
    }

    fn unavailable(&self, why: &str) -> AwsError {
        tracing::warn!(store = %self.authority, why, "the store does not answer");
        AwsError::new("ServiceUnavailable", 503, format!("the store at {} does not answer: {why}", self.url()))
    }
}

fn no_length() -> AwsError {
    AwsError::new("MissingContentLength", 411, "You must provide the Content-Length HTTP header.")
}
