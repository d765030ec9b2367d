//! Filter patterns: which events are meant, and which values are taken of them.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>

mod comparison;
mod fields;
mod json;
mod pattern;
mod selector;
mod terms;
mod text;
mod token;

pub(crate) use pattern::FilterPattern;
