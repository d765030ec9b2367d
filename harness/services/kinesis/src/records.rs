//! The streams of each account, by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use nightproof_core::AccountStore;
use nightproof_core::service::AwsError;

use crate::shard_iterator::Seal;
use crate::stream::Stream;
use crate::stream_name::StreamName;

/// The service `kinesis`.
#[derive(Default)]
pub struct Kinesis {
    accounts: AccountStore<BTreeMap<String, Stream>>,
    pub(crate) seal: Seal,
}

impl Kinesis {
    /// A service without streams.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Runs `act` on the streams of an account. What is over at this time is removed first.
    pub(crate) fn with<T>(&self, account: &str, now: Timestamp, act: impl FnOnce(&mut BTreeMap<String, Stream>) -> T) -> T {
        self.accounts.with(account, |streams| {
            streams.retain(|_, stream| !stream.is_gone(now));
            for stream in streams.values_mut() {
                stream.trim(now);
            }
            act(streams)
        })
    }

    /// Runs `act` on a stream.
    ///
    /// # Errors
    /// `ResourceNotFoundException`, and those of `act`.
    pub(crate) fn with_stream<T>(
        &self,
        name: &StreamName,
        now: Timestamp,
        act: impl FnOnce(&mut Stream) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        self.accounts.with(&name.account, |streams| {
            streams.retain(|_, stream| !stream.is_gone(now));
            let stream = streams.get_mut(&name.name).ok_or_else(|| name.missing())?;
            stream.trim(now);
            act(stream)
        })
    }

    /// Reads a stream as it is kept, whatever the time.
    pub(crate) fn peek<T>(&self, name: &StreamName, read: impl FnOnce(&Stream) -> T) -> Option<T> {
        self.accounts.lock().get(&name.account)?.get(&name.name).map(read)
    }
}
