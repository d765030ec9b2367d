//! What an instance is without for a while, or for good.

use std::fmt;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::per_instance::PerInstance;

/// How long something lasts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lasting {
    /// From now on.
    Time(Duration),
    /// For good.
    Always,
}

impl fmt::Display for Lasting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => f.write_str("for good"),
            Self::Time(time) => write!(f, "for {} s", time.as_secs_f64()),
        }
    }
}

/// Whether an instance has it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    There,
    MissingUntil(Instant),
    Missing,
}

/// Which instances are without it.
#[derive(Debug)]
pub struct Outages(PerInstance<State>);

impl Default for Outages {
    fn default() -> Self {
        Self(PerInstance::new(State::There))
    }
}

impl Outages {
    /// An instance is without it from now on. What begins later counts.
    pub fn begin(&self, instance: &str, lasting: Lasting) {
        let state = match lasting {
            Lasting::Always => State::Missing,
            Lasting::Time(time) => Instant::now().checked_add(time).map_or(State::Missing, State::MissingUntil),
        };
        self.0.set(instance, state);
    }

    /// All instances have it again.
    pub fn end_all(&self) {
        self.0.end_all();
    }

    /// What becomes of an instance.
    pub fn watch(&self, instance: &str) -> Watch {
        Watch(self.0.watch(instance))
    }
}

/// Whether one instance has it.
#[derive(Clone)]
pub struct Watch(watch::Receiver<State>);

impl Watch {
    /// Whether it has it now, as far as nobody has to look at a clock for that.
    pub fn is_there(&self) -> bool {
        *self.0.borrow() == State::There
    }

    /// Returns when an outage begins after now; never if nobody can begin one.
    pub async fn begun(&mut self) {
        self.0.mark_unchanged();
        loop {
            if self.0.changed().await.is_err() {
                return std::future::pending().await;
            }
            if *self.0.borrow_and_update() != State::There {
                return;
            }
        }
    }

    /// Returns when it has it; at once without anybody who could give it back.
    pub async fn ended(mut self) {
        loop {
            let now = *self.0.borrow_and_update();
            match now {
                State::There => return,
                State::MissingUntil(time) if Instant::now() >= time => return,
                State::MissingUntil(time) => tokio::select! {
                    () = sleep_until(time) => return,
                    changed = self.0.changed() => if changed.is_err() { return },
                },
                State::Missing => {
                    if self.0.changed().await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}
