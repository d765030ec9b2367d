//! The process that runs one command, and outlives the agent: the real one has an `ssm-document-worker` for that.

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use nightproof_machine_image::Platform;
use nightproof_machine_protocol::spec::Task;
use serde_json::{Map, Value};

use super::record::{Command, Next, Record, Report};
use super::reply::{self, Outcome, Status};
use super::{control_flow, document, script};
use crate::console;

/// How often a worker looks whether its command is cancelled.
const GLANCE: Duration = Duration::from_millis(20);

/// Runs the command whose record is in `folder`.
pub(crate) fn main(folder: &OsStr) -> ExitCode {
    let record = Record::at(Path::new(folder));
    let worker =
        || Ok::<_, String>((record.begin().and_then(|()| record.command()).map_err(|e| e.to_string())?, crate::task::read()?));
    let done = worker().and_then(|(command, task)| Work { record: &record, command, task }.run());
    if let Err(error) = done {
        console::print(&format!("ssm document worker: {error}"));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// The steps of a message's payload.
pub(super) fn steps(payload: &str) -> Result<Vec<document::Step>, String> {
    let payload: Value = serde_json::from_str(payload).map_err(|error| error.to_string())?;
    document::steps(payload.get("DocumentContent").unwrap_or(&Value::Null), payload.get("Parameters").unwrap_or(&Value::Null))
}

struct Work<'a> {
    record: &'a Record,
    command: Command,
    task: Task,
}

impl Work<'_> {
    fn run(&self) -> Result<(), String> {
        let steps = steps(&self.command.payload)?;
        let cancelled = self.watch();
        let mut report = Report { status: Status::Success, plugins: Map::new(), next: Next::Plugins };
        let (mut first, mut ended, mut reboots) = (0, false, 0);
        // What its first plugin said before the reboot that it asked for.
        let mut before = None;
        if let Some(Report { status, plugins, next: Next::Reboot { step, ended: only_last, before: earlier } }) =
            self.record.reported()
        {
            (first, ended, reboots) = (step, only_last, earlier + 1);
            before = steps.get(step).and_then(|step| plugins.get(&step.id)).cloned();
            report = Report { status, plugins, next: Next::Plugins };
            // The reboot has been.
            self.record.report(&report).map_err(|error| format!("cannot keep that it goes on: {error}"))?;
        }
        for (index, step) in steps.iter().enumerate().skip(first) {
            let before = before.take();
            let started =
                before.as_ref().and_then(|plugin| plugin.get("startDateTime")?.as_str()?.parse().ok()).unwrap_or_else(now);
            let outcome = if ended && !control_flow::is_finally(step, index + 1 == steps.len()) {
                Outcome::skipped(&format!(
                    "Plugin with name {} and id {} skipped due to prior step with an exit condition",
                    step.action, step.id
                ))
            } else {
                let outcome = self.step(step, report.status, &cancelled);
                let (mut outcome, ends) = control_flow::after(step, outcome);
                if let Some(before) = before {
                    outcome.go_on_from(&before);
                }
                ended |= ends;
                outcome
            };
            report.plugins.insert(step.id.clone(), reply::plugin(&step.id, &step.action, &outcome, started, now()));
            if outcome.status == Status::SuccessAndReboot {
                report.next = Next::Reboot { step: index, ended, before: reboots };
                return self.tell(&report);
            }
            report.status = report.status.max(outcome.status);
            if index + 1 < steps.len() {
                self.tell(&report)?;
            }
        }
        report.next = Next::Nothing;
        self.tell(&report)
    }

    /// Keeps the report, and tells it the agent. Either will do: a full disk keeps nothing, and a stopped agent does not listen.
    fn tell(&self, report: &Report) -> Result<(), String> {
        let kept = self.record.report(report);
        let line = serde_json::to_string(report).unwrap_or_default() + "\n";
        let told = io::stdout().write_all(line.as_bytes()).and_then(|()| io::stdout().flush());
        told.or(kept).map_err(|error| format!("cannot keep what has come of {}: {error}", self.command.message))
    }

    /// Is raised when the command is cancelled.
    fn watch(&self) -> Arc<AtomicBool> {
        let raised = Arc::new(AtomicBool::new(false));
        let (flag, record) = (Arc::clone(&raised), Record::at(self.record.folder()));
        thread::spawn(move || {
            while !record.is_cancelled() {
                thread::sleep(GLANCE);
            }
            flag.store(true, Ordering::Relaxed);
        });
        raised
    }

    fn step(&self, step: &document::Step, so_far: Status, cancelled: &AtomicBool) -> Outcome {
        if !step.applies {
            return Outcome::skipped("Step execution skipped due to unsatisfied preconditions.");
        }
        if so_far == Status::Cancelled || cancelled.load(Ordering::Relaxed) {
            return Outcome { status: Status::Cancelled, ..Outcome::failed("") };
        }
        if step.action != "aws:runShellScript" {
            return Outcome::failed(&format!("Plugin with name {} is not supported by this agent", step.action));
        }
        script::run(&step.inputs, &self.folder(&step.id), &self.environment(), cancelled)
    }

    /// Where the real agent keeps a command's script.
    fn folder(&self, step: &str) -> PathBuf {
        let (instance, command) = (&self.command.instance, self.id());
        let step = step.replace([':', '/'], "");
        PathBuf::from(format!("/var/lib/amazon/ssm/{instance}/document/orchestration/{command}/{step}/0.{step}"))
    }

    /// What a script sees. The agent is a service: no `HOME`, and nothing of a login.
    fn environment(&self) -> Vec<(String, String)> {
        let mut environment = self.task.environment.clone();
        environment.remove("HOME");
        environment.insert("SSM_COMMAND_ID".to_owned(), self.id().to_owned());
        environment.insert("AWS_SSM_INSTANCE_ID".to_owned(), self.command.instance.clone());
        environment.insert("AWS_SSM_REGION_NAME".to_owned(), self.task.region.clone());
        if let Some(platform) = self.task.platform.as_ref().and_then(|platform| Platform::by_key(&platform.key)) {
            environment.insert("AWS_SSM_PLATFORM_NAME".to_owned(), platform.name.to_owned());
            environment.insert("AWS_SSM_PLATFORM_VERSION".to_owned(), platform.version.to_owned());
        }
        environment.into_iter().collect()
    }

    /// The command's id in its message's: `aws.ssm.<command>.<instance>`.
    fn id(&self) -> &str {
        self.command.message.split('.').nth(2).unwrap_or("command")
    }
}

#[expect(clippy::disallowed_methods, reason = "a machine has real time, as an instance has")]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}
