//! Tests on LocalStack: one for all of them, kept running by `nightproof localstack` until they have ended.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::gate;
use crate::step::{self, StepError, said};

/// A LocalStack in a container, which ends with this.
pub(crate) struct LocalStack {
    child: Child,
    url: String,
}

impl LocalStack {
    /// Starts it, and waits until it answers.
    pub(crate) fn start() -> Result<Self, StepError> {
        step::cargo(&["build", "--quiet", "--package", "nightproof"], &[])?;
        let program = step::target().join("debug/nightproof");
        let mut command = Command::new(&program);
        command.arg("localstack").stdout(Stdio::piped());
        let child = command.spawn().map_err(|source| StepError::Start { program: format!("{command:?}"), source })?;
        let mut started = Self { child, url: String::new() };
        let mut line = String::new();
        // It prints its URL, or ends.
        let read = started.child.stdout.take().map(|stdout| BufReader::new(stdout).read_line(&mut line));
        started.url = line.trim().to_owned();
        match read {
            Some(Ok(_)) if !started.url.is_empty() => Ok(started),
            _ => Err(StepError::Found("`nightproof localstack` names no URL".to_owned())),
        }
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }
}

impl Drop for LocalStack {
    fn drop(&mut self) {
        // By SIGTERM it removes its container; it may have ended already.
        if matches!(self.child.try_wait(), Ok(None))
            && let Err(error) = said(Command::new("kill").arg(self.child.id().to_string()))
        {
            step::fail(&error);
        }
        let _ = self.child.wait();
    }
}

/// What the gate has of LocalStack.
pub(crate) fn test() -> Result<(), StepError> {
    let localstack = LocalStack::start()?;
    let url = localstack.url();
    let all = [("NIGHTPROOF_LOCALSTACK", url.as_str()), ("NIGHTPROOF_CLOUD", "localstack"), ("NIGHTPROOF_MACHINE", "container")];
    gate::run(gate::LOCALSTACK, &all)
}
