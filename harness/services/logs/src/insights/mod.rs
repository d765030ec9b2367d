//! Queries of CloudWatch Logs Insights: the common part of its language.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html>

mod command;
mod event;
mod expression;
mod parse;
mod query;
mod statistics;
mod token;

pub(crate) use command::Failure;
pub(crate) use event::Event;
pub(crate) use query::{Query, Row};
