//! AWS's own translator of serverless applications, in a machine of its own for each template.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nightproof_cloudformation::ServerlessTranslator;
use nightproof_core::service::AwsError;
use nightproof_machine::tools::Tools;
use nightproof_machine::{Channel, Connections, FileSpec, Machine, MachineSpec, Machines, Runnable, RuntimeClient};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::net::UnixStream;

/// How long a translation may take; about a second, unless the host is very busy.
const LIMIT: Duration = Duration::from_secs(60);
/// Memory for a template of the largest size, MiB.
const MEMORY_MIB: u64 = 512;
/// A runtime that every image of functions has.
const RUNTIME: &str = "python3.13";
const SCRIPT: &str = "/var/task/translate.py";
const REQUEST: &str = "/var/task/request.json";
/// What each piece of the answer begins with.
const ANSWER: &str = "answer:";

pub(super) struct Translator {
    machines: Machines,
    tools: Tools,
}

impl Translator {
    /// One whose machines are these.
    pub(super) fn shared(machines: Machines, tools: Tools) -> Arc<dyn ServerlessTranslator> {
        Arc::new(Self { machines, tools })
    }
}

#[async_trait]
impl ServerlessTranslator for Translator {
    async fn translate(&self, request: Value) -> Result<Value, AwsError> {
        let client = RuntimeClient::find(&self.machines, &self.tools, Runnable { runtime: RUNTIME, ..Runnable::default() }).await;
        let client = client.map_err(|error| failed(&error.to_string()))?;
        let python = match client.image {
            None => self.tools.python().executable.display().to_string(),
            Some(_) => "python3".to_owned(),
        };
        let command = [python.as_str(), SCRIPT, REQUEST].map(str::to_owned).to_vec();
        let mut spec = MachineSpec::function(&format!("sam-{}", uuid::Uuid::new_v4().simple()), command);
        spec.image = client.image;
        spec.tools = Some(self.tools.clone());
        spec.memory_mib = Some(MEMORY_MIB);
        spec.env.insert("PYTHONPATH".to_owned(), client.packages.to_owned());
        let file = |path: &str, bytes: Vec<u8>| FileSpec { path: path.to_owned(), bytes, mode: 0o644 };
        spec.files = vec![file(SCRIPT, include_bytes!("translate.py").to_vec()), file(REQUEST, request.to_string().into_bytes())];
        let output = Arc::new(Output::default());
        let machine = Machine::boot(&self.machines, spec, Arc::clone(&output) as Arc<dyn Connections>).await;
        let machine = machine.map_err(|error| failed(&error.to_string()))?;
        let ended = tokio::time::timeout(LIMIT, machine.exited()).await;
        let Ok(code) = ended else {
            machine.stop().await;
            return Err(failed("it did not end in time"));
        };
        let answer = std::mem::take(&mut *output.answer.lock());
        serde_json::from_str(&answer).map_err(|_| failed(&format!("it ended with {code}: {}", machine.console().trim())))
    }
}

fn failed(reason: &str) -> AwsError {
    AwsError::internal(format!("the translator of serverless applications failed: {reason}"))
}

/// What the script prints.
#[derive(Default)]
struct Output {
    answer: Mutex<String>,
}

impl Connections for Output {
    /// It has no business with AWS.
    fn connected(&self, _channel: Channel, _stream: UnixStream) {}

    fn console(&self, line: &str) {
        if let Some(piece) = line.strip_prefix(ANSWER) {
            self.answer.lock().push_str(piece);
        }
    }
}
