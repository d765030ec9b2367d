//! What instances start by their own clocks, jobs of cron and units of systemd's timers: each guest is told the region's time, whenever something is due by it and
//! once a minute, and answers with what it has and has run.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nightproof_core::clock::Clock;
use nightproof_machine_protocol::timers::{Tick, Timers};
use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot};

/// How often cron looks at its tables.
const LOOK: SignedDuration = SignedDuration::from_mins(1);
/// For a guest to answer.
const ANSWER: Duration = Duration::from_secs(20);

type Question = oneshot::Sender<Timers>;

/// Where others ask what instances start by their own clocks.
#[derive(Debug, Default)]
pub struct InstanceTimers {
    guests: Mutex<BTreeMap<String, mpsc::UnboundedSender<Question>>>,
}

impl InstanceTimers {
    /// What each running instance has and has run by now, under its id. Everything that is due by the region's clock has begun then. An instance that does not
    /// answer is left out.
    pub async fn all(&self) -> BTreeMap<String, Timers> {
        let guests: Vec<_> = self.guests.lock().iter().map(|(id, guest)| (id.clone(), guest.clone())).collect();
        let mut asked = Vec::new();
        for (id, guest) in guests {
            let (question, answer) = oneshot::channel();
            if guest.send(question).is_ok() {
                asked.push((id, answer));
            }
        }
        let mut found = BTreeMap::new();
        for (id, answer) in asked {
            if let Ok(Ok(timers)) = tokio::time::timeout(ANSWER, answer).await {
                found.insert(id, timers);
            }
        }
        found
    }

    /// Tells an instance the time until its machine ends.
    pub(crate) async fn follow(self: Arc<Self>, instance: String, clock: Clock, stream: UnixStream) {
        let (sender, mut questions) = mpsc::unbounded_channel();
        self.guests.lock().insert(instance.clone(), sender.clone());
        let _ = serve(&clock, stream, &mut questions).await;
        let mut guests = self.guests.lock();
        // A machine that was booted again has its own.
        if guests.get(&instance).is_some_and(|guest| guest.same_channel(&sender)) {
            guests.remove(&instance);
        }
    }
}

async fn serve(clock: &Clock, stream: UnixStream, questions: &mut mpsc::UnboundedReceiver<Question>) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    let mut waiting: Vec<Question> = Vec::new();
    let mut line = Vec::new();
    loop {
        while let Ok(question) = questions.try_recv() {
            waiting.push(question);
        }
        let now = clock.now();
        let mut tick = serde_json::to_vec(&Tick { now: now.as_second() })?;
        tick.push(b'\n');
        writer.write_all(&tick).await?;
        line.clear();
        if reader.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let timers: Timers = serde_json::from_slice(&line)?;
        for question in waiting.drain(..) {
            // Who has asked may have gone.
            let _ = question.send(timers.clone());
        }
        let due =
            timers.jobs.iter().filter(|job| job.idle.is_none()).filter_map(|job| Timestamp::from_second(job.next?).ok()).min();
        let look = now.checked_add(LOOK).unwrap_or(Timestamp::MAX);
        tokio::select! {
            question = questions.recv() => match question {
                Some(question) => waiting.push(question),
                None => return Ok(()),
            },
            () = clock.sleep_until(due.map_or(look, |due| due.min(look))) => {}
            // Nothing is said unasked: it is the end.
            read = reader.fill_buf() => if read?.is_empty() { return Ok(()) },
        }
    }
}
