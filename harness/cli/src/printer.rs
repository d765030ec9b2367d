//! The one place that writes to the terminal: events as they come, the summary, errors.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use anstyle::Style;
use indicatif::{ProgressBar, ProgressStyle};
use nightproof_journal::{Event, Journal, Record};
use nightproof_report::{Mark, ProgressLine};

use crate::error::Error;
use crate::format::Format;

/// Prints each event of `journal` from now on: data to standard output, progress to standard error and only on a terminal.
pub(crate) fn follow(journal: &Journal, format: Format) {
    match format {
        Format::Json => journal.subscribe(|record| {
            if !matches!(record.event, Event::ApiCall(_) | Event::Authorization { .. }) {
                line(&serde_json::to_string(record).unwrap_or_default());
            }
        }),
        Format::Text => {
            let progress = Progress::new();
            journal.subscribe(move |record| progress.show(record));
        }
    }
}

struct Progress {
    spinner: Option<ProgressBar>,
    colour: bool,
}

impl Progress {
    fn new() -> Self {
        let spinner = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
                bar.set_style(style);
            }
            bar
        });
        Self { spinner, colour: AutoStream::choice(&io::stdout()) != ColorChoice::Never }
    }

    fn show(&self, record: &Record) {
        if let (Event::StepStarted { step, night }, Some(bar)) = (&record.event, &self.spinner) {
            bar.reset_elapsed();
            bar.set_message(if *night > 1 { format!("{step} (night {night})") } else { step.clone() });
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        let Some(ProgressLine { mark, text }) = nightproof_report::progress_line(record) else { return };
        match mark {
            Mark::None => self.print(&text),
            mark => {
                let (word, style) = mark.word();
                let style = if self.colour { style } else { Style::new() };
                self.print(&format!("{style}{word}{style:#} {text}"));
            }
        }
    }

    fn print(&self, text: &str) {
        match &self.spinner {
            Some(bar) => {
                bar.disable_steady_tick();
                bar.suspend(|| line(text));
                bar.finish_and_clear();
            }
            None => line(text),
        }
    }
}

/// A line of data on standard output. A closed pipe is the reader's decision, and no error.
pub(crate) fn line(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// A line for the person at the terminal, on standard error.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// The error that a command ends with, and the hint.
pub(crate) fn error(error: &Error) {
    with_hint("error", error);
}

/// An error that does not change how the command ends.
pub(crate) fn warning(error: &Error) {
    with_hint("warning", error);
}

fn with_hint(kind: &str, error: &Error) {
    note(&format!("{kind}: {}", chain(error)));
    if let Some(hint) = error.hint() {
        note(&format!("  help: {hint}"));
    }
}

/// An error with all its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
