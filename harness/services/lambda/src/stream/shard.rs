//! Reading one shard: batch after batch, each tried until it is done or given up.
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html>

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use nightproof_core::document::Members as _;
use nightproof_core::in_flight::InFlight;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::attempts::{Next, Piece, Verdict, back_off};
use super::batch::{batches, lanes};
use super::destination::Discarded;
use super::poller::{BACK_OFF, StreamPoller};
use super::settings::Checkpoint;
use super::source::{Origin, StreamRecord};
use crate::event::InvocationRequest;
use crate::event_source::failures;

/// How often a shard is asked for records.
const POLL: Duration = Duration::from_secs(1);
/// Records that are asked for at most.
const MOST_AT_ONCE: u64 = 10_000;

/// Records of a shard, and the iterator of those behind them; without, the shard is read to its end.
struct Collected {
    records: Vec<StreamRecord>,
    next: Option<String>,
}

/// How the last attempt at a piece went.
struct Attempt {
    request_id: String,
    verdict: Verdict,
    /// Whether the function failed, rather than reported failures.
    failed: bool,
    version: String,
}

/// The polling has ended.
struct Ended;

impl StreamPoller {
    pub(super) async fn read_shard(self: Arc<Self>, shard: String) {
        if let Ok(()) = self.read_to_the_end(&shard).await {
            self.note(&shard, Checkpoint::Done);
            self.shard_done.notify_one();
        }
    }

    async fn read_to_the_end(self: &Arc<Self>, shard: &str) -> Result<(), Ended> {
        let mut iterator = None;
        loop {
            let collected = match self.collect(shard, iterator.take()).await {
                Ok(collected) => collected,
                // The region's clock was moved.
                Err(error) if error.code == "ExpiredIteratorException" => continue,
                Err(error) => {
                    self.unreadable(&error);
                    self.pause(BACK_OFF).await?;
                    continue;
                }
            };
            let is_empty = collected.records.is_empty();
            if self.ends.is_cancelled() {
                return Err(Ended);
            }
            self.work_off(shard, collected.records).await?;
            match collected.next {
                None => return Ok(()),
                Some(_) if is_empty => self.pause(POLL).await?,
                Some(_) => {}
            }
            iterator = collected.next;
        }
    }

    /// Waits, unless the polling ends.
    async fn pause(&self, time: Duration) -> Result<(), Ended> {
        tokio::select! {
            () = tokio::time::sleep(time) => Ok(()),
            () = self.ends.cancelled() => Err(Ended),
        }
    }

    /// Asks for records, and waits for more of them as the mapping says.
    async fn collect(&self, shard: &str, iterator: Option<String>) -> Result<Collected, AwsError> {
        let settings = &self.work.settings;
        let most = settings.batch_size.saturating_mul(self.stream.parallelization).min(MOST_AT_ONCE);
        let iterator = match iterator {
            Some(iterator) => iterator,
            None => self.begin_reading(shard).await?,
        };
        let mut collected = self.read(shard, &iterator, most).await?;
        let until = Instant::now() + Duration::from_secs(settings.window);
        while !collected.records.is_empty()
            && let room @ 1.. = most.saturating_sub(collected.records.len() as u64)
            && let Some(next) = &collected.next
        {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.pause(left.min(POLL)).await.is_err() {
                break;
            }
            let more = self.read(shard, next, room).await?;
            collected.records.extend(more.records);
            collected.next = more.next;
        }
        Ok(collected)
    }

    async fn read(&self, shard: &str, iterator: &str, most: u64) -> Result<Collected, AwsError> {
        let answer = self.ask("GetRecords", json!({ "ShardIterator": iterator, "Limit": most })).await?;
        let definition = self.definition()?;
        let origin =
            Origin { stream_arn: &self.work.source_arn, shard, region: self.region.name(), role: definition.text("Role") };
        let records = answer.list("Records").iter().filter_map(|record| self.source.record(record, &origin)).collect();
        Ok(Collected { records, next: answer.text("NextShardIterator").map(str::to_owned) })
    }

    /// Hands records to the function until all are done or given up.
    async fn work_off(self: &Arc<Self>, shard: &str, records: Vec<StreamRecord>) -> Result<(), Ended> {
        let Some(last) = records.last().map(|record| record.sequence_number.clone()) else { return Ok(()) };
        let is_wanted = |record: &StreamRecord| self.filters.let_through(&self.source.filtered(&record.event));
        let wanted = records.into_iter().filter(is_wanted).collect();
        let mut running = JoinSet::new();
        for lane in lanes(wanted, self.stream.parallelization) {
            let (me, shard) = (Arc::clone(self), shard.to_owned());
            running.spawn(async move {
                for batch in batches(lane, me.work.settings.batch_size) {
                    me.try_batch(&shard, batch).await?;
                }
                Ok(())
            });
        }
        while let Some(lane) = running.join_next().await {
            lane.unwrap_or(Err(Ended))?;
        }
        self.note(shard, Checkpoint::After(last));
        Ok(())
    }

    async fn try_batch(&self, shard: &str, records: Vec<StreamRecord>) -> Result<(), Ended> {
        let mut in_flight = self.me.in_flight.begin();
        let mut pieces = VecDeque::from([Piece { records, attempts: 0 }]);
        let (mut refusals, mut last) = (0, None);
        while let Some(mut piece) = pieces.pop_front() {
            let expired = piece.take_expired(&self.stream, self.region.clock().now());
            if !expired.is_empty() {
                let expired = Piece { records: expired, attempts: piece.attempts.max(1) };
                self.give_up(shard, &expired, "RecordAgeExceeded", last.as_ref()).await;
            }
            if piece.records.is_empty() {
                continue;
            }
            match self.attempt(&piece.records).await {
                Ok(attempt) => {
                    self.tell(if attempt.verdict == Verdict::Done { "OK" } else { "PROBLEM: Function call failed" });
                    let next = piece.after(attempt.verdict, &self.stream);
                    last = Some(attempt);
                    match next {
                        Next::Nothing => {}
                        Next::GiveUp(piece) => self.give_up(shard, &piece, "RetryAttemptsExhausted", last.as_ref()).await,
                        Next::Try(some) => {
                            let attempts = some.iter().map(|piece| piece.attempts).max().unwrap_or(0);
                            some.into_iter().rev().for_each(|piece| pieces.push_front(piece));
                            self.wait(attempts, &mut in_flight).await?;
                        }
                    }
                }
                Err(error) => {
                    // It was not run: that is no attempt.
                    tracing::debug!(function = self.work.function, %error, "a batch could not be worked off yet");
                    self.tell(&format!("PROBLEM: {}", error.message));
                    pieces.push_front(piece);
                    refusals += 1;
                    self.wait(refusals, &mut in_flight).await?;
                }
            }
        }
        Ok(())
    }

    /// Waits for the next attempt, on region time.
    async fn wait(&self, attempts: u64, in_flight: &mut InFlight) -> Result<(), Ended> {
        let next = self.region.clock().now() + back_off(attempts);
        in_flight.pause();
        tokio::select! {
            () = self.region.clock().sleep_until(next) => {}
            () = self.ends.cancelled() => return Err(Ended),
        }
        in_flight.go_on();
        Ok(())
    }

    async fn attempt(&self, records: &[StreamRecord]) -> Result<Attempt, AwsError> {
        let work = &self.work;
        let request_id = uuid::Uuid::new_v4().to_string();
        let events: Vec<&Value> = records.iter().map(|record| &record.event).collect();
        let payload = json!({ "Records": events }).to_string().into_bytes();
        let request = InvocationRequest { id: request_id.clone(), payload, client_context: None, trace: None };
        let admitted = self.me.admit(&work.account, &work.function, work.qualifier.as_deref())?;
        let version = admitted.definition.text("Version").to_owned();
        let invoked = self.me.run(&self.region, &work.account, admitted, request).await?;
        let reports = work.settings.response_types.iter().any(|kind| kind == "ReportBatchItemFailures");
        let verdict = match (invoked.failed, reports) {
            (true, _) => Verdict::Failed,
            (false, false) => Verdict::Done,
            (false, true) => verdict(&invoked.payload, records),
        };
        Ok(Attempt { request_id, verdict, failed: invoked.failed, version })
    }

    /// Tells the destination of what is given up. What it does not take is lost, as on AWS.
    async fn give_up(&self, shard: &str, piece: &Piece, condition: &'static str, last: Option<&Attempt>) {
        let Some(destination) = &self.stream.on_failure else {
            tracing::warn!(function = self.work.function, condition, "records of a stream were discarded");
            return;
        };
        let response = last.filter(|_| condition == "RetryAttemptsExhausted");
        let discarded = Discarded {
            source: self.source,
            stream_arn: &self.work.source_arn,
            shard,
            uuid: &self.work.uuid,
            function_arn: &self.work.function_arn,
            records: &piece.records,
            condition,
            attempts: piece.attempts,
            request_id: last.map_or_else(|| uuid::Uuid::new_v4().to_string(), |last| last.request_id.clone()),
            response: response.map(|last| (last.version.clone(), last.failed)),
            now: self.region.clock().now(),
        };
        let sent = match self.caller().await {
            Ok(caller) => discarded.send(&self.region, &caller, destination).await,
            Err(error) => Err(error),
        };
        if let Err(error) = sent {
            tracing::warn!(destination, %error, "a record of a failure was lost: its destination did not take it");
        }
    }
}

/// What a function's report says of the records that it got. The first that it names is the first that is tried again.
fn verdict(payload: &[u8], records: &[StreamRecord]) -> Verdict {
    // An empty text and an empty list are as good as no report.
    let is_nothing = |answer: Value| answer == "" || answer.as_array().is_some_and(Vec::is_empty);
    if payload.is_empty() || serde_json::from_slice(payload).is_ok_and(is_nothing) {
        return Verdict::Done;
    }
    let numbers: Vec<String> = records.iter().map(|record| record.sequence_number.clone()).collect();
    match failures(payload, &numbers) {
        None => Verdict::Failed,
        Some(named) => match numbers.iter().position(|number| named.contains(number)) {
            Some(first) => Verdict::FailedFrom(first),
            None => Verdict::Done,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::batch::tests::record;
    use super::*;

    #[test]
    fn a_report_names_the_first_record_that_is_tried_again() {
        let records = [record(1, "k"), record(2, "k"), record(3, "k")];
        let of = |payload: &str| verdict(payload.as_bytes(), &records);
        assert_eq!(of(r#"{"batchItemFailures": [{"itemIdentifier": "3"}, {"itemIdentifier": "2"}]}"#), Verdict::FailedFrom(1));
        for done in ["", "null", "{}", "[]", r#""""#, r#"{"batchItemFailures": []}"#, r#"{"batchItemFailures": null}"#] {
            assert_eq!(of(done), Verdict::Done, "{done}");
        }
        for wrong in [
            r#"{"batchItemFailures": [{"itemIdentifier": 123}]}"#,
            r#"{"batchItemFailures": [{"itemIdentifier": ""}]}"#,
            r#"{"batchItemFailures": [{"itemIdentifier": null}]}"#,
            r#"{"batchItemFailures": [{"foo": 123}]}"#,
            r#"{"batchItemFailures": [{"itemIdentifier": "9"}]}"#,
        ] {
            assert_eq!(of(wrong), Verdict::Failed, "{wrong}");
        }
    }
}
