//! Requests to HTTP endpoints: those on this host's loopback, and those that the region itself serves, such as functions' URLs. Nothing is sent
//! to anybody else.
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html>

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use nightproof_core::service::{Call, Service};
use nightproof_core::{Caller, Region};
use tokio::net::TcpStream;

/// How long an endpoint may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// Who listens at an endpoint's address.
#[derive(Clone)]
pub(crate) enum Listener {
    /// A port of this host.
    Loopback(Uri),
    /// A service of a region.
    Region(Region, Arc<dyn Service>, Uri),
    /// Somebody whom the region does not send anything.
    Elsewhere,
}

/// A request to an endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    /// The value of `x-amz-sns-message-type`.
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) topic: String,
    /// The subscription's ARN, which the first question does not tell.
    pub(crate) subscription: Option<String>,
    pub(crate) raw: bool,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

/// Why an endpoint did not take a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) reason: String,
    /// Whether it is not tried again.
    pub(crate) lasting: bool,
}

fn passing(reason: impl std::fmt::Display) -> Refusal {
    Refusal { reason: reason.to_string(), lasting: false }
}

/// Finds out who listens at an endpoint.
pub(crate) fn listener(region: &Region, endpoint: &str) -> Listener {
    let Ok(uri) = endpoint.parse::<Uri>() else { return Listener::Elsewhere };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if is_loopback && uri.scheme_str() == Some("http") {
        return Listener::Loopback(uri);
    }
    let server = |region: &Region| {
        let mut services = region.services();
        let found = services.find(|(_, service)| service.serves(region, host, uri.path()));
        found.map(|(_, service)| (region.clone(), Arc::clone(service)))
    };
    match region.all().iter().find_map(server) {
        Some((home, service)) => Listener::Region(home, service, uri),
        None => Listener::Elsewhere,
    }
}

impl Post {
    fn request(&self, uri: &Uri) -> http::Result<Request<Full<Bytes>>> {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let mut request = Request::post(path)
            .header(header::HOST, authority)
            .header("x-amz-sns-message-type", self.kind)
            .header("x-amz-sns-message-id", &self.id)
            .header("x-amz-sns-topic-arn", &self.topic)
            .header(header::CONTENT_TYPE, &self.content_type)
            .header(header::CONTENT_LENGTH, self.body.len())
            .header(header::USER_AGENT, "Amazon Simple Notification Service Agent")
            .header(header::ACCEPT_ENCODING, "gzip,deflate");
        if let Some(arn) = &self.subscription {
            request = request.header("x-amz-sns-subscription-arn", arn);
        }
        if self.raw {
            request = request.header("x-amz-sns-rawdelivery", "true");
        }
        request.body(Full::new(self.body.clone().into()))
    }

    /// Sends it, and returns whether the endpoint took it.
    pub(crate) async fn send(&self, listener: &Listener) -> Result<(), Refusal> {
        let sent = tokio::time::timeout(PATIENCE, async {
            match listener {
                Listener::Loopback(uri) => self.to_loopback(uri).await,
                Listener::Region(home, service, uri) => self.to_region(home, service.as_ref(), uri).await,
                Listener::Elsewhere => Err(Refusal { reason: "nobody but this host is sent anything".to_owned(), lasting: true }),
            }
        });
        let status = sent.await.unwrap_or_else(|_| Err(passing("the endpoint did not answer in 15 seconds")))?;
        match status {
            status if status.is_success() => Ok(()),
            // What the client did wrong it would do again.
            status => Err(Refusal {
                reason: format!("the endpoint answered {status}"),
                lasting: status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS,
            }),
        }
    }

    async fn to_loopback(&self, uri: &Uri) -> Result<StatusCode, Refusal> {
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(80))).await.map_err(passing)?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(passing)?;
        let request = self.request(uri).map_err(passing)?;
        let exchange = async move { sender.send_request(request).await.map(|response| response.status()) };
        // The connection carries the exchange and ends with it, maybe before the answer is looked at.
        let (status, _) = tokio::join!(exchange, connection);
        status.map_err(passing)
    }

    async fn to_region(&self, region: &Region, service: &dyn Service, uri: &Uri) -> Result<StatusCode, Refusal> {
        let (head, _) = self.request(uri).map_err(passing)?.into_parts();
        let call = Call {
            region: region.clone(),
            caller: Caller::anonymous(&region.settings().account),
            request_id: uuid::Uuid::new_v4().to_string(),
            now: region.clock().now(),
            source_ip: "sns.amazonaws.com".to_owned(),
            user_agent: "Amazon Simple Notification Service Agent".to_owned(),
            tls: true,
            http: Some(Arc::new(head)),
        };
        Ok(service.serve(&call, self.body.clone().into()).await.status())
    }
}
