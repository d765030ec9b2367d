//! Records, as a shard keeps them.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sequence_number::SequenceNumber;

/// A record on its way into a shard.
#[derive(Debug, Clone)]
pub(crate) struct NewRecord {
    pub(crate) partition_key: String,
    /// Base64.
    pub(crate) data: String,
    /// The data key that it is under, as its ciphertext.
    pub(crate) data_key: Option<Arc<str>>,
    /// Whether the stream encrypts it, be it by a key that AWS manages.
    pub(crate) is_encrypted: bool,
}

impl NewRecord {
    /// Bytes of data.
    pub(crate) fn data_size(&self) -> usize {
        size(&self.data)
    }
}

/// Bytes of what is written in base64.
pub(crate) fn size(base64: &str) -> usize {
    base64.trim_end_matches('=').len() * 3 / 4
}

/// A record of a shard.
#[derive(Debug)]
pub(crate) struct DataRecord {
    pub(crate) sequence_number: SequenceNumber,
    /// Region time.
    pub(crate) arrived: Timestamp,
    pub(crate) content: NewRecord,
}

impl DataRecord {
    /// The shape `Record`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Record.html>
    pub(crate) fn describe(&self) -> Value {
        let mut described = json!({
            "SequenceNumber": self.sequence_number.to_string(), "ApproximateArrivalTimestamp": self.arrived.to_string(),
            "Data": self.content.data, "PartitionKey": self.content.partition_key,
        });
        if let Some(members) = described.as_object_mut().filter(|_| self.content.is_encrypted) {
            members.insert("EncryptionType".to_owned(), "KMS".into());
        }
        described
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_size_of_data_is_that_of_its_bytes() {
        for (base64, bytes) in [("", 0), ("YQ==", 1), ("YWI=", 2), ("YWJj", 3), ("YWJjZA==", 4)] {
            assert_eq!(super::size(base64), bytes, "{base64}");
        }
    }
}
