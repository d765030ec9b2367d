//! Sequence numbers: where a record stands in its shard.

use std::cmp::Ordering;
use std::fmt;

use jiff::Timestamp;

/// The index of the number at which a closed shard ends.
const LAST_INDEX: u64 = i64::MAX.unsigned_abs();
/// Largest power of ten that a word holds.
const BASE: u128 = 10_000_000_000_000_000_000;

/// A number of 56 decimal digits that grows with each record of a shard. It is made of when the shard was opened, the shard, the record's
/// index in the shard and the time: 188 bits, of which nobody but Kinesis is to know more than their order.
/// <https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html#sequence-number>
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SequenceNumber(String);

impl SequenceNumber {
    /// The number of the record `index` of a shard, from 1.
    pub(crate) fn new(opened: Timestamp, shard: u32, index: u64, time: Timestamp) -> Self {
        let seconds = |time: Timestamp| u128::from(time.as_second().unsigned_abs()) & 0xF_FFFF_FFFF;
        let shard = u128::from(shard);
        let high = 2 << 40 | seconds(opened) << 4 | shard & 0xF;
        let low = seconds(time) << 36 | shard << 4 | 2;
        // `high`, 64 bits of the index and 80 bits of `low`, in words of 64 bits.
        let index = u128::from(index);
        Self(decimal([high << 16 | index >> 48, (index << 16 | low >> 64) & WORD, low & WORD]))
    }

    /// The number that a shard begins with, before all of its records.
    pub(crate) fn first(opened: Timestamp, shard: u32) -> Self {
        Self::new(opened, shard, 0, opened)
    }

    /// The number that a shard ends with, after all of its records.
    pub(crate) fn last(opened: Timestamp, shard: u32, closed: Timestamp) -> Self {
        Self::new(opened, shard, LAST_INDEX, closed)
    }

    /// A number that a caller gave.
    pub(crate) fn given(text: &str) -> Self {
        Self(text.to_owned())
    }
}

const WORD: u128 = u64::MAX as u128;

fn decimal(mut words: [u128; 3]) -> String {
    let mut parts = Vec::new();
    while words != [0; 3] {
        let mut remainder = 0;
        for word in &mut words {
            let dividend = remainder << 64 | *word;
            (*word, remainder) = (dividend / BASE, dividend % BASE);
        }
        parts.push(remainder);
    }
    let mut parts = parts.into_iter().rev();
    let first = parts.next().unwrap_or_default().to_string();
    parts.fold(first, |text, part| format!("{text}{part:019}"))
}

impl fmt::Display for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Ord for SequenceNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0.len(), &self.0).cmp(&(other.0.len(), &other.0))
    }
}

impl PartialOrd for SequenceNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_form_of_those_of_aws() {
        let opened: Timestamp = "2026-11-30T18:00:00Z".parse().unwrap();
        let number = SequenceNumber::first(opened, 0).to_string();
        assert_eq!((number.len(), number.starts_with("49")), (56, true), "{number}");
    }

    #[test]
    fn numbers_of_a_shard_grow_with_the_index_and_end_with_the_last() {
        let opened: Timestamp = "2026-11-30T18:00:00Z".parse().unwrap();
        let later: Timestamp = "2026-12-30T18:00:00Z".parse().unwrap();
        let numbers = [
            SequenceNumber::first(opened, 3),
            SequenceNumber::new(opened, 3, 1, later),
            SequenceNumber::new(opened, 3, 2, opened),
            SequenceNumber::new(opened, 3, 1 << 50, opened),
            SequenceNumber::last(opened, 3, opened),
        ];
        assert!(numbers.is_sorted() && numbers.iter().all(|number| number.to_string().len() == 56), "{numbers:?}");
        assert!(SequenceNumber::given("9") < SequenceNumber::given("10"));
    }

    #[test]
    fn large_numbers_are_written_in_decimal() {
        assert_eq!(decimal([0, 0, 7]), "7");
        assert_eq!(decimal([0, 1, 0]), "18446744073709551616");
        assert_eq!(decimal([1, 0, 0]), "340282366920938463463374607431768211456");
        assert_eq!(decimal([0, 0, BASE]), "10000000000000000000");
    }
}
