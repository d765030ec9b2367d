//! Commands on this instance: each runs in a thread of its own, and can be cancelled.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::api::Api;
use super::reply::{self, Outcome, Status};
use super::{control_flow, document, script};
use crate::guest::say;
use crate::spec::Task;

/// How often a reply is tried before it is given up.
const TRIES: u32 = 5;

/// The commands that were taken, by message id.
pub(super) struct Commands {
    task: Task,
    api: Api,
    taken: Arc<Mutex<HashMap<String, Arc<AtomicBool>>>>,
}

impl Commands {
    pub(super) fn new(task: Task, api: Api) -> Self {
        Self { task, api, taken: Arc::default() }
    }

    /// Takes a message of the service: a command to run or one to cancel. One that was taken before is acknowledged again.
    pub(super) fn take(&self, message: &Value) {
        let text = |name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (id, topic, payload) = (text("MessageId"), text("Topic"), text("Payload"));
        if topic.starts_with("aws.ssm.sendCommand") {
            let cancelled = Arc::new(AtomicBool::new(false));
            if lock(&self.taken).insert(id.clone(), Arc::clone(&cancelled)).is_some() {
                return acknowledge(&self.api, &id);
            }
            let run = Run { environment: self.environment(&id), id, api: self.api.clone(), cancelled };
            thread::spawn(move || run.run(&payload));
        } else if topic.starts_with("aws.ssm.cancelCommand") {
            let cancel: Value = serde_json::from_str(&payload).unwrap_or_default();
            let which = cancel.get("CancelMessageId").and_then(Value::as_str).unwrap_or_default();
            if let Some(cancelled) = lock(&self.taken).get(which) {
                cancelled.store(true, Ordering::Relaxed);
            }
            acknowledge(&self.api, &id);
        } else {
            let failed = self.api.messages("FailMessage", &json!({"MessageId": id, "FailureType": "InternalHandlerException"}));
            if let Err(error) = failed {
                say(&format!("ssm agent: {error}"));
            }
        }
    }

    /// What a script sees. The agent is a service: no `HOME`, and nothing of a login.
    fn environment(&self, message: &str) -> Vec<(String, String)> {
        let mut environment = self.task.environment.clone();
        environment.remove("HOME");
        environment.insert("SSM_COMMAND_ID".to_owned(), command_of(message).to_owned());
        environment.insert("AWS_SSM_INSTANCE_ID".to_owned(), self.api.instance.clone());
        environment.insert("AWS_SSM_REGION_NAME".to_owned(), self.task.region.clone());
        environment.into_iter().collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The command's id in a message's: `aws.ssm.<command>.<instance>`.
fn command_of(message: &str) -> &str {
    message.split('.').nth(2).unwrap_or("command")
}

fn acknowledge(api: &Api, id: &str) {
    if let Err(error) = api.messages("AcknowledgeMessage", &json!({"MessageId": id})) {
        say(&format!("ssm agent: {error}"));
    }
}

struct Run {
    id: String,
    environment: Vec<(String, String)>,
    api: Api,
    cancelled: Arc<AtomicBool>,
}

impl Run {
    fn run(&self, payload: &str) {
        let steps = serde_json::from_str::<Value>(payload).map_err(|error| error.to_string()).and_then(|payload| {
            let empty = Value::Null;
            let content = payload.get("DocumentContent").unwrap_or(&empty);
            document::steps(content, payload.get("Parameters").unwrap_or(&empty))
        });
        let steps = match steps {
            Ok(steps) => steps,
            Err(reason) => return self.reply(Status::Failed, &reason, &Map::new()),
        };
        self.reply(Status::InProgress, "", &Map::new());
        acknowledge(&self.api, &self.id);

        let mut plugins = Map::new();
        let mut overall = Status::Success;
        let mut over = false;
        for (index, step) in steps.iter().enumerate() {
            let started = now();
            let outcome = if over && !control_flow::is_finally(step, index + 1 == steps.len()) {
                Outcome::skipped(&format!(
                    "Plugin with name {} and id {} skipped due to prior step with an exit condition",
                    step.action, step.id
                ))
            } else {
                let (outcome, ends) = control_flow::after(step, self.step(step, overall));
                over |= ends;
                outcome
            };
            if outcome.status > overall {
                overall = outcome.status;
            }
            plugins.insert(step.id.clone(), reply::plugin(&step.id, &step.action, &outcome, started, now()));
            if steps.len() > 1 {
                self.reply(Status::InProgress, "", &plugins);
            }
        }
        self.reply(overall, "", &plugins);
    }

    fn step(&self, step: &document::Step, so_far: Status) -> Outcome {
        if !step.applies {
            return Outcome::skipped("Step execution skipped due to unsatisfied preconditions.");
        }
        if so_far == Status::Cancelled || self.cancelled.load(Ordering::Relaxed) {
            return Outcome { status: Status::Cancelled, ..Outcome::failed("") };
        }
        if step.action != "aws:runShellScript" {
            return Outcome::failed(&format!("Plugin with name {} is not supported by this agent", step.action));
        }
        script::run(&step.inputs, &self.folder(&step.id), &self.environment, &self.cancelled)
    }

    /// Where the real agent keeps a command's script.
    fn folder(&self, step: &str) -> PathBuf {
        let command = command_of(&self.id);
        let step = step.replace([':', '/'], "");
        PathBuf::from(format!("/var/lib/amazon/ssm/{}/document/orchestration/{command}/{step}/0.{step}", self.api.instance))
    }

    fn reply(&self, status: Status, trace: &str, plugins: &Map<String, Value>) {
        let payload = reply::reply(status, trace, plugins, now()).to_string();
        for attempt in 1..=TRIES {
            let reply_id = uuid::Uuid::new_v4().to_string();
            match self.api.messages("SendReply", &json!({"MessageId": self.id, "Payload": payload, "ReplyId": reply_id})) {
                Ok(_) => return,
                Err(error) => say(&format!("ssm agent: reply {attempt} of {TRIES}: {error}")),
            }
            thread::sleep(Duration::from_millis(200) * attempt);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a machine has real time, as an instance has")]
fn now() -> Timestamp {
    Timestamp::now()
}
