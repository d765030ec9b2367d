//! How a stream is read for a mapping, and how far it has been.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::error::invalid;

/// Never given up.
pub(crate) const UNLIMITED: i64 = -1;
/// Seconds.
const LEAST_AGE: i64 = 60;

/// What a mapping of a stream has beside those of all mappings.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StreamSettings {
    pub start: StartingPosition,
    /// How often a batch is tried again; [`UNLIMITED`] until its records are gone.
    pub retries: i64,
    /// Seconds until a record is given up, or [`UNLIMITED`].
    pub age: i64,
    /// Whether a batch that fails is tried again in two halves.
    pub bisects: bool,
    /// How many batches of a shard are worked off at once.
    pub parallelization: u64,
    /// Where it is told what was given up.
    pub on_failure: Option<String>,
}

/// Where the reading of a stream begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StartingPosition {
    TrimHorizon,
    Latest,
    AtTimestamp(Timestamp),
}

/// How far a shard has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Checkpoint {
    /// Nothing of it, and it begins where the mapping does.
    Start,
    /// Nothing of it, and it begins at this time: that at which a mapping of the latest records was enabled.
    Since(Timestamp),
    /// Up to this sequence number.
    After(String),
    /// It is closed, and nothing is left.
    Done,
}

/// By shard. A shard that is not among them is one that was opened later: it is read from its beginning.
pub(crate) type Checkpoints = BTreeMap<String, Checkpoint>;

impl StreamSettings {
    pub(crate) fn new(start: StartingPosition) -> Self {
        Self { start, retries: UNLIMITED, age: UNLIMITED, bisects: false, parallelization: 1, on_failure: None }
    }

    /// # Errors
    /// `InvalidParameterValueException`
    pub(crate) fn check(&self) -> Result<(), AwsError> {
        if self.age != UNLIMITED && self.age < LEAST_AGE {
            return Err(invalid(format!("Maximum record age in seconds must be -1, or greater than or equal to {LEAST_AGE}.")));
        }
        Ok(())
    }

    /// Its members of the shape `EventSourceMappingConfiguration`.
    pub(crate) fn describe(&self) -> Value {
        let on_failure = self.on_failure.as_ref().map_or_else(|| json!({}), |arn| json!({ "Destination": arn }));
        let mut made = json!({
            "StartingPosition": self.start.name(), "MaximumRetryAttempts": self.retries, "MaximumRecordAgeInSeconds": self.age,
            "BisectBatchOnFunctionError": self.bisects, "ParallelizationFactor": self.parallelization,
            "TumblingWindowInSeconds": 0, "DestinationConfig": { "OnFailure": on_failure },
        });
        if let StartingPosition::AtTimestamp(time) = self.start {
            made["StartingPositionTimestamp"] = time.to_string().into();
        }
        made
    }
}

impl StartingPosition {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TrimHorizon => "TRIM_HORIZON",
            Self::Latest => "LATEST",
            Self::AtTimestamp(_) => "AT_TIMESTAMP",
        }
    }
}
