//! Event patterns: which events a rule is for.
//!
//! They mean what they mean to Event Ruler, EventBridge's own engine, and are refused for its reasons. What it refuses as too complex (many
//! wildcards, many combinations of `$or`) is taken here.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html>,
//! <https://github.com/aws/event-ruler>

mod fields;
mod leaves;
mod network;
mod numeric;
mod test;
mod wildcard;

pub use fields::Pattern;

use nightproof_core::service::AwsError;

fn invalid(reason: impl std::fmt::Display) -> AwsError {
    AwsError::new("InvalidEventPatternException", 400, format!("Event pattern is not valid. Reason: {reason}"))
}

#[cfg(test)]
mod tests;
