//! The services that have quotas.

use nightproof_core::quota;
use serde_json::{Value, json};

/// `ListServices`. <https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServices.html>
pub(crate) fn list() -> Value {
    let described = |(code, name): (&str, &str)| json!({ "ServiceCode": code, "ServiceName": name });
    json!({ "Services": quota::SERVICES.map(described) })
}
