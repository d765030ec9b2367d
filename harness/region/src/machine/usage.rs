//! What a function's machine tells of its memory and of its command's end.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::sync::{Notify, watch};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_millis(500);

/// How a function's command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With this exit code.
    Exit(i32),
    /// By this signal.
    Signal(i32),
    /// It was killed because the machine's processes used more memory than they may.
    OutOfMemory,
}

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
        *self.end.lock().unwrap_or_else(PoisonError::into_inner)
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
                    if writer.write_all(b"?\n").await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    fn take(&self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let end = match words.as_slice() {
            ["peak", kibibytes] => {
                let kibibytes = kibibytes.parse().unwrap_or(0);
                self.peak.send_modify(|(count, peak)| (*count, *peak) = (*count + 1, kibibytes));
                return;
            }
            ["ended", "memory", _] => Some(End::OutOfMemory),
            ["ended", "signal", number] => number.parse().ok().map(End::Signal),
            ["ended", "exit", code] => code.parse().ok().map(End::Exit),
            _ => None,
        };
        *self.end.lock().unwrap_or_else(PoisonError::into_inner) = end;
    }
}
