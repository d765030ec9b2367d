//! Hash keys: the numbers of 128 bits by which records are spread over shards.
//! <https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html#partition-key>

use md5::{Digest as _, Md5};
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::error::invalid_argument;

/// The hash keys from `start` to `end`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HashRange {
    pub(crate) start: u128,
    pub(crate) end: u128,
}

impl HashRange {
    /// All hash keys in `count` parts, as even as can be.
    pub(crate) fn uniform(count: u32) -> Vec<Self> {
        let count = u128::from(count.max(1));
        // 2^128 through `count`, rounded down.
        let width = if count.is_power_of_two() { (u128::MAX / count).wrapping_add(1) } else { u128::MAX / count };
        let end = |index: u128| if index + 1 == count { u128::MAX } else { (index + 1) * width - 1 };
        (0..count).map(|index| Self { start: index * width, end: end(index) }).collect()
    }

    pub(crate) fn contains(&self, key: u128) -> bool {
        (self.start..=self.end).contains(&key)
    }

    /// The shape `HashKeyRange`.
    pub(crate) fn describe(&self) -> Value {
        json!({ "StartingHashKey": self.start.to_string(), "EndingHashKey": self.end.to_string() })
    }
}

/// The hash key of a partition key.
pub(crate) fn of_partition_key(partition_key: &str) -> u128 {
    u128::from_be_bytes(Md5::digest(partition_key.as_bytes()).into())
}

/// A hash key that stands in a request.
///
/// # Errors
/// `InvalidArgumentException` for what has more than 128 bits.
pub(crate) fn explicit(text: &str) -> Result<u128, AwsError> {
    text.parse().map_err(|_| {
        invalid_argument(format!(
            "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was {text}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_even_and_leave_nothing_out() {
        for count in 1..20 {
            let ranges = HashRange::uniform(count);
            assert_eq!((ranges[0].start, ranges.last().unwrap().end), (0, u128::MAX));
            assert!(ranges.windows(2).all(|pair| pair[0].end + 1 == pair[1].start), "{ranges:?}");
        }
        assert_eq!(HashRange::uniform(2)[0].end, 170_141_183_460_469_231_731_687_303_715_884_105_727);
    }

    #[test]
    fn a_partition_key_is_hashed_by_md5() {
        assert_eq!(format!("{:032x}", of_partition_key("")), "d41d8cd98f00b204e9800998ecf8427e");
    }
}
