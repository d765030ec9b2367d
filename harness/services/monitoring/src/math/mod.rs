//! Metric math: expressions over time series.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html>

mod evaluate;
mod expression;
mod function;
mod operator;
mod parse;
mod token;
mod value;

pub(crate) use evaluate::{Scope, error_in, evaluate};
pub(crate) use expression::Expression;
pub(crate) use value::{TimeSeries, Value};
