//! Event patterns: which events a rule of EventBridge is for, and which messages a subscription of SNS.
//!
//! They mean what they mean to Event Ruler, the engine of both, and are refused for its reasons, in its words. What it refuses as too
//! complex (many wildcards, many combinations of `$or`) is taken here.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html>,
//! <https://github.com/aws/event-ruler>

mod fields;
mod leaves;
mod network;
mod numeric;
mod refusal;
mod test;
mod wildcard;

pub use fields::Pattern;
pub use refusal::PatternError;

#[cfg(test)]
mod tests;
