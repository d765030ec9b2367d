//! The metrics of a region: what services count and what callers put, for CloudWatch to tell.

mod distribution;
mod metric;
mod series;
mod store;

pub use distribution::Distribution;
pub use metric::Metric;
pub use series::{Datum, Resolution};
pub use store::{Gauge, Metrics};
