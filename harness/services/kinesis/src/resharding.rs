//! Splits and merges: shards are closed, and others opened in their place.
//! <https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-resharding.html>

use jiff::Timestamp;
use nightproof_core::service::AwsError;

use crate::error::invalid_argument;
use crate::hash_key::HashRange;
use crate::shard::Shard;
use crate::stream::Stream;

/// Hash keys that are as good as the same.
const NEAR: u128 = 1 << 32;

impl Stream {
    /// Splits a shard in two, of which the second begins at the hash key `at`.
    ///
    /// # Errors
    /// `ResourceNotFoundException`; `InvalidArgumentException` where the shard is closed, or cannot be split there.
    pub(crate) fn split(&mut self, id: &str, at: u128, now: Timestamp) -> Result<(), AwsError> {
        let place = self.name.place();
        let shard = self.shard_mut(id)?;
        let HashRange { start, end } = shard.range;
        if shard.closed.is_some() {
            return Err(invalid_argument(format!("Shard {id} in {place} is closed and cannot be split.")));
        }
        if at <= start.saturating_add(1) || at >= end {
            return Err(invalid_argument(format!(
                "NewStartingHashKey {at} used in SplitShard() on shard {id} in {place} is not both greater than one plus the shard's \
                 StartingHashKey {start} and less than the shard's EndingHashKey {end}."
            )));
        }
        shard.closed = Some(now);
        self.open(HashRange { start, end: at - 1 }, vec![id.to_owned()], now);
        self.open(HashRange { start: at, end }, vec![id.to_owned()], now);
        Ok(())
    }

    /// Merges two shards whose hash keys are next to each other.
    ///
    /// # Errors
    /// `ResourceNotFoundException`; `InvalidArgumentException` where one is closed, or both are not adjacent.
    pub(crate) fn merge(&mut self, id: &str, adjacent: &str, now: Timestamp) -> Result<(), AwsError> {
        let (one, other) = (self.shard(id)?, self.shard(adjacent)?);
        let range = HashRange { start: one.range.start.min(other.range.start), end: one.range.end.max(other.range.end) };
        let follows = |before: HashRange, after: HashRange| before.end.checked_add(1) == Some(after.start);
        let are_adjacent = follows(one.range, other.range) || follows(other.range, one.range);
        if one.closed.is_some() || other.closed.is_some() || !are_adjacent {
            return Err(invalid_argument(format!(
                "Shards {id} and {adjacent} in {} are not an adjacent pair of shards eligible for merging",
                self.name.place()
            )));
        }
        for closing in [id, adjacent] {
            self.shard_mut(closing)?.closed = Some(now);
        }
        self.open(range, vec![id.to_owned(), adjacent.to_owned()], now);
        Ok(())
    }

    /// Splits and merges open shards until there are `count` of the same size.
    ///
    /// # Errors
    /// Those of the splits and merges.
    pub(crate) fn reshard(&mut self, count: u32, now: Timestamp) -> Result<(), AwsError> {
        // A border that is there already, but for what was rounded, is kept.
        let present: Vec<u128> = self.open_shards().map(|shard| shard.range.start).collect();
        let kept = |start: u128| present.iter().copied().find(|one| one.abs_diff(start) < NEAR).unwrap_or(start);
        let starts: Vec<u128> = HashRange::uniform(count).into_iter().map(|range| kept(range.start)).collect();
        for start in &starts {
            let crossing = self.open_shards().find(|shard| shard.range.contains(*start) && shard.range.start != *start);
            if let Some(id) = crossing.map(Shard::id) {
                self.split(&id, *start, now)?;
            }
        }
        let ends = starts.iter().skip(1).map(|start| start - 1).chain([u128::MAX]);
        for range in starts.iter().zip(ends).map(|(start, end)| HashRange { start: *start, end }) {
            while let Some((one, other)) = self.two_within(range) {
                self.merge(&one, &other, now)?;
            }
        }
        Ok(())
    }

    /// The first two open shards within a range, if it has more than one.
    fn two_within(&self, range: HashRange) -> Option<(String, String)> {
        let mut within: Vec<_> = self.open_shards().filter(|shard| range.contains(shard.range.start)).collect();
        within.sort_by_key(|shard| shard.range.start);
        match within.as_slice() {
            [one, other, ..] => Some((one.id(), other.id())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::Mode;
    use crate::stream_name::StreamName;

    fn stream(shards: u32) -> (Stream, Timestamp) {
        let now: Timestamp = "2026-11-30T18:00:00Z".parse().unwrap();
        let name = StreamName { account: "111122223333".to_owned(), name: "s".to_owned() };
        (Stream::new(name, "arn".to_owned(), Mode::Provisioned(shards), now), now)
    }

    #[test]
    fn any_number_of_shards_becomes_any_other_of_the_same_size() {
        for (before, after) in [(1, 2), (2, 1), (2, 3), (3, 2), (3, 6), (4, 8), (5, 3), (7, 13), (8, 4)] {
            let (mut stream, now) = stream(before);
            stream.reshard(after, now).unwrap();
            let mut ranges: Vec<HashRange> = stream.open_shards().map(|shard| shard.range).collect();
            ranges.sort_by_key(|range| range.start);
            let uniform = HashRange::uniform(after);
            assert_eq!(ranges.len(), uniform.len(), "{before} to {after}");
            assert!(ranges.iter().zip(&uniform).all(|(one, other)| one.start.abs_diff(other.start) < NEAR), "{ranges:?}");
            assert!(ranges.windows(2).all(|pair| pair[0].end + 1 == pair[1].start));
            assert!(stream.shards.iter().all(|shard| shard.parents.len() <= 2));
        }
    }

    #[test]
    fn a_shard_that_is_split_or_merged_is_closed_and_has_children() {
        let (mut stream, now) = stream(1);
        stream.split("shardId-000000000000", 1 << 100, now).unwrap();
        assert_eq!(stream.children("shardId-000000000000").len(), 2);
        stream.merge("shardId-000000000002", "shardId-000000000001", now).unwrap();
        let merged = stream.children("shardId-000000000001");
        assert_eq!(merged[0]["ParentShards"], serde_json::json!(["shardId-000000000002", "shardId-000000000001"]));
        assert_eq!(stream.open_shards().count(), 1);
        assert!(
            stream.shard("shardId-000000000000").unwrap().describe()["SequenceNumberRange"]["EndingSequenceNumber"].is_string()
        );
    }

    #[test]
    fn shards_that_are_closed_or_apart_are_neither_split_nor_merged() {
        let (mut stream, now) = stream(3);
        let refused = stream.merge("shardId-000000000000", "shardId-000000000002", now).unwrap_err();
        assert_eq!(
            refused.message,
            "Shards shardId-000000000000 and shardId-000000000002 in stream s under account 111122223333 are not an adjacent pair of \
             shards eligible for merging"
        );
        assert!(stream.split("shardId-000000000001", 5, now).unwrap_err().message.starts_with("NewStartingHashKey 5 used in"));
        stream.split("shardId-000000000000", 1 << 100, now).unwrap();
        assert!(stream.split("shardId-000000000000", 1 << 100, now).unwrap_err().message.contains("is closed"));
    }
}
