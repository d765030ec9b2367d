//! An execution environment: a machine that runs the official runtime client with the function's code.
//! <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use nightproof_core::Region;
use nightproof_core::service::AwsError;
use nightproof_machine::tools::Tools;
use nightproof_machine::{MachineSpec, Machines, Runnable, RuntimeClient, Size};
use serde_json::Value;

use crate::code::Code;
use crate::definition::{Definition, Layers};
use crate::error::failure;
use crate::event::InvocationRequest;
use crate::execution_host::ExecutionHost;
use crate::log::Log;
use crate::node;
use crate::platform::{Event, Report};
use crate::role;
use crate::runtime::{Failure, Runtime};
use crate::variables::variables;
use crate::vpc::Uplink;

/// How long initialization may take before the first invocation; afterwards it counts as part of that.
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// The result of an invocation.
#[derive(Debug, Clone)]
pub(super) struct Invoked {
    pub payload: Vec<u8>,
    /// Whether the payload is the description of an error.
    pub failed: bool,
    /// The log of this invocation.
    pub log: String,
}

/// An environment. One invocation at a time.
pub(super) struct Environment {
    region: Region,
    machines: Machines,
    /// Present in a VPC.
    uplink: Option<Uplink>,
    spec: MachineSpec,
    log: Log,
    /// Absent until it is initialized.
    runtime: Option<Runtime>,
    generation: String,
    /// When the role's session ends.
    expires: Option<Timestamp>,
    /// Until the first invocation has reported it.
    init: Option<Duration>,
    // The files that its machine sees.
    _code: Arc<Code>,
    _layers: Layers,
}

impl Environment {
    /// Makes an environment of an account's function, with what it reaches AWS by if it is in a VPC, and initializes it. Where that fails, it is tried again with the first invocation.
    pub(super) async fn start(
        region: &Region,
        host: &ExecutionHost,
        (account, uplink): (&str, Option<Uplink>),
        definition: &Definition,
        provisioned: bool,
    ) -> Result<Self, AwsError> {
        let role::Session { credential, expires } = role::assume(region, account, definition).await?;
        let mut log = Log::open(region, credential.caller.clone(), definition);
        let runtime = definition.text("Runtime");
        let sdk = match node::runs(runtime) && host.machines.containers().is_none() {
            true => node::sdk_packages(&definition.code, &definition.layers).await?,
            false => Vec::new(),
        };
        let runnable = Runnable {
            runtime,
            handler: definition.text("Handler"),
            memory_mib: definition.number("MemorySize"),
            node_options: definition.variable("NODE_OPTIONS").unwrap_or_default(),
            sdk: &sdk,
        };
        let client = RuntimeClient::find(&host.machines, &host.tools, runnable).await;
        let client = client.map_err(|error| failure(error.to_string()))?;
        report_differences(&client.version, definition);
        let spec = machine(region, &host.tools, client, definition, &log, credential, provisioned);
        let arn = crate::pointer::pointer(&definition.configuration, "/RuntimeVersionConfig/RuntimeVersionArn");
        log.platform(&Event::InitStart { runtime, arn: &arn });
        let began = Instant::now();
        let started = Runtime::start(region, (&host.machines, uplink.clone()), spec.clone(), &mut log, INIT_LIMIT).await?;
        let took = began.elapsed();
        let (runtime, init) = match started {
            Ok(runtime) => (Some(runtime), Some(took)),
            Err(failure) => {
                if let Some(lacking) = failure.lacking() {
                    return Err(lacking);
                }
                let trouble = failure.trouble("", region.clock().now());
                log.platform(&Event::InitReport { phase: "init", took, trouble: &trouble });
                (None, None)
            }
        };
        let generation = definition.generation.clone();
        let (_code, _layers) = (Arc::clone(&definition.code), definition.layers.clone());
        let (region, machines) = (region.clone(), host.machines.clone());
        Ok(Self { region, machines, uplink, spec, log, runtime, generation, expires, init, _code, _layers })
    }

    /// Writes what has been logged so far.
    pub(super) async fn ship(&mut self) {
        self.log.ship().await;
    }

    /// Whether its runtime is up.
    pub(super) fn is_initialized(&self) -> bool {
        self.runtime.is_some()
    }

    /// Whether it can take another invocation of `definition`.
    pub(super) fn fits(&self, definition: &Definition, now: Timestamp) -> bool {
        self.runtime.as_ref().is_some_and(|runtime| runtime.machine.is_running())
            && self.generation == definition.generation
            && self.expires.is_none_or(|expires| expires > now + definition.timeout())
    }

    /// Runs one invocation. Returns whether the environment can be used again.
    pub(super) async fn invoke(
        &mut self,
        definition: &Definition,
        request: InvocationRequest,
        invoked_arn: &str,
    ) -> Result<(Invoked, bool), AwsError> {
        let id = request.id.clone();
        let request_id = id.as_str();
        let timeout = definition.timeout();
        let began = Instant::now();
        let mut failure = None;
        if self.runtime.is_none() {
            let host = (&self.machines, self.uplink.clone());
            match Runtime::start(&self.region, host, self.spec.clone(), &mut self.log, timeout).await? {
                Ok(runtime) => self.runtime = Some(runtime),
                Err(failed) => {
                    let (took, trouble) = (began.elapsed(), failed.trouble(request_id, self.region.clock().now()));
                    self.log.platform(&Event::InitReport { phase: "invoke", took, trouble: &trouble });
                    failure = Some(failed);
                }
            }
        }
        if let Some(runtime) = &mut self.runtime {
            runtime.drain(&mut self.log).await;
        }
        // What was logged before is not the invocation's.
        self.log.take();
        self.log.platform(&Event::Start { request_id, version: definition.text("Version") });
        let result = match (&mut self.runtime, failure) {
            (Some(runtime), None) => {
                let left = timeout.saturating_sub(began.elapsed());
                let result = runtime.invoke(request, invoked_arn, left, &mut self.log).await;
                // The limit is the function's, however much of it was left.
                result.map_err(|failure| match failure {
                    Failure::TimedOut(_) => Failure::TimedOut(timeout),
                    other => other,
                })
            }
            (_, failure) => Err(failure.unwrap_or(Failure::TimedOut(timeout))),
        };
        let duration = began.elapsed();
        if let Some(lacking) = result.as_ref().err().and_then(Failure::lacking) {
            return Err(lacking);
        }
        Ok(self.finish(definition, request_id, duration, result).await)
    }

    /// Ends an invocation: the log, and the machine where it cannot go on.
    async fn finish(
        &mut self,
        definition: &Definition,
        request_id: &str,
        duration: Duration,
        result: Result<Vec<u8>, Failure>,
    ) -> (Invoked, bool) {
        // An error that the handler raised leaves the runtime as good as before.
        let initialized = self.runtime.is_some();
        let reusable = initialized && matches!(result, Ok(_) | Err(Failure::Described(_)));
        let mut memory_used = None;
        if let Some(runtime) = &mut self.runtime {
            runtime.drain(&mut self.log).await;
            memory_used = runtime.machine.memory_peak().await;
        }
        let trouble = match &result {
            Err(failure) if !reusable => Some(failure.trouble(request_id, self.region.clock().now())),
            _ => None,
        };
        if let Some(trouble) = &trouble {
            if let Some(runtime) = &mut self.runtime {
                runtime.stop(&mut self.log).await;
            }
            if initialized || trouble.status == "timeout" {
                self.log.platform(&Event::Broken { request_id, trouble });
            }
        }
        self.log.platform(&Event::End { request_id });
        let memory_size = definition.number("MemorySize");
        let (init, trouble) = (self.init.take(), trouble.as_ref());
        self.log.platform(&Event::Report(Report { request_id, duration, memory_size, memory_used, init, trouble }));
        self.log.ship().await;
        let failed = result.is_err();
        let payload = result.unwrap_or_else(|failure| failure.payload(request_id));
        (Invoked { payload, failed, log: self.log.take() }, reusable)
    }
}

/// The machine that the function runs in.
fn machine(
    region: &Region,
    tools: &Tools,
    client: RuntimeClient,
    definition: &Definition,
    log: &Log,
    credential: nightproof_core::credentials::Credential,
    provisioned: bool,
) -> MachineSpec {
    let mut command = client.command;
    // An image's own bootstrap does this by itself.
    let wrapper = definition.variable("AWS_LAMBDA_EXEC_WRAPPER");
    if let Some(wrapper) = wrapper.filter(|wrapper| !wrapper.is_empty() && client.image.is_none()) {
        // By a shell, whose exit status tells that there is no such program.
        let shell = ["/bin/sh", "-c", "exec \"$0\" \"$@\"", wrapper];
        command.splice(0..0, shell.map(str::to_owned));
    }
    let mut spec = MachineSpec::function("", command);
    spec.image = client.image;
    spec.files = client.files;
    spec.folders = client.folders;
    spec.size = Some(Size::of_function(definition.number("MemorySize")));
    spec.folders.push((definition.code.files(), "/var/task".to_owned()));
    spec.folders.extend(definition.layers.merged.iter().map(|merged| (merged.files(), "/opt".to_owned())));
    spec.tools = Some(tools.clone());
    spec.memory_mib = Some(definition.number("MemorySize"));
    spec.tmp_mib = definition.configuration.pointer("/EphemeralStorage/Size").and_then(Value::as_u64);
    spec.env = variables(region, client.packages, definition, log, provisioned);
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", credential.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", credential.secret_access_key),
        ("AWS_SESSION_TOKEN", credential.session_token.unwrap_or_default()),
    ] {
        spec.env.insert(name.to_owned(), value);
    }
    spec
}

/// A function runs on this host's processor, and on this host's Python or an image's: tells where it asks for others. Of Node.js a finding tells. The function's own log has
/// AWS's lines alone.
fn report_differences(version: &str, definition: &Definition) {
    let (name, runtime) = (definition.text("FunctionName"), definition.text("Runtime"));
    if runtime.strip_prefix("python").is_some_and(|wanted| wanted != version) {
        tracing::warn!(function = name, runtime, version, "the function runs on another version of Python than its runtime");
    }
    let host = match std::env::consts::ARCH {
        "aarch64" => "arm64",
        other => other,
    };
    let architecture = crate::pointer::pointer(&definition.configuration, "/Architectures/0");
    if architecture != host {
        tracing::warn!(function = name, architecture, host, "the function runs on another architecture than its own");
    }
}

/// The last 4 KB of a log, as `LogResult` has it.
pub(super) fn tail(log: &str) -> String {
    let bytes = log.as_bytes();
    STANDARD.encode(bytes.get(bytes.len().saturating_sub(4096)..).unwrap_or(bytes))
}
