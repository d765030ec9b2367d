//! Lambda's own records in a function's log, as text or as JSON.
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html>,
//! <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

/// An event of the platform.
pub(super) enum Event<'a> {
    /// Initialization begins.
    InitStart {
        /// `python3.13`
        runtime: &'a str,
        /// The ARN of the runtime's version.
        arn: &'a str,
    },
    /// Initialization failed: in its own phase (`init`), or when it was tried again within an invocation (`invoke`).
    InitReport { phase: &'static str, took: Duration, trouble: &'a Trouble },
    /// An invocation begins.
    Start { request_id: &'a str, version: &'a str },
    /// The runtime did not come to an end with an invocation by itself.
    Broken { request_id: &'a str, trouble: &'a Trouble },
    /// An invocation has ended.
    End { request_id: &'a str },
    /// Duration and memory of an invocation.
    Report(Report<'a>),
}

/// Why something did not go well.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    /// `error` or `timeout`.
    pub status: &'static str,
    /// `Runtime.ExitError`; a time-out has none.
    pub error_type: Option<String>,
    /// Its message in a log of text.
    pub text: String,
}

/// `platform.report`
pub(super) struct Report<'a> {
    pub request_id: &'a str,
    pub duration: Duration,
    /// MB.
    pub memory_size: u64,
    /// MB; the line is without it where it could not be measured.
    pub memory_used: Option<u64>,
    /// Of the first invocation of an environment.
    pub init: Option<Duration>,
    pub trouble: Option<&'a Trouble>,
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

impl Report<'_> {
    /// Milliseconds; initialization is paid for too.
    fn billed(&self) -> f64 {
        milliseconds(self.duration + self.init.unwrap_or_default()).ceil()
    }

    fn text(&self) -> String {
        let mut line = format!(
            "REPORT RequestId: {}\tDuration: {:.2} ms\tBilled Duration: {:.0} ms\tMemory Size: {} MB\t",
            self.request_id,
            milliseconds(self.duration),
            self.billed(),
            self.memory_size,
        );
        if let Some(used) = self.memory_used {
            line.push_str(&format!("Max Memory Used: {used} MB\t"));
        }
        if let Some(init) = self.init {
            line.push_str(&format!("Init Duration: {:.2} ms\t", milliseconds(init)));
        }
        if let Some(trouble) = self.trouble {
            line.push_str(&trouble.suffix());
        }
        line
    }

    fn record(&self) -> Value {
        let mut metrics = json!({
            "durationMs": rounded(self.duration), "billedDurationMs": self.billed(), "memorySizeMB": self.memory_size,
        });
        if let Some(used) = self.memory_used {
            metrics["maxMemoryUsedMB"] = used.into();
        }
        if let Some(init) = self.init {
            metrics["initDurationMs"] = rounded(init).into();
        }
        with_status(json!({ "requestId": self.request_id, "metrics": metrics }), self.trouble)
    }
}

impl Trouble {
    fn suffix(&self) -> String {
        let kind = self.error_type.as_ref().map(|kind| format!("\tError Type: {kind}")).unwrap_or_default();
        format!("Status: {}{kind}", self.status)
    }
}

/// To a thousandth of a millisecond.
fn rounded(time: Duration) -> f64 {
    (milliseconds(time) * 1000.0).round() / 1000.0
}

fn with_status(mut record: Value, trouble: Option<&Trouble>) -> Value {
    record["status"] = trouble.map_or("success", |trouble| trouble.status).into();
    if let Some(kind) = trouble.and_then(|trouble| trouble.error_type.as_deref()) {
        record["errorType"] = kind.into();
    }
    record
}

impl Event<'_> {
    /// The line of a log of text.
    pub(super) fn text(&self) -> String {
        match self {
            Self::InitStart { runtime, arn } => {
                format!("INIT_START Runtime Version: {}\tRuntime Version ARN: {arn}", version(runtime))
            }
            Self::InitReport { phase, took, trouble } => {
                format!("INIT_REPORT Init Duration: {:.2} ms\tPhase: {phase}\t{}", milliseconds(*took), trouble.suffix())
            }
            Self::Start { request_id, version } => format!("START RequestId: {request_id} Version: {version}"),
            Self::Broken { trouble, .. } => trouble.text.clone(),
            Self::End { request_id } => format!("END RequestId: {request_id}"),
            Self::Report(report) => report.text(),
        }
    }

    /// The line of a log of JSON, if it takes events of this one's level.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>
    pub(super) fn json(&self, time: Timestamp, level: &str) -> Option<String> {
        let (kind, warns, record) = match self {
            Self::InitStart { runtime, arn } => {
                let version = version(runtime);
                let record = json!({
                    "initializationType": "on-demand", "phase": "init", "runtimeVersion": version, "runtimeVersionArn": arn,
                });
                ("platform.initStart", false, record)
            }
            Self::InitReport { phase, took, trouble } => {
                let record =
                    json!({ "initializationType": "on-demand", "phase": phase, "metrics": { "durationMs": rounded(*took) } });
                ("platform.initReport", true, with_status(record, Some(trouble)))
            }
            Self::Start { request_id, version } => {
                ("platform.start", false, json!({ "requestId": request_id, "version": version }))
            }
            Self::Broken { request_id, trouble } => {
                ("platform.runtimeDone", true, with_status(json!({ "requestId": request_id }), Some(trouble)))
            }
            // Only text has a line for it.
            Self::End { .. } => return None,
            Self::Report(report) => ("platform.report", report.trouble.is_some(), report.record()),
        };
        let time = time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        (warns || level != "WARN").then(|| json!({ "time": time, "type": kind, "record": record }).to_string())
    }
}

/// `python:3.13.v1` for `python3.13`, `nodejs:22.v1` for `nodejs22.x`. AWS numbers its builds; here a runtime has one.
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtime-management-identify.html>
fn version(runtime: &str) -> String {
    match runtime.find(|c: char| c.is_ascii_digit()).and_then(|at| runtime.split_at_checked(at)) {
        Some((language @ ("python" | "nodejs"), version)) => format!("{language}:{}.v1", version.trim_end_matches(".x")),
        _ => runtime.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initialization_begins_with_the_version_of_the_runtime() {
        let arn = "arn:aws:lambda:us-east-1::runtime:0123";
        let begins = Event::InitStart { runtime: "python3.13", arn };
        assert_eq!(begins.text(), format!("INIT_START Runtime Version: python:3.13.v1\tRuntime Version ARN: {arn}"));
        let record: Value = serde_json::from_str(&begins.json(Timestamp::UNIX_EPOCH, "INFO").unwrap()).unwrap();
        let versions = (&record["record"]["runtimeVersion"], &record["record"]["runtimeVersionArn"]);
        assert_eq!(versions, (&json!("python:3.13.v1"), &json!(arn)));
        assert!(Event::InitStart { runtime: "nodejs22.x", arn }.text().contains(" nodejs:22.v1\t"));
    }

    #[test]
    fn a_report_says_what_went_wrong_and_what_was_used() {
        let trouble =
            Trouble { status: "error", error_type: Some("Runtime.ExitError".to_owned()), text: "Error: gone".to_owned() };
        let report = |trouble| {
            Event::Report(Report {
                request_id: "1",
                duration: Duration::from_micros(1230),
                memory_size: 128,
                memory_used: Some(35),
                init: Some(Duration::from_millis(100)),
                trouble,
            })
        };
        assert_eq!(
            report(Some(&trouble)).text(),
            "REPORT RequestId: 1\tDuration: 1.23 ms\tBilled Duration: 102 ms\tMemory Size: 128 MB\tMax Memory Used: 35 MB\tInit Duration: 100.00 ms\tStatus: error\tError Type: Runtime.ExitError"
        );
        let record: Value = serde_json::from_str(&report(None).json(Timestamp::UNIX_EPOCH, "INFO").unwrap()).unwrap();
        assert_eq!(
            record,
            json!({ "time": "1970-01-01T00:00:00.000Z", "type": "platform.report", "record": {
                "requestId": "1", "status": "success",
                "metrics": { "durationMs": 1.23, "billedDurationMs": 102.0, "memorySizeMB": 128, "maxMemoryUsedMB": 35, "initDurationMs": 100.0 },
            } })
        );
        assert!(report(None).json(Timestamp::UNIX_EPOCH, "WARN").is_none());
        assert!(report(Some(&trouble)).json(Timestamp::UNIX_EPOCH, "WARN").is_some());
    }
}
