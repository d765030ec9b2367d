//! The line that a terminal shows of an event as it comes.

use anstyle::{AnsiColor, Style};
use nightproof_journal::{Event, Record, StepOutcome};

/// What a line begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A step passed.
    Ok,
    /// A step failed.
    Fail,
    /// A step was skipped.
    Skip,
    /// A finding.
    Note,
    /// A fault was made.
    Fault,
    /// A topic got a message.
    Notice,
    /// Nothing.
    None,
}

impl Mark {
    /// The word, and its style.
    pub const fn word(self) -> (&'static str, Style) {
        match self {
            Self::Ok => ("ok  ", AnsiColor::Green.on_default()),
            Self::Fail => ("FAIL", AnsiColor::Red.on_default()),
            Self::Skip => ("skip", AnsiColor::Yellow.on_default()),
            Self::Note => ("note", AnsiColor::Yellow.on_default()),
            Self::Fault => ("fault", AnsiColor::Magenta.on_default()),
            Self::Notice => ("sns ", AnsiColor::Cyan.on_default()),
            Self::None => ("", Style::new()),
        }
    }
}

/// A mark, and the text after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgressLine {
    /// What the line begins with.
    pub mark: Mark,
    /// The rest.
    pub text: String,
}

/// The line of an event; `None` if a terminal shows nothing of it.
pub fn progress_line(record: &Record) -> Option<ProgressLine> {
    let line = |mark: Mark, text: String| Some(ProgressLine { mark, text });
    match &record.event {
        Event::StepFinished { step, milliseconds, outcome, detail, .. } => {
            let mark = match outcome {
                StepOutcome::Passed => Mark::Ok,
                StepOutcome::Failed => Mark::Fail,
                StepOutcome::Skipped => Mark::Skip,
            };
            line(mark, format!("{step:<10} {:>8.3} s  {detail}", milliseconds / 1000.0))
        }
        Event::Finding { id, detail } => line(Mark::Note, format!("{id}: {detail}")),
        Event::Fault { detail, .. } => line(Mark::Fault, detail.clone()),
        Event::DrillStarted { run, cloud, stack } => line(Mark::None, format!("drill {run} on {cloud}, stack {stack}")),
        Event::Port { instance, port, address } => {
            line(Mark::None, format!("     {}", port_line(instance, *port, address.as_deref())))
        }
        Event::Booted { instance, first: false } => line(Mark::None, format!("     {instance} booted again")),
        Event::Notification { topic, what, .. } => {
            line(Mark::Notice, format!("topic {} got {what}", topic.rsplit(':').next().unwrap_or_default()))
        }
        Event::StepStarted { .. }
        | Event::Resource { .. }
        | Event::Booted { first: true, .. }
        | Event::Recorded { .. }
        | Event::ApiCall(_)
        | Event::Authorization { .. }
        | Event::LocalTimes { .. }
        | Event::History { .. }
        | Event::Outcome(_) => None,
    }
}

/// Where a port of an instance is reached from now on.
pub fn port_line(instance: &str, port: u16, address: Option<&str>) -> String {
    match address {
        Some(address) => format!("port {port} of {instance} is published on {address}"),
        None => format!("port {port} of {instance} is closed"),
    }
}
