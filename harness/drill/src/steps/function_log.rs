//! A function's log: what its invocations of tonight wrote, and what that says of them.

use std::collections::BTreeSet;

use aws_smithy_types::DateTime;
use serde_json::{Value, json};

use crate::Hop;
use crate::account::dynamic_client::DynamicClient;
use crate::chain::failure::{HopFailure, at};

/// Lines of one look at the log.
#[derive(Debug, Clone, Default)]
pub struct Lines(pub(crate) Vec<String>);

impl FromIterator<String> for Lines {
    fn from_iter<I: IntoIterator<Item = String>>(lines: I) -> Self {
        Self(lines.into_iter().collect())
    }
}

/// Reads the log of a function, from a moment on.
#[derive(Debug, Clone)]
pub(crate) struct FunctionLog {
    group: String,
    seen: BTreeSet<String>,
}

impl FunctionLog {
    /// The log of `function`, without what is in it already.
    pub(crate) async fn from_now(client: &DynamicClient, function: &str) -> Result<Self, HopFailure> {
        let group = format!("/aws/lambda/{function}");
        let seen = events(client, &group, None).await?.into_iter().map(|event| event.id).collect();
        Ok(Self { group, seen })
    }

    /// What has come since.
    pub(crate) async fn new_lines(&self, client: &DynamicClient) -> Result<Lines, HopFailure> {
        let events = events(client, &self.group, None).await?;
        Ok(Lines(events.into_iter().filter(|event| !self.seen.contains(&event.id)).map(|event| event.message).collect()))
    }
}

/// What a log group has.
pub(crate) struct LogEvent {
    id: String,
    pub(crate) time: DateTime,
    pub(crate) message: String,
}

impl From<&Value> for LogEvent {
    fn from(event: &Value) -> Self {
        let text = |member: &str| event.get(member).and_then(Value::as_str).unwrap_or_default();
        Self {
            id: text("eventId").to_owned(),
            time: DateTime::from_millis(event.get("timestamp").and_then(Value::as_i64).unwrap_or_default()),
            // Within an event, Lambda's Python runtime ends lines with a carriage return.
            message: text("message").trim_end().replace('\r', "\n"),
        }
    }
}

/// All events, or those from a time to another in milliseconds. A group that does not exist has none: the function has not logged, or
/// may not.
pub(crate) async fn events(client: &DynamicClient, group: &str, times: Option<(i64, i64)>) -> Result<Vec<LogEvent>, HopFailure> {
    let (from, to) = times.unzip();
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let input = json!({ "logGroupName": group, "startTime": from, "endTime": to, "nextToken": token });
        let answer = match client.ask("logs", "FilterLogEvents", &input).await {
            Ok(answer) => answer,
            Err(error) if error.code == "ResourceNotFoundException" => return Ok(found),
            Err(error) => return Err(at(Hop::Function, "FilterLogEvents")(error)),
        };
        found.extend(answer.get("events").and_then(Value::as_array).into_iter().flatten().map(LogEvent::from));
        token = answer.get("nextToken").and_then(Value::as_str).map(str::to_owned);
        if token.is_none() {
            return Ok(found);
        }
    }
}

impl Lines {
    /// An invocation has begun.
    pub(crate) fn started(&self) -> bool {
        self.invocations() > 0
    }

    /// How many have begun.
    pub fn invocations(&self) -> usize {
        self.count("START RequestId:", "\"platform.start\"")
    }

    fn count(&self, start: &str, json: &str) -> usize {
        self.0.iter().filter(|line| line.starts_with(start) || line.contains(json)).count()
    }

    /// Every invocation that began has also ended.
    pub(crate) fn ended(&self) -> bool {
        self.started() && self.count("REPORT RequestId:", "\"platform.report\"") >= self.invocations()
    }

    /// Why an invocation failed: an exception that the handler did not catch, a time-out, a crash.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html>,
    /// <https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html>
    pub fn failure(&self) -> Option<String> {
        self.0.iter().find_map(|line| {
            let first = line.lines().next().unwrap_or_default();
            // What logging writes at level ERROR has a tab after the bracket; what the runtime writes has a blank.
            if let Some(error) = first.strip_prefix("[ERROR] ") {
                return Some(error.to_owned());
            }
            if let Some(error) = thrown(first) {
                return Some(error);
            }
            if let Some((_, limit)) = first.split_once("Task timed out after ") {
                return Some(format!("the handler timed out after {limit}"));
            }
            let crashed = first.contains("Runtime exited") || first.contains("Runtime.ExitError");
            let reported = first.starts_with("REPORT ") && (first.contains("Status: error") || first.contains("Status: timeout"));
            (crashed || reported).then(|| first.to_owned())
        })
    }

    /// A line by which the handler itself complains.
    pub(crate) fn complaint(&self) -> Option<&str> {
        self.0.iter().map(|line| line.lines().next().unwrap_or_default()).find(|line| {
            line.starts_with("[ERROR]\t")
                || line.starts_with("Traceback ")
                || line.contains("\"level\": \"ERROR\"")
                || line.contains("\tERROR\t")
                || line.contains("\"level\":\"ERROR\"")
        })
    }

    /// All of it.
    pub(crate) fn text(&self) -> String {
        self.0.join("\n")
    }
}

/// What Node.js's runtime writes of an error that nobody has caught: `<time>\t<id>\tERROR\tInvoke Error \t<the error as JSON>`.
fn thrown(line: &str) -> Option<String> {
    let (_, told) = line.split_once("\tERROR\t")?;
    let what = ["Invoke Error", "Uncaught Exception", "Unhandled Promise Rejection", "Init Error"];
    let error = what.iter().find_map(|what| told.strip_prefix(what)?.strip_prefix(" \t"))?;
    let error: serde_json::Value = serde_json::from_str(error).ok()?;
    let text = |member: &str| error.get(member).and_then(serde_json::Value::as_str).unwrap_or_default();
    Some(format!("{}: {}", text("errorType"), text("errorMessage")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[&str]) -> Lines {
        Lines(lines.iter().map(|line| (*line).to_owned()).collect())
    }

    #[test]
    fn an_uncaught_exception_is_a_failure_and_a_logged_error_a_complaint() {
        let raised = lines(&[
            "START RequestId: 1 Version: $LATEST",
            "[ERROR] RuntimeError: no target\nTraceback (most recent call last):",
        ]);
        assert_eq!(raised.failure().as_deref(), Some("RuntimeError: no target"));
        assert!(!raised.ended());
        let logged = lines(&[
            "START RequestId: 1",
            "[ERROR]\t2026-01-01T00:00:00Z\t1\toops",
            "END RequestId: 1",
            "REPORT RequestId: 1\tDuration: 1 ms",
        ]);
        assert_eq!(logged.failure(), None);
        assert!(logged.ended() && logged.complaint().is_some());
    }

    #[test]
    fn what_a_handler_in_node_throws_is_a_failure_and_what_it_logs_a_complaint() {
        let thrown =
            lines(&["2026-01-01T00:00:00Z\t1\tERROR\tInvoke Error \t{\"errorType\":\"Error\",\"errorMessage\":\"no target\"}"]);
        assert_eq!(thrown.failure().as_deref(), Some("Error: no target"));
        let logged = lines(&["2026-01-01T00:00:00Z\t1\tERROR\toops"]);
        assert!(logged.failure().is_none() && logged.complaint().is_some());
    }

    #[test]
    fn a_time_out_is_a_failure() {
        let log = lines(&["START RequestId: 1", "2026-01-01T00:00:03.000Z 1 Task timed out after 3.00 seconds"]);
        assert_eq!(log.failure().as_deref(), Some("the handler timed out after 3.00 seconds"));
    }

    #[test]
    fn two_invocations_have_ended_when_both_have_reported() {
        let log = lines(&["START RequestId: 1", "REPORT RequestId: 1", "START RequestId: 2"]);
        assert!(log.started() && !log.ended());
    }
}
