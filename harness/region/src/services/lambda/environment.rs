//! An execution environment: a machine that runs the official runtime client with the function's code.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};

use super::code::Code;
use super::log::Log;
use super::role;
use super::runtime_api::{Answer, Carried, Init, RuntimeApi, Work};
use crate::machine::{Machine, MachineSpec};
use crate::service::AwsError;
use crate::tools::Tools;
use crate::{Clock, Region};

/// How long initialization may take.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>
const INIT_LIMIT: Duration = Duration::from_secs(10);
/// Output that a function wrote before it answered arrives by another way than the answer: it is waited for until the console has been
/// quiet for this long.
const QUIET: Duration = Duration::from_millis(5);
/// But no longer than this.
const DRAIN: Duration = Duration::from_millis(100);

/// What a function is when it is invoked.
#[derive(Debug, Clone)]
pub(super) struct Definition {
    pub configuration: Value,
    pub code: Arc<Code>,
    /// Changes whenever code or configuration do; environments of another one are not used.
    pub generation: String,
}

impl Definition {
    pub(super) fn text(&self, name: &str) -> &str {
        self.configuration.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The function's ARN without a version.
    pub(super) fn unqualified_arn(&self) -> &str {
        let arn = self.text("FunctionArn");
        // arn:partition:lambda:region:account:function:name, and possibly a version.
        arn.match_indices(':').nth(6).and_then(|(at, _)| arn.get(..at)).unwrap_or(arn)
    }

    fn number(&self, name: &str) -> u64 {
        self.configuration.get(name).and_then(Value::as_u64).unwrap_or_default()
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(self.number("Timeout").max(1))
    }
}

/// What came of an invocation.
#[derive(Debug, Clone)]
pub(super) struct Invoked {
    pub payload: Vec<u8>,
    /// Whether the payload is the description of an error.
    pub failed: bool,
    /// The log of this invocation.
    pub log: String,
}

/// A running environment. One invocation at a time.
pub(super) struct Environment {
    machine: Machine,
    work: mpsc::Sender<Work>,
    lines: mpsc::UnboundedReceiver<String>,
    log: Log,
    generation: String,
    expires: Option<Timestamp>,
    /// Until the first invocation has reported it.
    init: Option<Duration>,
}

/// Why there is no environment to invoke.
pub(super) enum StartError {
    /// The region cannot run functions, or not this one.
    Aws(AwsError),
    /// The function's own code failed to load.
    Init(Invoked),
}

impl Environment {
    /// Boots an environment and initializes it.
    pub(super) async fn start(
        region: &Region,
        tools: &Tools,
        account: &str,
        definition: &Definition,
        request_id: &str,
    ) -> Result<Self, StartError> {
        let name = definition.text("FunctionName");
        let role::Session { credential, expires } = role::assume(region, account, definition).await.map_err(StartError::Aws)?;
        let mut log = Log::open(region, credential.caller.clone(), definition);

        let (work, receiver) = mpsc::channel(1);
        let (init_sender, mut init) = watch::channel(Init::Running);
        let (line_sender, lines) = mpsc::unbounded_channel();
        let api = RuntimeApi::new(region, receiver, init_sender, line_sender);
        let command = vec![
            tools.python().executable.display().to_string(),
            "-m".to_owned(),
            "awslambdaric".to_owned(),
            definition.text("Handler").to_owned(),
        ];
        let mut spec = MachineSpec::function(&format!("f-{}", uuid::Uuid::new_v4().simple()), command);
        spec.files.clone_from(&definition.code.files);
        spec.tools = Some(tools.clone());
        spec.env = variables(region, tools, definition, &log);
        for (name, value) in [
            ("AWS_ACCESS_KEY_ID", credential.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", credential.secret_access_key),
            ("AWS_SESSION_TOKEN", credential.session_token.unwrap_or_default()),
        ] {
            spec.env.insert(name.to_owned(), value);
        }
        let started = Instant::now();
        let machine = Machine::boot(region, spec, Arc::new(Carried(api)))
            .await
            .map_err(|error| StartError::Aws(AwsError::new("ServiceException", 500, error.to_string())))?;
        let failure = tokio::select! {
            state = async { init.wait_for(|state| *state != Init::Running).await.map(|state| state.clone()) } => match state {
                Ok(Init::Failed(body)) => Some(body.to_vec()),
                _ => None,
            },
            code = machine.exited() => Some(super::error_payload("Runtime.ExitError", &format!("RequestId: {request_id} Error: Runtime exited with error: exit status {code}"))),
            () = tokio::time::sleep(INIT_LIMIT) => {
                Some(super::error_payload("Sandbox.Timedout", &format!("RequestId: {request_id} Error: Initialization timed out after {} seconds", INIT_LIMIT.as_secs())))
            }
        };
        let runtime = definition.text("Runtime");
        let version = &tools.python().version;
        if runtime.strip_prefix("python") != Some(version) {
            tracing::warn!(function = name, runtime, version, "the function runs on another version of Python than its runtime");
            log.line(&format!("firedrill: runtime {runtime} is run by this host's Python {version}"));
        }
        log.line(&format!("INIT_START Runtime Version: {runtime}"));
        let mut environment =
            Self { machine, work, lines, log, generation: definition.generation.clone(), expires, init: Some(started.elapsed()) };
        match failure {
            None => Ok(environment),
            Some(payload) => {
                environment.machine.stop().await;
                environment.drain().await;
                environment.log.line(&String::from_utf8_lossy(&payload));
                let log = environment.log.flush().await;
                Err(StartError::Init(Invoked { payload, failed: true, log }))
            }
        }
    }

    /// Whether it can take another invocation of `definition`.
    pub(super) fn fits(&self, definition: &Definition, now: Timestamp) -> bool {
        self.machine.is_running()
            && self.generation == definition.generation
            && self.expires.is_none_or(|expires| expires > now + definition.timeout())
    }

    /// Runs one invocation. Answers whether the environment can be used again.
    pub(super) async fn invoke(&mut self, definition: &Definition, request_id: &str, payload: Vec<u8>) -> (Invoked, bool) {
        let timeout = definition.timeout();
        let started = Instant::now();
        self.drain().await;
        self.log.line(&format!("START RequestId: {request_id} Version: $LATEST"));
        let (answer, answered) = oneshot::channel();
        let deadline_ms =
            Clock::real_now().as_millisecond().saturating_add(i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX));
        let work = Work {
            request_id: request_id.to_owned(),
            payload,
            deadline_ms,
            function_arn: definition.text("FunctionArn").to_owned(),
            answer,
        };
        // Nobody to take it means that the runtime has exited, which is seen below.
        let _ = self.work.send(work).await;
        let exited = |code: i32| {
            super::error_payload(
                "Runtime.ExitError",
                &format!("RequestId: {request_id} Error: Runtime exited with error: exit status {code}"),
            )
        };
        let (payload, failed, reusable) = tokio::select! {
            answer = answered => match answer {
                Ok(Answer::Returned(payload)) => (payload.to_vec(), false, true),
                Ok(Answer::Raised(payload)) => (payload.to_vec(), true, true),
                Err(_) => (exited(self.machine.exited().await), true, false),
            },
            code = self.machine.exited() => (exited(code), true, false),
            () = tokio::time::sleep(timeout) => {
                let message = format!("RequestId: {request_id} Error: Task timed out after {:.2} seconds", timeout.as_secs_f64());
                (super::error_payload("Sandbox.Timedout", &message), true, false)
            }
        };
        let took = started.elapsed();
        self.drain().await;
        if !reusable {
            self.log.line(&super::pointer(&serde_json::from_slice(&payload).unwrap_or_default(), "/errorMessage"));
            self.machine.stop().await;
        }
        self.log.line(&format!("END RequestId: {request_id}"));
        let milliseconds = took.as_secs_f64() * 1000.0;
        let mut report = format!(
            "REPORT RequestId: {request_id}\tDuration: {milliseconds:.2} ms\tBilled Duration: {:.0} ms\tMemory Size: {} MB\t",
            milliseconds.ceil(),
            definition.number("MemorySize"),
        );
        if let Some(init) = self.init.take() {
            report.push_str(&format!("Init Duration: {:.2} ms\t", init.as_secs_f64() * 1000.0));
        }
        self.log.line(&report);
        let log = self.log.flush().await;
        (Invoked { payload, failed, log }, reusable)
    }

    /// Takes over what the function has written.
    async fn drain(&mut self) {
        let until = Instant::now() + DRAIN;
        while let Ok(Some(line)) = tokio::time::timeout(QUIET, self.lines.recv()).await {
            self.log.line(&line);
            if Instant::now() > until {
                break;
            }
        }
    }
}

/// The environment variables of a function.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
fn variables(region: &Region, tools: &Tools, definition: &Definition, log: &Log) -> BTreeMap<String, String> {
    let memory = definition.number("MemorySize").to_string();
    let runtime = definition.text("Runtime");
    let path = format!("/var/task:{}", tools.python_path());
    let mut variables: BTreeMap<String, String> = [
        ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
        ("AWS_REGION", region.name()),
        ("AWS_DEFAULT_REGION", region.name()),
        ("AWS_LAMBDA_FUNCTION_NAME", definition.text("FunctionName")),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &log.group),
        ("AWS_LAMBDA_LOG_STREAM_NAME", &log.stream),
        ("LAMBDA_TASK_ROOT", "/var/task"),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
        ("_HANDLER", definition.text("Handler")),
        ("TZ", ":UTC"),
        ("PYTHONPATH", &path),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    variables.insert("AWS_EXECUTION_ENV".to_owned(), format!("AWS_Lambda_{runtime}"));
    let own = definition.configuration.pointer("/Environment/Variables").and_then(Value::as_object).into_iter().flatten();
    variables.extend(own.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())));
    // A search path of the function's own comes before the runtime's, and does not hide the runtime client.
    if let Some(own) = variables.get_mut("PYTHONPATH").filter(|own| **own != path) {
        own.push(':');
        own.push_str(&path);
    }
    variables
}

/// The last 4 KB of a log, as `LogResult` has it.
pub(super) fn tail(log: &str) -> String {
    let bytes = log.as_bytes();
    STANDARD.encode(bytes.get(bytes.len().saturating_sub(4096)..).unwrap_or(bytes))
}
