//! The journal itself: takes events, writes them, hands them on.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::event::EventKind;
use crate::{ApiCall, Event};

/// As many calls are kept for [`Journal::calls`]; a file keeps all.
const KEPT_CALLS: usize = 4096;

/// Takes events. Clones share one stream.
#[derive(Clone, Default)]
pub struct Journal(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    writer: Option<Box<dyn Write + Send>>,
    failure: Option<io::Error>,
    subscribers: Vec<Sender<Arc<Event>>>,
    calls: VecDeque<Arc<Event>>,
}

impl Journal {
    /// A journal that is kept in memory only: the last few thousand calls.
    pub fn new() -> Self {
        Self::default()
    }

    /// A journal that also writes each event as a line of JSON. The writer should be buffered.
    pub fn with_writer(writer: impl Write + Send + 'static) -> Self {
        let journal = Self::default();
        journal.lock().writer = Some(Box::new(writer));
        journal
    }

    /// Adds an event. A failure to write is kept for [`Journal::flush`] and ends the writing, not the run.
    pub fn record(&self, event: Event) {
        let event = Arc::new(event);
        let mut inner = self.lock();
        let inner = &mut *inner;
        if inner.failure.is_none()
            && let Some(writer) = &mut inner.writer
        {
            let written =
                serde_json::to_writer(&mut *writer, &*event).map_err(io::Error::from).and_then(|()| writer.write_all(b"\n"));
            inner.failure = written.err();
        }
        inner.subscribers.retain(|subscriber| subscriber.send(Arc::clone(&event)).is_ok());
        if matches!(event.kind, EventKind::Call { .. }) {
            if inner.calls.len() >= KEPT_CALLS {
                inner.calls.pop_front();
            }
            inner.calls.push_back(event);
        }
    }

    /// All events from now on. Events wait in memory until they are received, so a subscriber should keep up.
    pub fn subscribe(&self) -> Receiver<Arc<Event>> {
        let (sender, receiver) = channel();
        self.lock().subscribers.push(sender);
        receiver
    }

    /// Ends all subscriptions, once what was recorded has been received.
    pub fn close(&self) {
        self.lock().subscribers.clear();
    }

    /// The last calls, oldest first.
    pub fn calls(&self) -> Vec<ApiCall> {
        self.lock()
            .calls
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::Call { call } => Some(call.as_ref().clone()),
                _ => None,
            })
            .collect()
    }

    /// Writes out what is buffered.
    ///
    /// # Errors
    /// The first failure to write since the journal began.
    pub fn flush(&self) -> io::Result<()> {
        let mut inner = self.lock();
        if let Some(failure) = inner.failure.take() {
            return Err(failure);
        }
        inner.writer.as_mut().map_or(Ok(()), |writer| writer.flush())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Step, read};
    use jiff::Timestamp;

    /// A writer that can be read afterwards.
    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::from(io::ErrorKind::StorageFull))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn finished(summary: &str) -> Event {
        let kind = EventKind::StepFinished { step: Step::AccessLog, seconds: 0.25, summary: summary.to_owned() };
        Event::new(Timestamp::UNIX_EPOCH, kind)
    }

    #[test]
    fn what_is_written_is_read_back() {
        let file = Shared::default();
        let journal = Journal::with_writer(file.clone());
        journal.record(finished("a line\nbreak"));
        journal.record(finished("second"));
        journal.flush().unwrap();
        let bytes = file.0.lock().unwrap().clone();
        let events: Vec<Event> = read(bytes.as_slice()).collect::<Result<_, _>>().unwrap();
        assert_eq!(events, [finished("a line\nbreak"), finished("second")]);
    }

    #[test]
    fn a_line_has_version_time_and_type_at_its_top() {
        let line = serde_json::to_value(finished("done")).unwrap();
        assert_eq!(line["version"], 1);
        assert_eq!(line["time"], "1970-01-01T00:00:00Z");
        assert_eq!(line["type"], "step_finished");
        assert_eq!(line["step"], "access_log");
    }

    #[test]
    fn subscribers_get_events_from_then_on_and_may_leave() {
        let journal = Journal::new();
        journal.record(finished("before"));
        let stays = journal.subscribe();
        drop(journal.subscribe());
        journal.record(finished("after"));
        journal.close();
        let seen: Vec<_> = stays.iter().map(|event| event.as_ref().clone()).collect();
        assert_eq!(seen, [finished("after")]);
    }

    #[test]
    fn a_full_disk_is_told_at_flush_and_loses_no_subscriber() {
        let journal = Journal::with_writer(Full);
        let stays = journal.subscribe();
        journal.record(finished("one"));
        assert_eq!(journal.flush().unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(stays.try_iter().count(), 1);
    }
}
