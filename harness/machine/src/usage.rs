//! What a function's machine tells of its memory and of its command's end.

use std::time::Duration;

use nightproof_machine_protocol::usage::{End, NoReport, QUESTION, Report};
use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::sync::{Notify, watch};
use tracing::debug;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_millis(500);

/// What is known so far.
pub(super) struct Usage {
    /// How many answers have come, and the last one: KiB.
    peak: watch::Sender<(u64, u64)>,
    end: Mutex<Option<End>>,
    question: Notify,
}

impl Default for Usage {
    fn default() -> Self {
        Self { peak: watch::Sender::new((0, 0)), end: Mutex::default(), question: Notify::new() }
    }
}

impl Usage {
    /// The most memory used so far, in MiB; asked for anew if the machine is there to answer.
    pub(super) async fn peak(&self, running: bool) -> Option<u64> {
        let mut answers = self.peak.subscribe();
        let (asked_at, _) = *answers.borrow_and_update();
        if running && self.end().is_none() {
            self.question.notify_one();
            // Without an answer, the last number is the best there is.
            let _ = tokio::time::timeout(PATIENCE, answers.wait_for(|(count, _)| *count > asked_at)).await;
        }
        let (count, kibibytes) = *self.peak.borrow();
        (count > 0).then(|| kibibytes.div_ceil(1024))
    }

    pub(super) fn end(&self) -> Option<End> {
        *self.end.lock()
    }

    /// Asks and listens until the machine closes the connection.
    pub(super) async fn follow(&self, stream: UnixStream) {
        let (reader, mut writer) = stream.into_split();
        let mut lines = BufReader::new(reader).lines();
        loop {
            tokio::select! {
                line = lines.next_line() => match line {
                    Ok(Some(line)) => self.take(&line),
                    Ok(None) | Err(_) => return,
                },
                () = self.question.notified() => {
                    if writer.write_all(QUESTION.as_bytes()).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    fn take(&self, line: &str) {
        match line.parse() {
            Ok(Report::Peak(kibibytes)) => self.peak.send_modify(|(count, peak)| (*count, *peak) = (*count + 1, kibibytes)),
            Ok(Report::Ended(end)) => *self.end.lock() = Some(end),
            Err(NoReport) => debug!(line, "a machine reports nothing known"),
        }
    }
}
