//! What an account answered, as evidence.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use nightproof_wire::AwsError;

use super::evidence::Evidence;
use crate::chain::failure::refused;

/// The answer; of an error it is noted that this could not be had.
pub(super) fn noted<T>(answer: Result<T, AwsError>, operation: &str, evidence: &mut Evidence) -> Option<T> {
    answer.map_err(|error| evidence.refused.push(refused(operation, &error))).ok()
}

/// A text; if there is none, an empty one.
pub(super) fn text(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

/// A time, RFC 3339.
pub(super) fn time(time: &DateTime) -> String {
    time.fmt(Format::DateTime).unwrap_or_default()
}
