//! One run of the official runtime client in a machine: its start, its invocations, its end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use nightproof_core::service::AwsError;
use nightproof_core::{Clock, Region};
use nightproof_machine::{End, Machine, MachineSpec, Machines};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot, watch};

use crate::error::failure;
use crate::event::InvocationRequest;
use crate::log::Log;
use crate::platform::Trouble;
use crate::runtime_api::{Answer, Carried, Init, RuntimeApi, Work};
use crate::vpc::Uplink;

/// Output that a function wrote before its response arrives on another channel than that: it is waited for until the console has been
/// quiet for this long.
const QUIET: Duration = Duration::from_millis(5);
/// What our own runtime client calls an error that is not the function's (`machine/src/node/client/failure.mjs`).
const NOT_IMPLEMENTED: &str = "Nightproof.NotImplemented";
/// But no longer than this.
const DRAIN: Duration = Duration::from_millis(100);
/// How often a log is written while a function runs.
const SHIP: Duration = Duration::from_secs(1);

/// A runtime that is up.
pub(super) struct Runtime {
    pub machine: Machine,
    work: mpsc::Sender<Work>,
    lines: mpsc::UnboundedReceiver<(Timestamp, String)>,
    /// How many times it has asked for an invocation.
    asked: watch::Receiver<u64>,
}

/// Why there is no answer of the handler's.
#[derive(Debug)]
pub(super) enum Failure {
    /// The runtime says why: the handler raised, or could not be loaded.
    Described(Vec<u8>),
    /// The runtime says why, and has exited.
    DescribedAndExited(Vec<u8>, End),
    /// The runtime has exited.
    Exited(End),
    /// It took longer than this.
    TimedOut(Duration),
    /// The handler returned more than an answer may be.
    TooLarge,
}

impl Runtime {
    /// Boots a machine and waits until its runtime asks for an invocation, for `limit` at most. A runtime that fails is stopped.
    pub(super) async fn start(
        region: &Region,
        (machines, uplink): (&Machines, Option<Uplink>),
        mut spec: MachineSpec,
        log: &mut Log,
        limit: Duration,
    ) -> Result<Result<Self, Failure>, AwsError> {
        let (work, receiver) = mpsc::channel(1);
        let (init_sender, mut init) = watch::channel(Init::Running);
        let (line_sender, lines) = mpsc::unbounded_channel();
        let (asked_sender, asked) = watch::channel(0);
        let api = RuntimeApi::new(region, receiver, init_sender, asked_sender, line_sender);
        spec.id = format!("f-{}", uuid::Uuid::new_v4().simple());
        let machine = Machine::boot(machines, spec, Arc::new(Carried { api, uplink })).await;
        let machine = machine.map_err(|error| failure(error.to_string()))?;
        let mut runtime = Self { machine, work, lines, asked };
        let failed = tokio::select! {
            state = async { init.wait_for(|state| *state != Init::Running).await.map(|state| state.clone()) } => match state {
                Ok(Init::Failed(body)) => Some(Failure::Described(body.to_vec())),
                _ => None,
            },
            code = runtime.machine.exited() => Some(runtime.exited(code)),
            () = tokio::time::sleep(limit) => Some(Failure::TimedOut(limit)),
        };
        match failed {
            None => Ok(Ok(runtime)),
            Some(failure) => {
                runtime.stop(log).await;
                Ok(Err(failure))
            }
        }
    }

    /// Hands an invocation to the handler, and writes the log in the meantime.
    pub(super) async fn invoke(
        &mut self,
        request: InvocationRequest,
        function_arn: &str,
        timeout: Duration,
        log: &mut Log,
    ) -> Result<Vec<u8>, Failure> {
        let (answer, mut answered) = oneshot::channel();
        let deadline_ms =
            Clock::real_now().as_millisecond().saturating_add(i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX));
        let work = Work { request, deadline_ms, function_arn: function_arn.to_owned(), answer };
        // Nobody to take it means that the runtime has exited, which is seen below.
        let _ = self.work.send(work).await;
        let mut ship = tokio::time::interval_at(tokio::time::Instant::now() + SHIP, SHIP);
        let end = tokio::time::sleep(timeout);
        tokio::pin!(end);
        loop {
            tokio::select! {
                answer = &mut answered => break match answer {
                    Ok(Answer::Returned(payload)) => Ok(payload.to_vec()),
                    Ok(Answer::Raised(payload, asked)) => Err(self.raised(payload.to_vec(), asked, &mut end).await),
                    Ok(Answer::TooLarge) => Err(Failure::TooLarge),
                    Err(_) => {
                        let code = self.machine.exited().await;
                        Err(self.exited(code))
                    }
                },
                code = self.machine.exited() => break Err(self.exited(code)),
                () = &mut end => break Err(Failure::TimedOut(timeout)),
                Some((time, line)) = self.lines.recv() => log.line(time, &line),
                _ = ship.tick() => log.ship().await,
            }
        }
    }

    /// After an error, a runtime either asks for the next invocation or exits, as Node.js's does where nobody has caught it.
    async fn raised(&mut self, payload: Vec<u8>, asked: u64, end: impl Future<Output = ()>) -> Failure {
        let mut asks = self.asked.clone();
        tokio::select! {
            // Nobody to ask any more means that the runtime exits, which is seen by its end.
            Ok(_) = asks.wait_for(|now| *now > asked) => Failure::Described(payload),
            code = self.machine.exited() => match self.exited(code) {
                Failure::Exited(end) => Failure::DescribedAndExited(payload, end),
                other => other,
            },
            () = end => Failure::Described(payload),
        }
    }

    /// Takes over what the function has written.
    pub(super) async fn drain(&mut self, log: &mut Log) {
        let until = Instant::now() + DRAIN;
        while let Ok(Some((time, line))) = tokio::time::timeout(QUIET, self.lines.recv()).await {
            log.line(time, &line);
            if Instant::now() > until {
                break;
            }
        }
    }

    /// Takes over the last of what was written in the machine, and ends it. What its launcher says of that is not the function's.
    pub(super) async fn stop(&mut self, log: &mut Log) {
        self.drain(log).await;
        self.machine.stop().await;
    }

    fn exited(&self, code: i32) -> Failure {
        Failure::Exited(self.machine.command_end().unwrap_or(End::Exit(code)))
    }
}

impl Failure {
    /// What AWS has and the region lacks, if that is why.
    pub(super) fn lacking(&self) -> Option<AwsError> {
        let Self::Described(payload) = self else { return None };
        let described: Value = serde_json::from_slice(payload).ok()?;
        let text = |member| described.get(member).and_then(Value::as_str);
        (text("errorType") == Some(NOT_IMPLEMENTED))
            .then(|| AwsError::not_implemented("lambda", text("errorMessage").unwrap_or_default()))
    }

    /// The payload that the invocation returns.
    pub(super) fn payload(&self, request_id: &str) -> Vec<u8> {
        let (kind, message) = match self {
            Self::Described(payload) | Self::DescribedAndExited(payload, _) => return payload.clone(),
            Self::Exited(end) => (exit_type(*end), format!("RequestId: {request_id} Error: {}", exit_message(*end))),
            Self::TimedOut(limit) => {
                let message = format!("RequestId: {request_id} Error: Task timed out after {:.2} seconds", limit.as_secs_f64());
                ("Sandbox.Timedout", message)
            }
            Self::TooLarge => (
                "Function.ResponseSizeTooLarge",
                format!(
                    "Response payload size exceeded maximum allowed payload size ({} bytes).",
                    super::runtime_api::LARGEST_ANSWER
                ),
            ),
        };
        json!({"errorType": kind, "errorMessage": message}).to_string().into_bytes()
    }

    /// The platform's report; `None` for an error that the handler raised.
    pub(super) fn trouble(&self, request_id: &str, now: Timestamp) -> Trouble {
        let error = |kind: &str, text: String| Trouble { status: "error", error_type: Some(kind.to_owned()), text };
        match self {
            Self::Described(payload) => {
                let described: Value = serde_json::from_slice(payload).unwrap_or_default();
                let kind = crate::pointer::pointer(&described, "/errorType");
                error(
                    if kind.is_empty() { "Runtime.Unknown" } else { &kind },
                    crate::pointer::pointer(&described, "/errorMessage"),
                )
            }
            Self::Exited(end) | Self::DescribedAndExited(_, end) => {
                let kind = exit_type(*end);
                error(kind, format!("RequestId: {request_id} Error: {}\n{kind}", exit_message(*end)))
            }
            Self::TimedOut(limit) => {
                let time = now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
                let text = format!("{time} {request_id} Task timed out after {:.2} seconds\n", limit.as_secs_f64());
                Trouble { status: "timeout", error_type: None, text }
            }
            Self::TooLarge => {
                let kind = "Function.ResponseSizeTooLarge";
                error(kind, String::from_utf8_lossy(&self.payload(request_id)).into_owned())
            }
        }
    }
}

fn exit_type(end: End) -> &'static str {
    if end == End::OutOfMemory { "Runtime.OutOfMemory" } else { "Runtime.ExitError" }
}

fn exit_message(end: End) -> String {
    match end {
        End::Exit(0) => "Runtime exited without providing a reason".to_owned(),
        End::Exit(code) => format!("Runtime exited with error: exit status {code}"),
        End::Signal(signal) => format!("Runtime exited with error: signal: {}", signal_name(signal)),
        End::OutOfMemory => "Runtime exited with error: signal: killed".to_owned(),
    }
}

/// As Lambda names them.
fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "hangup",
        2 => "interrupt",
        3 => "quit",
        4 => "illegal instruction",
        5 => "trace/breakpoint trap",
        6 => "aborted",
        7 => "bus error",
        8 => "floating point exception",
        9 => "killed",
        11 => "segmentation fault",
        13 => "broken pipe",
        14 => "alarm clock",
        15 => "terminated",
        other => return format!("signal {other}"),
    };
    name.to_owned()
}
