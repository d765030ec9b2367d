//! The process that runs one command, and outlives the agent: the real one has an `ssm-document-worker` for that.

use std::cell::OnceCell;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use nightproof_machine_image::Platform;
use nightproof_machine_protocol::spec::Task;
use serde_json::{Map, Value, json};

use super::api::Api;
use super::document::Condition;
use super::output::cut;
use super::record::{Command, Next, Record, Report};
use super::reply::{self, Outcome, Status};
use super::upload::Outputs;
use super::{clock, control_flow, document, download_content, script};
use crate::{console, limits};

/// How often a worker looks whether its command is cancelled.
const GLANCE: Duration = Duration::from_millis(20);

/// Runs the command whose record is in `folder`.
pub(crate) fn main(folder: &OsStr) -> ExitCode {
    limits::lower_own();
    let record = Record::at(Path::new(folder));
    let worker =
        || Ok::<_, String>((record.begin().and_then(|()| record.command()).map_err(|e| e.to_string())?, crate::task::read()?));
    let done = worker().and_then(|(command, task)| {
        let payload: Value = serde_json::from_str(&command.payload).unwrap_or_default();
        let outputs = Outputs::from_payload(&payload);
        Work { record: &record, command, task, outputs, api: OnceCell::new() }.run()
    });
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
    outputs: Outputs,
    /// Made when a step first needs it.
    api: OnceCell<Api>,
}

/// What the agent says of a document that `aws:runDocument` cannot run.
const UNPREPARED: &str = "There was an error while preparing documents";

/// Plugins that the agent has on Windows alone.
const OF_WINDOWS: [&str; 2] = ["aws:applications", "aws:psModule"];
/// Plugins that the real agent has and this one lacks.
const LACKING: [&str; 7] = [
    "aws:configureDocker",
    "aws:configurePackage",
    "aws:domainJoin",
    "aws:refreshAssociation",
    "aws:runDockerAction",
    "aws:softwareInventory",
    "aws:updateSsmAgent",
];

/// How deep documents may run documents.
const DEPTH: u32 = 3;

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
                before.as_ref().and_then(|plugin| plugin.get("startDateTime")?.as_str()?.parse().ok()).unwrap_or_else(clock::now);
            let outcome = if ended && !control_flow::is_finally(step, index + 1 == steps.len()) {
                Outcome::skipped(format!(
                    "Plugin with name {} and id {} skipped due to prior step with an exit condition",
                    step.action, step.id
                ))
            } else {
                let mut outcome = self.step(step, report.status, 1, &cancelled);
                if let Some(before) = before {
                    outcome.go_on_from(&before);
                }
                let (outcome, ends) = control_flow::after(step, outcome);
                ended |= ends;
                outcome
            };
            let finished = clock::now();
            let key = self.upload(step, &outcome);
            let place = key.as_deref().map_or(("", ""), |key| (self.outputs.bucket.as_str(), key));
            let plugin = reply::plugin((&step.id, &step.action), &outcome, place, (started, finished));
            report.plugins.insert(step.id.clone(), plugin);
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

    fn step(&self, step: &document::Step, so_far: Status, depth: u32, cancelled: &AtomicBool) -> Outcome {
        match &step.condition {
            Condition::Met => {}
            Condition::Unmet(reason) => return Outcome::skipped(reason.clone()),
            Condition::Unrecognized(reason) => return Outcome::refused(reason.clone()),
        }
        let mut joined: Option<Outcome> = None;
        // Whatever came of one, the next runs; the worst decides.
        for inputs in &step.inputs {
            if so_far == Status::Cancelled || cancelled.load(Ordering::Relaxed) {
                return Outcome { status: Status::Cancelled, ..Outcome::failed("") };
            }
            let outcome = self.plugin(step, inputs, depth, cancelled);
            joined = Some(match joined {
                None => outcome,
                Some(before) => {
                    let worst = if outcome.status > before.status { &outcome } else { &before };
                    let streams = [(&before.stdout, &outcome.stdout), (&before.stderr, &outcome.stderr)];
                    let [stdout, stderr] = streams.map(|(before, now)| {
                        let between = if before.is_empty() { "" } else { "\n" };
                        cut(format!("{before}{between}{now}").as_bytes())
                    });
                    Outcome::printed(worst.status, worst.code, stdout, stderr)
                }
            });
        }
        joined.unwrap_or_else(Outcome::silent)
    }

    fn plugin(&self, step: &document::Step, inputs: &Value, depth: u32, cancelled: &AtomicBool) -> Outcome {
        let api = || self.api().map_err(|error| Outcome::failed(&error));
        match step.action.as_str() {
            "aws:runShellScript" => {
                script::run(inputs, &self.folder(step, inputs), &self.downloads(), &self.environment(), cancelled)
            }
            "aws:downloadContent" => match api() {
                Ok(api) => download_content::run(inputs, &self.downloads(), api),
                Err(outcome) => outcome,
            },
            "aws:runDocument" => self.run_document(inputs, depth, cancelled).unwrap_or_else(|reason| Outcome::failed(&reason)),
            // As on an instance without PowerShell, which no image of Linux has.
            "aws:runPowerShellScript" => {
                Outcome::failed("failed to run commands: fork/exec /usr/bin/pwsh: no such file or directory")
            }
            other if OF_WINDOWS.contains(&other) => {
                Outcome::skipped(format!("Step execution skipped due to unsupported plugin: {other}. Step name: {}", step.id))
            }
            other if LACKING.contains(&other) => {
                Outcome::failed(&format!("Plugin with name {other} is not supported by this agent"))
            }
            other => {
                let reason = format!("Plugin {other} is not registered by agent");
                Outcome { output: Some(reason.clone()), ..Outcome::failed(&reason) }
            }
        }
    }

    /// `aws:runDocument`: the steps of another document, whose outputs become those of this step.
    /// <https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-command-ssm-plugin-reference.html#aws-rundocument>
    fn run_document(&self, inputs: &Value, depth: u32, cancelled: &AtomicBool) -> Result<Outcome, String> {
        if depth >= DEPTH {
            return Err(format!(
                "Maximum depth for document execution exceeded. Maximum depth permitted - {DEPTH} and current depth - {}",
                depth + 1
            ));
        }
        let text = |name: &str| inputs.get(name).and_then(Value::as_str).unwrap_or_default();
        let path = text("documentPath");
        let content = match text("documentType") {
            "" => return Err("invalid input: Document Type must be specified to either by SSMDocument or LocalPath.".to_owned()),
            _ if path.is_empty() => return Err("invalid input: Document Path must be provided".to_owned()),
            "SSMDocument" => {
                download_content::document(path, self.api()?).map_err(|error| format!("{error}{UNPREPARED} - File is empty!"))?.1
            }
            "LocalPath" => {
                let file = if path.starts_with('/') { PathBuf::from(path) } else { self.downloads().join(path) };
                fs::read_to_string(&file).map_err(|_| format!("{UNPREPARED} - File is empty!"))?
            }
            _ => return Err("invalid input: Document type specified in invalid".to_owned()),
        };
        let content: Value = serde_json::from_str(&content)
            .map_err(|error| format!("{UNPREPARED} - only JSON is read in this machine: {error}"))?;
        let given = match inputs.get("documentParameters") {
            Some(Value::String(text)) if text.trim().is_empty() => json!({}),
            Some(Value::String(text)) => serde_json::from_str(text).map_err(|error| format!("{UNPREPARED} - {error}"))?,
            Some(object @ Value::Object(_)) => object.clone(),
            None | Some(Value::Null) => json!({}),
            Some(_) => {
                return Err(format!("{UNPREPARED} - parameter type specified to run document is unknown"));
            }
        };
        let steps = document::steps(&content, &given).map_err(|error| format!("{UNPREPARED} - {error}"))?;
        let mut joined = Outcome::silent();
        for step in &steps {
            let outcome = self.step(step, joined.status, depth + 1, cancelled);
            for (all, part) in [(&mut joined.stdout, &outcome.stdout), (&mut joined.stderr, &outcome.stderr)] {
                all.push_str(part);
                if !part.is_empty() && !part.ends_with('\n') {
                    all.push('\n');
                }
            }
            if outcome.status > joined.status {
                joined.status = outcome.status;
                joined.code = outcome.code;
            }
            if outcome.status == Status::SuccessAndReboot {
                break;
            }
        }
        Ok(Outcome { stdout: cut(joined.stdout.as_bytes()), stderr: cut(joined.stderr.as_bytes()), ..joined })
    }

    /// The connection to the services.
    fn api(&self) -> Result<&Api, String> {
        if let Some(api) = self.api.get() {
            return Ok(api);
        }
        let api = Api::connect(&self.task).map_err(|error| error.to_string())?;
        Ok(self.api.get_or_init(|| api))
    }

    /// Sends a step's output where the command says; returns where in the bucket it is. A command whose output cannot be sent is none that
    /// failed.
    fn upload(&self, step: &document::Step, outcome: &Outcome) -> Option<String> {
        if !self.outputs.are_wanted() || outcome.status == Status::Skipped {
            return None;
        }
        let place = |inputs: &Value| {
            let folder = self.folder(step, inputs);
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let key = self.outputs.key(self.id(), &self.command.instance, &step.action, &name);
            (folder, key)
        };
        // Each of a plugin's inputs has a folder.
        let places: Vec<_> =
            if step.inputs.is_empty() { vec![place(&Value::Null)] } else { step.inputs.iter().map(place).collect() };
        let (folder, key) = places.first()?;
        if step.action != "aws:runShellScript" {
            // Scripts keep theirs as they run.
            let kept = fs::create_dir_all(folder)
                .and_then(|()| fs::write(folder.join(script::STDOUT), &outcome.stdout))
                .and_then(|()| fs::write(folder.join(script::STDERR), &outcome.stderr));
            if let Err(error) = kept {
                console::print(&format!("ssm document worker: {}: {error}", folder.display()));
            }
        }
        let stream = format!("{}/{}/{}", self.id(), self.command.instance, step.id.replace(':', "-"));
        match self.api() {
            Ok(api) => {
                for failure in places.iter().flat_map(|(folder, key)| self.outputs.send(api, folder, key, &stream)) {
                    console::print(&format!("ssm document worker: cannot send the output: {failure}"));
                }
            }
            Err(error) => console::print(&format!("ssm document worker: cannot send the output: {error}")),
        }
        (!self.outputs.bucket.is_empty()).then(|| key.clone())
    }

    /// Where the real agent keeps a command's files.
    fn orchestration(&self) -> PathBuf {
        let (instance, command) = (&self.command.instance, self.id());
        PathBuf::from(format!("/var/lib/amazon/ssm/{instance}/document/orchestration/{command}"))
    }

    /// Where it keeps a step's script: below the id of its inputs, which schema 1.2 has.
    fn folder(&self, step: &document::Step, inputs: &Value) -> PathBuf {
        let folder = self.orchestration().join(step.id.replace([':', '/'], ""));
        match inputs.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()) {
            Some(id) => folder.join(id.replace([':', '/'], "")),
            None => folder,
        }
    }

    /// Where it keeps what `aws:downloadContent` fetches.
    fn downloads(&self) -> PathBuf {
        self.orchestration().join("downloads")
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
