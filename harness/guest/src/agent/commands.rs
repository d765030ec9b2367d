//! Commands on this instance: each is run by a process of its own, looked after by a thread, and can be cancelled.
//!
//! A command that was running when the agent ended is taken up again. Its process may have gone on, as nothing but the agent was stopped:
//! then what comes of it is reported. Where it is gone, after a reboot for one, the command has failed; the script is not run again. One that
//! asked for the reboot is.

use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use std::process::{ChildStdout, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use nightproof_machine_protocol::spec::REBOOT;
use parking_lot::{Condvar, Mutex};
use serde_json::{Map, Value, json};

use super::api::Api;
use super::record::{Command, Next, Record, Records, Report};
use super::reply::{self, Outcome, Status};
use super::{clock, parameter_store, worker};
use crate::console;
use crate::re_exec::DOCUMENT_WORKER;
use crate::re_exec::re_exec;

/// How often a reply is tried before it is given up.
const TRIES: u32 = 5;
/// How often the agent looks for what a process reports that it did not start itself.
const GLANCE: Duration = Duration::from_millis(100);
/// How long the real agent waits for the last words of a process that is gone.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// How often a command is taken up again for a reboot that it asked for: the real agent's `CommandRetryLimit`. Nothing is reported of one
/// that asks for more.
const REBOOTS: u32 = 15;
/// What the real agent says of a command whose process is gone.
const GONE: &str = "document process failed unexpectedly: ipc messaging received timeout signal , \
     check [ssm-document-worker]/[ssm-session-worker] log for crash reason";

/// The commands of this instance.
#[derive(Clone)]
pub(super) struct Commands(Arc<Inner>);

struct Inner {
    api: Api,
    records: Records,
    workers: Workers,
}

/// How many commands run at once: the real agent's `CommandWorkersLimit`.
const WORKERS: usize = 5;

/// Turns to run, of which there are so many.
#[derive(Default)]
struct Workers {
    busy: Mutex<usize>,
    freed: Condvar,
}

/// A turn; given back when it is dropped.
struct Turn<'a>(&'a Workers);

impl Workers {
    /// Waits for a turn.
    fn take(&self) -> Turn<'_> {
        let mut busy = self.busy.lock();
        self.freed.wait_while(&mut busy, |busy| *busy >= WORKERS);
        *busy += 1;
        Turn(self)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.busy.lock() -= 1;
        self.0.freed.notify_one();
    }
}

impl Commands {
    pub(super) fn new(api: Api) -> Self {
        let records = Records::of(&api.instance);
        Self(Arc::new(Inner { api, records, workers: Workers::default() }))
    }

    /// Looks after the commands that were running when the agent ended.
    pub(super) fn take_up(&self) {
        for record in self.0.records.current() {
            let pending = record.pending_reboot();
            self.look_after(move |inner| {
                let _turn = inner.workers.take();
                match (record.command(), pending) {
                    (Ok(_), Some(before)) if before >= REBOOTS => inner.put_away(record.folder(), inner.records.give_up(&record)),
                    (Ok(command), Some(_)) => inner.run(&command, &record),
                    (Ok(command), None) if record.has_begun() => inner.follow(&command, &record, None),
                    (Ok(command), None) => inner.run(&command, &record),
                    (Err(error), _) => console::print(&format!("ssm agent: {}: {error}", record.folder().display())),
                }
            });
        }
    }

    /// Takes a message of the service: a command to run or one to cancel. One that was taken before is acknowledged again.
    pub(super) fn take(&self, message: &Value) {
        let text = |name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (id, topic, payload) = (text("MessageId"), text("Topic"), text("Payload"));
        if topic.starts_with("aws.ssm.sendCommand") {
            if self.0.records.know(&id) {
                return self.0.acknowledge(&id);
            }
            let instance = self.0.api.instance.clone();
            self.look_after(move |inner| {
                let kept = inner.read(&payload).and_then(|payload| {
                    let command = Command { message: id.clone(), instance, payload };
                    let record = inner.records.keep(&command).map_err(|error| format!("cannot keep the command: {error}"))?;
                    Ok((command, record))
                });
                match kept {
                    Ok((command, record)) => {
                        inner.reply(&command.message, Status::InProgress, "", &Map::new());
                        inner.acknowledge(&command.message);
                        let _turn = inner.workers.take();
                        inner.run(&command, &record);
                    }
                    Err(reason) => inner.reply(&id, Status::Failed, &reason, &Map::new()),
                }
            });
        } else if topic.starts_with("aws.ssm.cancelCommand") {
            let cancel: Value = serde_json::from_str(&payload).unwrap_or_default();
            let which = cancel.get("CancelMessageId").and_then(Value::as_str).unwrap_or_default();
            // One that has ended, or never was, has no record to write to.
            let _ = self.0.records.find(which).cancel();
            self.0.acknowledge(&id);
        } else {
            let failed = self.0.api.messages("FailMessage", &json!({"MessageId": id, "FailureType": "InternalHandlerException"}));
            if let Err(error) = failed {
                console::print(&format!("ssm agent: {error}"));
            }
        }
    }

    fn look_after(&self, act: impl FnOnce(&Inner) + Send + 'static) {
        let inner = Arc::clone(&self.0);
        thread::spawn(move || act(&inner));
    }
}

impl Inner {
    /// A message's payload as it is to be run: with the parameters of Parameter Store that it refers to. The error is what it fails with.
    fn read(&self, payload: &str) -> Result<String, String> {
        worker::steps(payload)?;
        let mut message: Value = serde_json::from_str(payload).map_err(|error| error.to_string())?;
        for part in ["DocumentContent", "Parameters"] {
            if let Some(value) = message.get_mut(part) {
                *value = parameter_store::resolve(value, |names| {
                    self.api.ssm("GetParameters", names).map_err(|error| error.to_string())
                })?;
            }
        }
        Ok(message.to_string())
    }

    /// Has a process of its own run the command, and reports what comes of it.
    fn run(&self, command: &Command, record: &Record) {
        match start(record) {
            Ok(news) => self.follow(command, record, news),
            Err(error) => {
                self.reply(&command.message, Status::Failed, &format!("cannot start the document worker: {error}"), &Map::new());
                self.complete(record);
            }
        }
    }

    /// Reports what comes of a command. Its process tells `news` if this agent started it, and else leaves it in the record.
    fn follow(&self, command: &Command, record: &Record, mut news: Option<News>) {
        let mut told = None;
        loop {
            // Asked before the report is read: what a process kept before it ended is found then.
            let (works, report) = match &mut news {
                Some(news) => heard(news).map_or_else(|| (false, record.reported()), |report| (true, Some(report))),
                None => (record.is_worked_at(), record.reported()),
            };
            match report {
                Some(Report { status, plugins, next: Next::Nothing }) => {
                    self.reply(&command.message, status, "", &plugins);
                    return self.complete(record);
                }
                Some(Report { plugins, next: Next::Reboot { .. }, .. }) => {
                    self.reply(&command.message, Status::SuccessAndReboot, "", &plugins);
                    // The service that keeps the agent running knows what this asks for. The real agent has it be a minute later.
                    std::process::exit(REBOOT.into());
                }
                Some(Report { plugins, .. }) if told != Some(plugins.len()) => {
                    self.reply(&command.message, Status::InProgress, "", &plugins);
                    told = Some(plugins.len());
                }
                _ => {}
            }
            if !works {
                thread::sleep(LAST_WORDS);
                self.reply(&command.message, Status::Failed, "", &gone(command));
                return self.complete(record);
            }
            if news.is_none() {
                thread::sleep(GLANCE);
            }
        }
    }

    fn complete(&self, record: &Record) {
        self.put_away(record.folder(), self.records.complete(record));
    }

    fn put_away(&self, record: &Path, result: io::Result<()>) {
        if let Err(error) = result {
            console::print(&format!("ssm agent: {}: {error}", record.display()));
        }
    }

    fn acknowledge(&self, id: &str) {
        if let Err(error) = self.api.messages("AcknowledgeMessage", &json!({"MessageId": id})) {
            console::print(&format!("ssm agent: {error}"));
        }
    }

    fn reply(&self, message: &str, status: Status, trace: &str, plugins: &Map<String, Value>) {
        let payload = reply::reply(status, trace, plugins, clock::now()).to_string();
        for attempt in 1..=TRIES {
            let reply_id = uuid::Uuid::new_v4().to_string();
            match self.api.messages("SendReply", &json!({"MessageId": message, "Payload": payload, "ReplyId": reply_id})) {
                Ok(_) => return,
                Err(error) => console::print(&format!("ssm agent: reply {attempt} of {TRIES}: {error}")),
            }
            thread::sleep(Duration::from_millis(200) * attempt);
        }
    }
}

/// What a process says: a report a line.
type News = BufReader<ChildStdout>;

/// The next report; `None` when the process has ended.
fn heard(news: &mut News) -> Option<Report> {
    let mut line = String::new();
    news.read_line(&mut line).ok()?;
    serde_json::from_str(&line).ok()
}

/// Starts the process that runs the command of `record`.
fn start(record: &Record) -> io::Result<Option<News>> {
    let mut process = re_exec(DOCUMENT_WORKER)?.arg(record.folder()).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let news = process.stdout.take().map(BufReader::new);
    // Its end shows in its news; here it is only reaped.
    thread::spawn(move || process.wait());
    Ok(news)
}

/// What is reported of a command whose process is gone: the real agent lays it to the first plugin.
fn gone(command: &Command) -> Map<String, Value> {
    let steps = worker::steps(&command.payload).unwrap_or_default();
    let step = steps.first().map(|step| (step.id.clone(), step.action.clone())).unwrap_or_default();
    let outcome = Outcome { stdout: GONE.to_owned(), ..Outcome::failed("") };
    let now = clock::now();
    Map::from_iter([(step.0.clone(), reply::plugin((&step.0, &step.1), &outcome, ("", ""), (now, now)))])
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn five_commands_run_at_once_and_the_others_wait() {
        let (workers, most, now) = (Workers::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    let _turn = workers.take();
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::sleep(Duration::from_millis(5));
                    now.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert!(most.load(Ordering::SeqCst) <= WORKERS);
        assert_eq!(*workers.busy.lock(), 0);
    }
}
