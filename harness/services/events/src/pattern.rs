//! The patterns of rules and archives.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html>

use nightproof_core::service::AwsError;
use nightproof_event_pattern::Pattern;

/// Reads a pattern, or refuses it as EventBridge does.
pub(crate) fn parse(text: &str) -> Result<Pattern, AwsError> {
    Pattern::parse(text).map_err(|error| {
        AwsError::new("InvalidEventPatternException", 400, format!("Event pattern is not valid. Reason: {error}"))
    })
}
