//! One connection, from its first request to its end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use super::intake::Intake;
use super::lingering::{Lingering, Progress};

/// Bytes that a connection holds of what comes in; the longest head of a request too, several times what AWS takes.
const BUFFER: usize = 64 * 1024;

/// How long what moves may still take once the region stops: less than the region waits for its tasks.
const LAST_ANSWER: Duration = Duration::from_secs(15);

/// What a connection's client may do, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long the head of a request may take to come, if not for ever.
    pub head: Option<Duration>,
    /// Whether a client that has closed its end is still answered.
    pub half_close: bool,
    /// How long an answer may stand still once the region stops.
    pub standstill: Duration,
}

impl Limits {
    /// A machine's connections: whoever is connected goes with the machine, and no answer outlives it.
    pub const OF_MACHINES: Self = Self { head: None, half_close: false, standstill: Duration::ZERO };
}

/// Answers the requests on `stream` by `answer` until it closes or the region stops. What is being answered then is answered to its end,
/// as long as it moves.
///
/// # Errors
/// What broke the connection.
pub async fn serve<S, F, A, B, E>(stream: S, limits: Limits, stopping: &CancellationToken, answer: F) -> Result<(), hyper::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Fn(Request<Intake>) -> A,
    A: Future<Output = Result<Response<B>, E>>,
    B: http_body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + 'static,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let progress = Arc::new(Progress::default());
    let stream = Lingering::new(stream, Arc::clone(&progress), stopping.clone());
    let service = service_fn(|request: Request<hyper::body::Incoming>| {
        let (parts, body) = request.into_parts();
        let (intake, hold) = Intake::new(body);
        let answered = answer(Request::from_parts(parts, intake));
        let progress = Arc::clone(&progress);
        async move {
            let mut response = answered.await?;
            if !hold.end() {
                progress.note_unread();
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, E>(response)
        }
    });
    let mut builder = http1::Builder::new();
    // With hyper's own bound each upload of a fleet would hold six times as much.
    builder.half_close(limits.half_close).max_buf_size(BUFFER);
    if let Some(head) = limits.head {
        builder.timer(TokioTimer::new()).header_read_timeout(head);
    }
    // One that is answered by a change of protocol is its new owner's, who finds it in the request's extensions.
    let connection = builder.serve_connection(TokioIo::new(stream), service).with_upgrades();
    tokio::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return ended,
        () = stopping.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    let stopped = Instant::now();
    let mut moves = progress.moves();
    while !limits.standstill.is_zero() && !progress.is_spent() && stopped.elapsed() < LAST_ANSWER {
        if let Ok(ended) = tokio::time::timeout(limits.standstill, connection.as_mut()).await {
            return ended;
        }
        if std::mem::replace(&mut moves, progress.moves()) == moves {
            break;
        }
    }
    Ok(())
}
