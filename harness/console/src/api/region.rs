//! What the region is.

use serde_json::{Value, json};

use crate::handles::Handles;

/// Its name, its account, where AWS clients find it, as whom calls are made, and its services.
pub(crate) fn describe(handles: &Handles) -> Value {
    let region = &handles.region;
    let mut services: Vec<&str> = region.services().map(|(name, _)| name).collect();
    services.sort_unstable();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "region": region.name(),
        "account": region.settings().account,
        "endpoint": handles.endpoint_url,
        "operator": handles.operator.arn(),
        "now": region.clock().now().to_string(),
        "services": services,
    })
}
