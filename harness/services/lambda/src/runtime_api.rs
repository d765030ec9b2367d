//! The Lambda Runtime API, as the official runtime client speaks it.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use jiff::Timestamp;
use nightproof_connection::{Intake, Limits};
use nightproof_core::Region;
use nightproof_core::vpc_origin::InstanceOrigin;
use nightproof_machine::{Channel, Connections};
use nightproof_machine_protocol::link::Link;
use parking_lot::{Mutex, MutexGuard};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot, watch};

use crate::event::InvocationRequest;
use crate::vpc::Uplink;

/// Largest payload of an invocation.
pub(super) const LARGEST_PAYLOAD: usize = 6 * 1024 * 1024;
/// Largest answer of a function.
pub(super) const LARGEST_ANSWER: usize = LARGEST_PAYLOAD + 100;
/// The most that is read of a response that is too large, so that its sender receives the refusal.
const LARGEST_READ: usize = 256 * 1024 * 1024;

/// An invocation for the runtime.
pub(super) struct Work {
    pub request: InvocationRequest,
    /// Real time, milliseconds since the epoch.
    pub deadline_ms: i64,
    pub function_arn: String,
    pub answer: oneshot::Sender<Answer>,
}

/// The response that the runtime posts for an invocation.
#[derive(Debug)]
pub(super) enum Answer {
    /// The handler's return value.
    Returned(Bytes),
    /// The handler raised; the runtime had asked so many times for an invocation.
    Raised(Bytes, u64),
    /// The handler returned more than [`LARGEST_ANSWER`].
    TooLarge,
}

/// How initialization stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Init {
    Running,
    Done,
    Failed(Bytes),
}

/// One environment's side of the API.
pub(super) struct RuntimeApi {
    region: Region,
    work: tokio::sync::Mutex<mpsc::Receiver<Work>>,
    current: Mutex<Option<(String, oneshot::Sender<Answer>)>>,
    init: watch::Sender<Init>,
    /// How many times the runtime has asked for an invocation.
    asked: watch::Sender<u64>,
    lines: mpsc::UnboundedSender<(Timestamp, String)>,
}

/// The address that a function's calls come from: Lambda's, outside any VPC.
const SOURCE_IP: &str = "192.0.2.10";

impl RuntimeApi {
    pub(super) fn new(
        region: &Region,
        work: mpsc::Receiver<Work>,
        init: watch::Sender<Init>,
        asked: watch::Sender<u64>,
        lines: mpsc::UnboundedSender<(Timestamp, String)>,
    ) -> Arc<Self> {
        Arc::new(Self {
            region: region.clone(),
            work: tokio::sync::Mutex::new(work),
            current: Mutex::default(),
            init,
            asked,
            lines,
        })
    }

    fn current(&self) -> MutexGuard<'_, Option<(String, oneshot::Sender<Answer>)>> {
        self.current.lock()
    }

    async fn answer(&self, request: Request<Intake>) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().strip_prefix("/2018-06-01/runtime/").unwrap_or_default().to_owned();
        if (parts.method == Method::GET) && path == "invocation/next" {
            return self.next().await;
        }
        let body = match read(body).await {
            Ok(Some(body)) => body,
            // Its sender is gone; what became of it is seen elsewhere.
            Err(_) => return status(StatusCode::BAD_REQUEST, "{}"),
            Ok(None) => {
                if let ["invocation", id, "response" | "error"] = path.split('/').collect::<Vec<_>>().as_slice() {
                    self.finish(id, Answer::TooLarge);
                }
                return status(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    r#"{"errorType":"RequestEntityTooLarge","errorMessage":"Exceeded maximum allowed payload size (6291556 bytes)."}"#,
                );
            }
        };
        match path.split('/').collect::<Vec<_>>().as_slice() {
            ["init", "error"] => {
                self.init.send_replace(Init::Failed(body));
                status(StatusCode::ACCEPTED, r#"{"status":"OK"}"#)
            }
            ["invocation", id, "response"] => self.finish(id, Answer::Returned(body)),
            ["invocation", id, "error"] => self.finish(id, Answer::Raised(body, *self.asked.borrow())),
            _ => status(StatusCode::NOT_FOUND, r#"{"errorType":"NotFound","errorMessage":"no such path in the Runtime API"}"#),
        }
    }

    /// Blocks until there is an invocation. The first call says that initialization is done.
    async fn next(&self) -> Response<Full<Bytes>> {
        self.init.send_if_modified(|init| {
            let first = *init == Init::Running;
            if first {
                *init = Init::Done;
            }
            first
        });
        self.asked.send_modify(|asked| *asked += 1);
        let Some(work) = self.work.lock().await.recv().await else {
            return status(StatusCode::GONE, "{}");
        };
        *self.current() = Some((work.request.id.clone(), work.answer));
        let mut response = Response::builder();
        if let Some(context) = &work.request.client_context {
            response = response.header("Lambda-Runtime-Client-Context", context);
        }
        let response = response
            .header("Content-Type", "application/json")
            .header("Lambda-Runtime-Aws-Request-Id", &work.request.id)
            .header("Lambda-Runtime-Deadline-Ms", work.deadline_ms)
            .header("Lambda-Runtime-Invoked-Function-Arn", &work.function_arn)
            .header("Lambda-Runtime-Trace-Id", work.request.trace.unwrap_or_else(|| new_trace(work.deadline_ms)))
            .body(Full::new(Bytes::from(work.request.payload)));
        response.unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR, "{}"))
    }

    fn finish(&self, id: &str, answer: Answer) -> Response<Full<Bytes>> {
        let mut current = self.current();
        match current.take() {
            Some((expected, sender)) if expected == id => {
                // The receiver is gone if the invocation timed out.
                let _ = sender.send(answer);
                status(StatusCode::ACCEPTED, r#"{"status":"OK"}"#)
            }
            other => {
                *current = other;
                status(StatusCode::BAD_REQUEST, r#"{"errorType":"InvalidRequestID","errorMessage":"Invalid request ID"}"#)
            }
        }
    }
}

/// A body, unless it is larger than an answer may be.
async fn read(mut body: Intake) -> Result<Option<Bytes>, std::io::Error> {
    let (mut taken, mut length) = (Vec::new(), 0_usize);
    while length <= LARGEST_READ
        && let Some(frame) = body.frame().await
    {
        let Ok(data) = frame?.into_data() else { continue };
        length += data.len();
        if length <= LARGEST_ANSWER {
            taken.extend_from_slice(&data);
        }
    }
    Ok((length <= LARGEST_ANSWER).then(|| taken.into()))
}

/// A trace that begins with an invocation, and is not sampled.
fn new_trace(deadline_ms: i64) -> String {
    let id = uuid::Uuid::new_v4().simple().to_string();
    format!("Root=1-{:08x}-{};Sampled=0", deadline_ms / 1000, id.get(..24).unwrap_or_default())
}

fn status(code: StatusCode, body: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
    *response.status_mut() = code;
    response
}

/// The connections of one environment.
pub(super) struct Carried {
    pub(super) api: Arc<RuntimeApi>,
    /// Present in a VPC.
    pub(super) uplink: Option<Uplink>,
}

impl Connections for Carried {
    fn connected(&self, channel: Channel, stream: UnixStream) {
        let api = Arc::clone(&self.api);
        match channel {
            Channel::Https => match &self.uplink {
                None => api.region.accept_tls(stream, SOURCE_IP.to_owned(), None),
                Some(Uplink { account, interface, links }) => {
                    let stream = nightproof_vpc_link::carry(api.region.link_outages(), links, &interface.id, stream);
                    let origin = InstanceOrigin { account: account.clone(), instance: interface.id.clone() };
                    api.region.accept_tls(stream, interface.address.clone(), Some(origin));
                }
            },
            // A function has neither instance metadata nor an SSM agent: the connection closes.
            Channel::Imds | Channel::Service | Channel::CpuShare | Channel::Timers => {}
            Channel::RuntimeApi => {
                let stopping = api.region.stopping().clone();
                api.region.tasks().clone().spawn(async move {
                    let answer = |request| {
                        let api = Arc::clone(&api);
                        async move { Ok::<_, Infallible>(api.answer(request).await) }
                    };
                    // The runtime is gone when this ends, however it ends.
                    let _ = nightproof_connection::serve(stream, Limits::OF_MACHINES, &stopping, answer).await;
                });
            }
        }
    }

    fn link(&self) -> watch::Receiver<Link> {
        match &self.uplink {
            Some(Uplink { interface, links, .. }) => links.watch(&interface.id),
            None => watch::channel(Link::OPEN).1,
        }
    }

    fn console(&self, line: &str) {
        let _ = self.api.lines.send((self.api.region.clock().now(), line.to_owned()));
    }
}
