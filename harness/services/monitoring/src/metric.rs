//! The values that services counted of a metric.

use jiff::Timestamp;
use nightproof_core::Region;
use nightproof_core::document::Members as _;
use serde_json::Value;

/// The unit of a metric's values.
pub(crate) fn unit(metric: &str) -> &'static str {
    if metric == "Duration" { "Milliseconds" } else { "Count" }
}

/// The values of the one metric that has exactly these dimensions; empty if nothing counts it.
pub(crate) fn values(region: &Region, account: &str, input: &Value) -> Vec<(Timestamp, f64)> {
    let [dimension] = input.list("Dimensions") else { return Vec::new() };
    let wanted = (dimension.required("Name"), dimension.required("Value"));
    region.metrics().values(|metric| {
        metric.account == account
            && metric.namespace == input.required("Namespace")
            && metric.name == input.required("MetricName")
            && (metric.dimension.0, metric.dimension.1.as_str()) == wanted
    })
}
