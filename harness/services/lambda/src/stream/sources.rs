//! The services whose streams are read.

use super::dynamodb::DynamoDb;
use super::kinesis::Kinesis;
use super::source::StreamSource;

/// The streams of a service; `None` if it has none that functions read.
pub(crate) fn source_of(service: &str) -> Option<&'static dyn StreamSource> {
    match service {
        "kinesis" => Some(&Kinesis),
        "dynamodb" => Some(&DynamoDb),
        _ => None,
    }
}
