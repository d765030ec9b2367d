//! What of a stream can be changed: how long it keeps records, of what size, under which key, and who decides on its shards.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use super::streams::StreamModeDetails;
use crate::error::invalid_argument;
use crate::records::Kinesis;
use crate::stream::{LEAST_RETENTION, Mode};
use crate::stream_name::StreamName;

/// 365 days, in hours.
const LONGEST_RETENTION: i64 = 8760;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RetentionPeriod {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    retention_period_hours: i64,
}

/// `IncreaseStreamRetentionPeriod`.
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_IncreaseStreamRetentionPeriod.html>
pub(crate) type IncreaseStreamRetentionPeriod = RetentionPeriod;

/// `DecreaseStreamRetentionPeriod`.
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DecreaseStreamRetentionPeriod.html>
pub(crate) type DecreaseStreamRetentionPeriod = RetentionPeriod;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Encryption {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    encryption_type: String,
    key_id: String,
}

/// `StartStreamEncryption`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StartStreamEncryption.html>
pub(crate) type StartStreamEncryption = Encryption;

/// `StopStreamEncryption`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StopStreamEncryption.html>
pub(crate) type StopStreamEncryption = Encryption;

/// `UpdateStreamMode`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateStreamMode.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateStreamMode {
    #[serde(rename = "StreamARN")]
    stream_arn: String,
    stream_mode_details: StreamModeDetails,
}

/// `UpdateMaxRecordSize`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateMaxRecordSize.html>
#[derive(Debug, Deserialize)]
pub(crate) struct UpdateMaxRecordSize {
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    #[serde(rename = "MaxRecordSizeInKiB")]
    max_record_size: u32,
}

impl Kinesis {
    pub(crate) fn increase_stream_retention_period(&self, call: &Call, input: RetentionPeriod) -> Result<Value, AwsError> {
        self.retain(call, &input, |before, after| (after < before).then_some(("shorter", "DecreaseRetentionPeriod")))
    }

    pub(crate) fn decrease_stream_retention_period(&self, call: &Call, input: RetentionPeriod) -> Result<Value, AwsError> {
        self.retain(call, &input, |before, after| (after > before).then_some(("longer", "IncreaseRetentionPeriod")))
    }

    fn retain(
        &self,
        call: &Call,
        input: &RetentionPeriod,
        wrong: impl Fn(i64, i64) -> Option<(&'static str, &'static str)>,
    ) -> Result<Value, AwsError> {
        let name = StreamName::read(call, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        let hours = input.retention_period_hours;
        self.with_stream(&name, call.now, |stream| {
            stream.require_active(call.now)?;
            if hours < LEAST_RETENTION {
                return Err(invalid_argument(format!(
                    "Minimum allowed retention period is {LEAST_RETENTION} hours. Requested retention period ({hours} hours) is too short."
                )));
            }
            if hours > LONGEST_RETENTION {
                return Err(invalid_argument(format!(
                    "Maximum allowed retention period is {LONGEST_RETENTION} hours. Requested retention period ({hours} hours) is too long."
                )));
            }
            if let Some((comparison, other)) = wrong(stream.retention, hours) {
                return Err(invalid_argument(format!(
                    "Requested retention period ({hours} hours) for stream {} can not be {comparison} than existing retention period ({} \
                     hours). Use {other} API.",
                    name.name, stream.retention
                )));
            }
            stream.retention = hours;
            stream.begin("UPDATING", call.now);
            Ok(json!({}))
        })
    }

    /// Whether the key can be used is seen when a record is put.
    pub(crate) fn start_stream_encryption(&self, call: &Call, input: Encryption) -> Result<Value, AwsError> {
        self.encrypt(call, input, true)
    }

    pub(crate) fn stop_stream_encryption(&self, call: &Call, input: Encryption) -> Result<Value, AwsError> {
        self.encrypt(call, input, false)
    }

    fn encrypt(&self, call: &Call, input: Encryption, starts: bool) -> Result<Value, AwsError> {
        if input.encryption_type != "KMS" {
            return Err(invalid_argument("The EncryptionType must be KMS."));
        }
        let name = StreamName::read(call, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        self.with_stream(&name, call.now, |stream| {
            stream.require_active(call.now)?;
            stream.key = starts.then_some(input.key_id);
            stream.begin("UPDATING", call.now);
            Ok(json!({}))
        })
    }

    /// A stream keeps its shards when its mode changes.
    pub(crate) fn update_stream_mode(&self, call: &Call, input: UpdateStreamMode) -> Result<Value, AwsError> {
        let name = StreamName::from_arn(call, &input.stream_arn)?;
        self.with_stream(&name, call.now, |stream| {
            stream.require_active(call.now)?;
            stream.mode = match input.stream_mode_details.stream_mode.as_str() {
                "ON_DEMAND" => Mode::OnDemand,
                _ => Mode::Provisioned(u32::try_from(stream.open_shards().count()).unwrap_or(u32::MAX)),
            };
            stream.begin("UPDATING", call.now);
            Ok(json!({}))
        })
    }

    pub(crate) fn update_max_record_size(&self, call: &Call, input: UpdateMaxRecordSize) -> Result<Value, AwsError> {
        let name = StreamName::read(call, None, input.stream_arn.as_deref())?;
        self.with_stream(&name, call.now, |stream| {
            stream.require_active(call.now)?;
            stream.record_size = input.max_record_size;
            stream.begin("UPDATING", call.now);
            Ok(json!({}))
        })
    }
}
