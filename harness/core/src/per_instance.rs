//! Something about each instance that whoever holds its machine follows.

use std::collections::HashMap;

use parking_lot::Mutex;
use tokio::sync::watch;

/// A value for each instance, and the usual one for all that were given none.
#[derive(Debug)]
pub struct PerInstance<T> {
    usual: T,
    values: Mutex<HashMap<String, watch::Sender<T>>>,
}

impl<T: Clone> PerInstance<T> {
    /// All instances have `usual`.
    pub fn new(usual: T) -> Self {
        Self { usual, values: Mutex::default() }
    }

    fn with<R>(&self, instance: &str, act: impl FnOnce(&watch::Sender<T>) -> R) -> R {
        let mut values = self.values.lock();
        act(values.entry(instance.to_owned()).or_insert_with(|| watch::channel(self.usual.clone()).0))
    }

    /// An instance has `value` from now on.
    pub fn set(&self, instance: &str, value: T) {
        self.with(instance, |sender| sender.send_replace(value));
    }

    /// As [`Self::set`]; who follows the instance is not woken if it has `value` already.
    pub fn update(&self, instance: &str, value: T)
    where
        T: PartialEq,
    {
        self.with(instance, |sender| {
            sender.send_if_modified(|current| {
                let changed = *current != value;
                if changed {
                    *current = value;
                }
                changed
            })
        });
    }

    /// All instances have the usual one again.
    pub fn end_all(&self) {
        for sender in self.values.lock().values() {
            sender.send_replace(self.usual.clone());
        }
    }

    /// What an instance has, now and later.
    pub fn watch(&self, instance: &str) -> watch::Receiver<T> {
        self.with(instance, watch::Sender::subscribe)
    }
}
