//! The writer of a journal, and its reading side.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Instant;

use crate::{ApiCall, Event, Record, VERSION};
use parking_lot::{Mutex, MutexGuard};

/// How many records a journal keeps in memory; the writer, if there is one, gets all of them.
const KEPT: usize = 20_000;

type Subscriber = Box<dyn Fn(&Record) + Send>;

/// A journal. Clones share one stream.
#[derive(Clone, Default)]
pub struct Journal(Arc<Mutex<Inner>>);

struct Inner {
    begun: Instant,
    sequence: u64,
    kept: VecDeque<Record>,
    writer: Option<Box<dyn Write + Send>>,
    failed: Option<io::Error>,
    subscribers: Vec<Subscriber>,
}

impl Default for Inner {
    fn default() -> Self {
        let (kept, subscribers) = (VecDeque::new(), Vec::new());
        Self { begun: Instant::now(), sequence: 0, kept, writer: None, failed: None, subscribers }
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").field("sequence", &self.lock().sequence).finish_non_exhaustive()
    }
}

impl Journal {
    /// A journal whose records also go to `writer`, one JSON line each.
    pub fn with_writer(writer: impl Write + Send + 'static) -> Self {
        let inner = Inner { writer: Some(Box::new(writer)), ..Inner::default() };
        Self(Arc::new(Mutex::new(inner)))
    }

    /// Appends an event.
    pub fn record(&self, event: Event) {
        let mut inner = self.lock();
        let at = u64::try_from(inner.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        let record = Record { version: VERSION, sequence: inner.sequence, event, at };
        inner.sequence += 1;
        if let Some(writer) = inner.writer.as_mut()
            && let Ok(mut line) = serde_json::to_vec(&record)
        {
            line.push(b'\n');
            if let Err(error) = writer.write_all(&line) {
                inner.writer = None;
                inner.failed = Some(error);
            }
        }
        for subscriber in &inner.subscribers {
            subscriber(&record);
        }
        if inner.kept.len() == KEPT {
            inner.kept.pop_front();
        }
        inner.kept.push_back(record);
    }

    /// Calls `subscriber` with each record from now on, on the recording thread: it must be quick and must not record.
    pub fn subscribe(&self, subscriber: impl Fn(&Record) + Send + 'static) {
        self.lock().subscribers.push(Box::new(subscriber));
    }

    /// The latest records, oldest first; at most 20,000.
    pub fn records(&self) -> Vec<Record> {
        self.lock().kept.iter().cloned().collect()
    }

    /// The records that are kept from this sequence number on, oldest first; at most so many.
    pub fn records_from(&self, sequence: u64, most: usize) -> Vec<Record> {
        let inner = self.lock();
        let begin = inner.kept.partition_point(|record| record.sequence < sequence);
        inner.kept.iter().skip(begin).take(most).cloned().collect()
    }

    /// The latest API calls, oldest first.
    pub fn calls(&self) -> Vec<ApiCall> {
        let inner = self.lock();
        inner
            .kept
            .iter()
            .filter_map(|record| if let Event::ApiCall(call) = &record.event { Some((**call).clone()) } else { None })
            .collect()
    }

    /// The latest `most` API calls that are `wanted`, of those with a sequence number below `before`; latest first.
    pub fn calls_before(&self, before: u64, most: usize, wanted: impl Fn(&ApiCall) -> bool) -> Vec<(u64, ApiCall)> {
        let inner = self.lock();
        let earlier = inner.kept.iter().rev().filter(|record| record.sequence < before);
        earlier
            .filter_map(|record| match &record.event {
                Event::ApiCall(call) if wanted(call) => Some((record.sequence, (**call).clone())),
                _ => None,
            })
            .take(most)
            .collect()
    }

    /// Writes out what is buffered.
    ///
    /// # Errors
    /// What the writer answered, now or when a record could not be written earlier.
    pub fn flush(&self) -> io::Result<()> {
        let mut inner = self.lock();
        match (inner.failed.take(), inner.writer.as_mut()) {
            (Some(error), _) => Err(error),
            (None, Some(writer)) => writer.flush(),
            (None, None) => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(id: &str) -> Event {
        Event::Finding { id: id.to_owned(), detail: "a sentence".to_owned() }
    }

    #[test]
    fn records_are_numbered_and_reach_writer_and_subscribers() {
        #[derive(Clone, Default)]
        struct Shared(Arc<Mutex<Vec<u8>>>);
        impl Write for Shared {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().write(bytes)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let file = Shared::default();
        let journal = Journal::with_writer(file.clone());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ears = Arc::clone(&heard);
        journal.subscribe(move |record| ears.lock().push(record.sequence));
        journal.record(finding("first"));
        journal.record(finding("second"));
        journal.flush().unwrap();
        assert_eq!(*heard.lock(), [0, 1]);
        let text = String::from_utf8(file.0.lock().clone()).unwrap();
        let lines: Vec<Record> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines, journal.records());
        assert!(text.starts_with(r#"{"version":1,"sequence":0,"event":"finding","id":"first""#), "{text}");
    }

    #[test]
    fn a_writer_that_fails_is_told_at_flush() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let journal = Journal::with_writer(Full);
        journal.record(finding("lost"));
        assert_eq!(journal.flush().unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(journal.records().len(), 1);
    }
}
