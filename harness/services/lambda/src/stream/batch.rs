//! Batches: how the records of a shard are divided into events.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::source::StreamRecord;

/// Bytes of an event.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const LARGEST_EVENT: usize = 6 * 1024 * 1024;

/// Records that are worked off at the same time, those of the same key in order.
pub(crate) fn lanes(records: Vec<StreamRecord>, count: u64) -> Vec<Vec<StreamRecord>> {
    if count <= 1 {
        return vec![records];
    }
    let mut lanes: Vec<Vec<StreamRecord>> = (0..count).map(|_| Vec::new()).collect();
    for record in records {
        let mut hasher = DefaultHasher::new();
        record.key.hash(&mut hasher);
        let lane = usize::try_from(hasher.finish() % count).unwrap_or(0);
        if let Some(lane) = lanes.get_mut(lane) {
            lane.push(record);
        }
    }
    lanes.retain(|lane| !lane.is_empty());
    lanes
}

/// Batches of at most `most` records, each of which fits into an event.
pub(crate) fn batches(records: Vec<StreamRecord>, most: u64) -> Vec<Vec<StreamRecord>> {
    let most = usize::try_from(most.max(1)).unwrap_or(usize::MAX);
    let (mut batches, mut size) = (Vec::<Vec<StreamRecord>>::new(), 0);
    for record in records {
        let bytes = record.event.to_string().len();
        match batches.last_mut().filter(|batch| batch.len() < most && size + bytes <= LARGEST_EVENT) {
            Some(batch) => {
                batch.push(record);
                size += bytes;
            }
            None => {
                batches.push(vec![record]);
                size = bytes;
            }
        }
    }
    batches
}

#[cfg(test)]
pub(crate) mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;

    pub(crate) fn record(number: u64, key: &str) -> StreamRecord {
        let sequence_number = number.to_string();
        StreamRecord { event: json!({ "n": number }), sequence_number, arrived: Timestamp::UNIX_EPOCH, key: key.to_owned() }
    }

    #[test]
    fn records_of_a_key_stay_in_order_in_one_lane() {
        let records: Vec<StreamRecord> = (0..40).map(|number| record(number, &format!("k{}", number % 7))).collect();
        let lanes = lanes(records, 3);
        assert!(lanes.len() > 1 && lanes.iter().map(Vec::len).sum::<usize>() == 40);
        for key in 0..7 {
            let of_key = |lane: &&Vec<StreamRecord>| lane.iter().any(|record| record.key == format!("k{key}"));
            assert_eq!(lanes.iter().filter(of_key).count(), 1);
        }
        let numbers = |lane: &Vec<StreamRecord>| lane.iter().map(|record| record.sequence_number.parse().unwrap()).collect();
        assert!(lanes.iter().map(numbers).all(|numbers: Vec<u64>| numbers.is_sorted()));
    }

    #[test]
    fn a_batch_has_at_most_so_many_records_and_fits_into_an_event() {
        let sizes = |records, most| batches(records, most).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes((0..7).map(|number| record(number, "k")).collect(), 3), [3, 3, 1]);
        let mut large = record(1, "k");
        large.event = json!("x".repeat(4 * 1024 * 1024));
        assert_eq!(sizes(vec![large.clone(), large], 100), [1, 1]);
    }
}
