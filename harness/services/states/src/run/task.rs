//! A Task state at work: its time-outs, and its place in the history.

use jiff::{SignedDuration, Timestamp};
use nightproof_core::service::AwsError;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::Run;
use super::branch::Branch;
use crate::language::definition::Task;
use crate::language::failure::Failure;
use crate::language::path::Scope;
use crate::language::resource::{Integration, Pattern, Resource};
use crate::token::Message;

impl Task {
    /// A token, where the task waits for one.
    pub(super) fn token(&self) -> Option<String> {
        match &self.resource {
            Resource::Integration(Integration { pattern: Pattern::Token, .. }) => {
                Some(format!("AQB8{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple()))
            }
            _ => None,
        }
    }
}

/// A failure of a service's call: the name is `prefix` and the exception of AWS's SDK for Java, with the service's `title` in the cause. What the region lacks
/// is nothing that a state machine could catch.
pub(super) fn refused(prefix: &str, generic: &str, title: &str, error: &AwsError) -> Failure {
    if error.code == "NotImplemented" {
        return Failure::new("States.Runtime", error.message.clone());
    }
    let code = error.code.replace('.', "");
    let is_generic = title == "Ec2" || ["AccessDenied", "Throttling", "Validation"].iter().any(|common| code.starts_with(common));
    let exception = match () {
        () if is_generic => generic.to_owned(),
        () if code.ends_with("Exception") => code,
        () => format!("{}Exception", code.strip_suffix("Fault").unwrap_or(&code)),
    };
    let message = match error.message.as_str() {
        "" => format!("Service returned error code {}", error.code),
        message => message.to_owned(),
    };
    let cause = format!(
        "{message} (Service: {title}, Status Code: {}, Request ID: {}) (SDK Attempt Count: 1)",
        error.status,
        uuid::Uuid::new_v4()
    );
    Failure::new(format!("{prefix}.{exception}"), cause)
}

/// Until when a task may take.
struct Limits {
    timeout: Option<i64>,
    heartbeat: Option<i64>,
    deadline: Option<Timestamp>,
}

impl Run {
    /// Does what a task is to do, and returns its result.
    pub(super) async fn task(
        &self,
        task: &Task,
        scope: Scope<'_>,
        payload: Value,
        token: Option<String>,
        branch: &mut Branch,
    ) -> Result<Value, Failure> {
        let timeout = task.timeout.value(scope)?;
        let limits = Limits {
            timeout,
            heartbeat: task.heartbeat.value(scope)?,
            deadline: timeout.map(|seconds| self.after(SignedDuration::from_secs(seconds))),
        };
        let is_function = matches!(task.resource, Resource::Function(_));
        let mut scheduled = match &task.resource {
            Resource::Function(arn) => {
                json!({ "resource": arn, "input": payload.to_string(), "inputDetails": { "truncated": false } })
            }
            Resource::Integration(integration) => json!({
                "resourceType": integration.kind,
                "resource": integration.resource,
                "region": self.region.name(),
                "parameters": payload.to_string(),
            }),
        };
        if let Some(members) = scheduled.as_object_mut() {
            members.extend(limits.timeout.map(|seconds| ("timeoutInSeconds".to_owned(), seconds.into())));
            let heartbeat = limits.heartbeat.filter(|_| !is_function);
            members.extend(heartbeat.map(|seconds| ("heartbeatInSeconds".to_owned(), seconds.into())));
        }
        self.task_event(task, "Scheduled", scheduled, branch);
        self.task_event(task, "Started", json!({}), branch);
        let ended = self.done(task, payload, token, &limits, branch).await;
        match &ended {
            Ok(output) => {
                let details = json!({ "output": output.to_string(), "outputDetails": { "truncated": false } });
                self.task_event(task, "Succeeded", details, branch);
            }
            Err(failure) => {
                let kind = if matches!(failure.error.as_str(), "States.Timeout" | "States.HeartbeatTimeout") {
                    "TimedOut"
                } else {
                    "Failed"
                };
                self.task_event(task, kind, json!({ "error": failure.error, "cause": failure.cause }), branch);
            }
        }
        ended
    }

    /// An event of a task, which of a function has other names.
    fn task_event(&self, task: &Task, what: &str, mut details: Value, branch: &mut Branch) {
        let kind = match &task.resource {
            Resource::Function(_) => format!("LambdaFunction{what}"),
            Resource::Integration(integration) => {
                if let Some(members) = details.as_object_mut() {
                    members.insert("resourceType".to_owned(), integration.kind.as_str().into());
                    members.insert("resource".to_owned(), integration.resource.as_str().into());
                }
                format!("Task{what}")
            }
        };
        let mut characters = kind.chars();
        let first = characters.next().map(|first| first.to_ascii_lowercase());
        let member: String = first.into_iter().chain(characters).chain("EventDetails".chars()).collect();
        // That a function has started says nothing more.
        let details = (kind != "LambdaFunctionStarted").then_some((member.as_str(), details));
        branch.last = self.event(branch.last, &kind, details);
    }

    async fn done(
        &self,
        task: &Task,
        payload: Value,
        token: Option<String>,
        limits: &Limits,
        branch: &mut Branch,
    ) -> Result<Value, Failure> {
        let mail = token.map(|token| {
            let (sender, receiver) = mpsc::unbounded_channel();
            self.states.with(&self.account, |records| records.tokens.insert(token.clone(), sender));
            Token { run: self, token, receiver }
        });
        let answer = self.within(limits.deadline, self.act(&task.resource, payload)).await??;
        let Resource::Integration(integration) = &task.resource else { return Ok(answer) };
        match (integration.pattern, mail) {
            (Pattern::Token, Some(mail)) => {
                self.submitted(task, &answer, branch);
                self.said(mail, limits, branch).await
            }
            (Pattern::Sync | Pattern::Sync2, _) => {
                self.submitted(task, &answer, branch);
                branch.in_flight.pause();
                let ended = self.within(limits.deadline, self.child(&answer, integration.pattern)).await;
                branch.in_flight.go_on();
                ended?
            }
            _ => Ok(answer),
        }
    }

    fn submitted(&self, task: &Task, answer: &Value, branch: &mut Branch) {
        let details = json!({ "output": answer.to_string(), "outputDetails": { "truncated": false } });
        self.task_event(task, "Submitted", details, branch);
    }

    async fn act(&self, resource: &Resource, payload: Value) -> Result<Value, Failure> {
        match resource {
            Resource::Function(arn) => self.function(arn, &payload).await,
            Resource::Integration(integration) => self.integration(&integration.target, payload).await,
        }
    }

    /// What comes of `work` before the deadline.
    async fn within<T>(&self, deadline: Option<Timestamp>, work: impl Future<Output = T>) -> Result<T, Failure> {
        let Some(deadline) = deadline else { return Ok(work.await) };
        tokio::select! {
            done = work => Ok(done),
            () = self.region.clock().sleep_until(deadline) => Err(Failure::new("States.Timeout", "")),
        }
    }

    /// Waits for what is said of the task by its token.
    async fn said(&self, mut mail: Token<'_>, limits: &Limits, branch: &mut Branch) -> Result<Value, Failure> {
        loop {
            let heartbeat = limits.heartbeat.map(|seconds| self.after(SignedDuration::from_secs(seconds)));
            let (at, error) = match (limits.deadline, heartbeat) {
                (Some(deadline), Some(heartbeat)) if heartbeat < deadline => (Some(heartbeat), "States.HeartbeatTimeout"),
                (None, Some(heartbeat)) => (Some(heartbeat), "States.HeartbeatTimeout"),
                (deadline, _) => (deadline, "States.Timeout"),
            };
            branch.in_flight.pause();
            let late = async {
                match at {
                    Some(at) => self.until(at).await,
                    None => std::future::pending().await,
                }
            };
            let message = tokio::select! {
                // What was said in time counts, though the time is over when it is read.
                biased;
                message = mail.receiver.recv() => message,
                () = late => {
                    branch.in_flight.go_on();
                    return Err(Failure::new(error, ""));
                }
            };
            branch.in_flight.go_on();
            match message {
                Some(Message::Success(output)) => return Ok(output),
                Some(Message::Failure { error, cause }) => return Err(Failure::new(error, cause)),
                Some(Message::Heartbeat) => {}
                None => return Err(Failure::runtime("The task's token is gone.")),
            }
        }
    }
}

/// A token that is good as long as its task waits.
struct Token<'a> {
    run: &'a Run,
    token: String,
    receiver: mpsc::UnboundedReceiver<Message>,
}

impl Drop for Token<'_> {
    fn drop(&mut self) {
        self.run.states.with(&self.run.account, |records| records.tokens.remove(&self.token));
    }
}
