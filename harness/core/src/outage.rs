//! Outages of something that instances depend on (their link, their SSM agent), for a time or for good.

use std::fmt;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::per_instance::PerInstance;

/// How long an outage lasts.
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

/// The state of one instance.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Up,
    DownUntil(Instant),
    Down,
}

/// The outages of instances.
#[derive(Debug)]
pub struct Outages(PerInstance<State>);

impl Default for Outages {
    fn default() -> Self {
        Self(PerInstance::new(State::Up))
    }
}

impl Outages {
    /// Begins an outage of an instance now, which replaces an earlier one.
    pub fn begin(&self, instance: &str, lasting: Lasting) {
        let state = match lasting {
            Lasting::Always => State::Down,
            Lasting::Time(time) => Instant::now().checked_add(time).map_or(State::Down, State::DownUntil),
        };
        self.0.set(instance, state);
    }

    /// Ends all outages.
    pub fn end_all(&self) {
        self.0.end_all();
    }

    /// The outages of one instance.
    pub fn watch(&self, instance: &str) -> Watch {
        Watch(self.0.watch(instance))
    }
}

/// The outages of one instance.
#[derive(Clone)]
pub struct Watch(watch::Receiver<State>);

impl Watch {
    /// Whether there is none. One whose time has passed counts until [`Watch::ended`] has seen that.
    pub fn is_up(&self) -> bool {
        *self.0.borrow() == State::Up
    }

    /// Returns when an outage begins after this call; never if the outages are dropped.
    pub async fn begun(&mut self) {
        self.0.mark_unchanged();
        loop {
            if self.0.changed().await.is_err() {
                return std::future::pending().await;
            }
            if *self.0.borrow_and_update() != State::Up {
                return;
            }
        }
    }

    /// Returns when there is no outage, or the outages are dropped.
    pub async fn ended(mut self) {
        loop {
            let now = *self.0.borrow_and_update();
            match now {
                State::Up => return,
                State::DownUntil(time) if Instant::now() >= time => return,
                State::DownUntil(time) => tokio::select! {
                    () = sleep_until(time) => return,
                    changed = self.0.changed() => if changed.is_err() { return },
                },
                State::Down => {
                    if self.0.changed().await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}
