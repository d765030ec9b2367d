//! What CloudWatch counts of streams.
//! <https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html#kinesis-metrics-stream>

use nightproof_core::metrics::Metric;
use nightproof_core::service::Call;

use crate::stream_name::StreamName;

/// Counts a value of a stream.
fn count(call: &Call, stream: &StreamName, name: &'static str, value: f64, unit: &'static str) {
    let metric = Metric::by(&stream.account, "AWS/Kinesis", name, "StreamName", &stream.name);
    call.region.metrics().put(metric, call.now, value, unit);
}

#[expect(clippy::cast_precision_loss, reason = "nobody sends as much")]
fn number(count: usize) -> f64 {
    count as f64
}

/// Records of one call that a stream took, their bytes, and how many it did not take.
pub(crate) fn count_written(call: &Call, stream: &StreamName, records: usize, bytes: usize, throttled: usize) {
    count(call, stream, "IncomingRecords", number(records), "Count");
    count(call, stream, "IncomingBytes", number(bytes), "Bytes");
    count(call, stream, "WriteProvisionedThroughputExceeded", number(throttled), "Count");
}

/// Records that a call got, their bytes, and how far it is behind.
pub(crate) fn count_read(call: &Call, stream: &StreamName, records: usize, bytes: usize, behind: i64) {
    count(call, stream, "GetRecords.Success", 1.0, "Count");
    count(call, stream, "GetRecords.Records", number(records), "Count");
    count(call, stream, "GetRecords.Bytes", number(bytes), "Bytes");
    count(call, stream, "GetRecords.IteratorAgeMilliseconds", number(usize::try_from(behind).unwrap_or(0)), "Milliseconds");
}
