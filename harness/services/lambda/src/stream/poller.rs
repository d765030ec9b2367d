//! Polling a stream for a mapping: its shards are found, and each is read by a task of its own, those of a parent first.
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html#kinesis-polling-and-batching>

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::settings::{Checkpoint, Checkpoints, StartingPosition, StreamSettings};
use super::source::{ShardFacts, StreamSource, iterator_input};
use super::sources::source_of;
use crate::definition::Definition;
use crate::event_source::Filters;
use crate::poller::Work;
use crate::records::Lambda;
use crate::role;

/// How long nothing is asked after a stream could not be read.
pub(super) const BACK_OFF: Duration = Duration::from_secs(5);
/// How often the shards are listed anew.
const SHARD_SYNC: Duration = Duration::from_secs(60);
/// A session of the role is not used within this time of its end.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);
/// What a mapping tells of a stream that cannot be read.
const UNREADABLE: &str = "PROBLEM: Connection error. Your stream could not be read";

/// What reads a stream for a mapping with its present settings.
pub(crate) struct StreamPoller {
    pub(super) me: Arc<Lambda>,
    pub(super) region: Region,
    pub(super) work: Work,
    pub(super) stream: StreamSettings,
    pub(super) source: &'static dyn StreamSource,
    pub(super) filters: Filters,
    session: Mutex<Option<(Caller, Option<Timestamp>)>>,
    /// Iterators of the latest records that were made before the polling began, so that nothing that comes after is missed.
    prepared: Mutex<BTreeMap<String, String>>,
    /// Told when a shard has been read to its end.
    pub(super) shard_done: Notify,
    pub(super) ends: CancellationToken,
}

impl StreamPoller {
    /// What polls for a mapping of a stream; `None` for one of anything else.
    pub(crate) fn new(me: Arc<Lambda>, region: &Region, work: Work, ends: CancellationToken) -> Option<Arc<Self>> {
        let stream = work.settings.stream.clone()?;
        let source = source_of(nightproof_core::service::arn::service_of(&work.source_arn))?;
        let filters = Filters::parse(work.settings.filters.as_deref().unwrap_or_default(), source.payload_member()).ok()?;
        Some(Arc::new(Self {
            me,
            region: region.clone(),
            work,
            stream,
            source,
            filters,
            session: Mutex::default(),
            prepared: Mutex::default(),
            shard_done: Notify::new(),
            ends,
        }))
    }

    /// Notes where the mapping begins, if it has not begun yet, and makes the iterators of what is to be read from now on.
    pub(crate) async fn prepare(&self) {
        if let Err(error) = self.try_prepare().await {
            self.unreadable(&error);
        }
    }

    async fn try_prepare(&self) -> Result<(), AwsError> {
        let shards = self.list().await?;
        let is_new = self.checkpoints(|checkpoints| checkpoints.is_empty());
        if is_new {
            let (is_latest, now) = (self.stream.start == StartingPosition::Latest, self.region.clock().now());
            let begin = |shard: &ShardFacts| match is_latest {
                true if shard.closed => Checkpoint::Done,
                true if self.source.begins_at_times() => Checkpoint::Since(now),
                _ => Checkpoint::Start,
            };
            self.checkpoints(|checkpoints| checkpoints.extend(shards.iter().map(|shard| (shard.id.clone(), begin(shard)))));
        }
        if self.stream.start == StartingPosition::Latest {
            for shard in shards.iter().filter(|shard| self.checkpoint(&shard.id) == Some(Checkpoint::Start)) {
                let iterator = self.new_iterator(&shard.id).await?;
                self.prepared.lock().insert(shard.id.clone(), iterator);
            }
        }
        Ok(())
    }

    /// Reads the stream's shards until the polling ends.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut started: Vec<String> = Vec::new();
        while !self.ends.is_cancelled() {
            let pause = match self.list().await {
                Ok(shards) => {
                    for shard in self.readable(&shards, &started) {
                        started.push(shard.clone());
                        self.region.tasks().spawn(Arc::clone(&self).read_shard(shard));
                    }
                    SHARD_SYNC
                }
                Err(error) => {
                    self.unreadable(&error);
                    BACK_OFF
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.shard_done.notified() => {}
                () = self.ends.cancelled() => {}
            }
        }
    }

    /// The shards that nobody reads yet, and whose parents are read to their ends.
    fn readable(&self, shards: &[ShardFacts], started: &[String]) -> Vec<String> {
        self.checkpoints(|checkpoints| {
            let is_done = |id: &String| checkpoints.get(id) == Some(&Checkpoint::Done);
            let waits = |parent: &String| shards.iter().any(|shard| shard.id == *parent) && !is_done(parent);
            let wanted = shards.iter().filter(|shard| !started.contains(&shard.id) && !is_done(&shard.id));
            wanted.filter(|shard| !shard.parents.iter().any(waits)).map(|shard| shard.id.clone()).collect()
        })
    }

    async fn list(&self) -> Result<Vec<ShardFacts>, AwsError> {
        let mut shards: Vec<ShardFacts> = Vec::new();
        loop {
            let (operation, input) = self.source.list(&self.work.source_arn, shards.last().map(|shard| shard.id.as_str()));
            let (page, more) = self.source.listed(&self.ask(operation, input).await?);
            let is_last = !more || page.is_empty();
            shards.extend(page);
            if is_last {
                return Ok(shards);
            }
        }
    }

    /// The iterator of where a shard is to be read from: the one that was prepared, or a new one.
    pub(super) async fn begin_reading(&self, shard: &str) -> Result<String, AwsError> {
        let prepared = self.prepared.lock().remove(shard);
        match prepared {
            Some(iterator) => Ok(iterator),
            None => self.new_iterator(shard).await,
        }
    }

    async fn new_iterator(&self, shard: &str) -> Result<String, AwsError> {
        let checkpoint = self.checkpoint(shard);
        let input = iterator_input(self.source, &self.work.source_arn, shard, checkpoint.as_ref(), self.stream.start);
        let answer = self.ask("GetShardIterator", input).await?;
        Ok(crate::pointer::pointer(&answer, "/ShardIterator"))
    }

    /// A call of the stream's service with the function's role.
    pub(super) async fn ask(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        let caller = self.caller().await?;
        let answer = self.region.call(&caller, self.source.service(), operation, input).await;
        if answer.is_err() {
            // The role may have changed.
            *self.session.lock() = None;
        }
        answer
    }

    /// A session of the function's role, which is assumed anew before it ends.
    pub(super) async fn caller(&self) -> Result<Caller, AwsError> {
        let held = self.session.lock().clone();
        let now = self.region.clock().now();
        if let Some((caller, expires)) = held
            && expires.is_none_or(|expires| now + MARGIN < expires)
        {
            return Ok(caller);
        }
        let session = role::assume(&self.region, &self.work.account, &*self.definition()?).await?;
        let caller = session.credential.caller;
        *self.session.lock() = Some((caller.clone(), session.expires));
        Ok(caller)
    }

    /// The function's code and configuration as they are now.
    pub(super) fn definition(&self) -> Result<Arc<Definition>, AwsError> {
        let Work { account, function, qualifier, .. } = &self.work;
        let accounts = self.me.accounts.lock();
        let found = accounts.get(account).and_then(|account| account.functions.get(function));
        let found = found.map(|function| function.resolve(qualifier.as_deref())).transpose()?;
        found.map(|(definition, _)| definition).ok_or_else(|| crate::error::not_found("Function does not exist"))
    }

    fn checkpoints<T: Default>(&self, act: impl FnOnce(&mut Checkpoints) -> T) -> T {
        self.me.accounts.with(&self.work.account, |account| {
            account.mappings.get_mut(&self.work.uuid).map(|mapping| act(&mut mapping.checkpoints)).unwrap_or_default()
        })
    }

    fn checkpoint(&self, shard: &str) -> Option<Checkpoint> {
        self.checkpoints(|checkpoints| checkpoints.get(shard).cloned())
    }

    /// Notes how far a shard has been read.
    pub(super) fn note(&self, shard: &str, checkpoint: Checkpoint) {
        self.checkpoints(|checkpoints| drop(checkpoints.insert(shard.to_owned(), checkpoint)));
    }

    /// What the mapping tells of its last batch.
    pub(super) fn tell(&self, result: &str) {
        self.me.accounts.with(&self.work.account, |account| {
            if let Some(mapping) = account.mappings.get_mut(&self.work.uuid) {
                result.clone_into(&mut mapping.last_result);
            }
        });
    }

    pub(super) fn unreadable(&self, error: &AwsError) {
        tracing::debug!(source = self.work.source_arn, %error, "a stream could not be read");
        self.tell(&format!("{UNREADABLE}: {}", error.message));
    }
}
