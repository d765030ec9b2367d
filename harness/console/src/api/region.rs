//! What the region is.

use serde_json::{Value, json};

use crate::Console;

/// Its name, its account, where AWS clients find it, as whom calls are made, and its services.
pub(crate) fn describe(console: &Console) -> Value {
    let region = &console.region;
    let mut services: Vec<&str> = region.services().map(|(name, _)| name).collect();
    services.sort_unstable();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "region": region.name(),
        "account": region.settings().account,
        "endpoint": console.endpoint_url,
        "operator": console.operator.arn(),
        "now": region.clock().now().to_string(),
        "services": services,
    })
}
