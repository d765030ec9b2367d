//! What is to be authorized.

use std::collections::BTreeMap;

use serde::Serialize;

/// One principal that wants to do one action on some resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Request {
    /// The principal's ARN, or a service principal (`events.amazonaws.com`).
    pub principal: String,
    /// The action as policies name it: `s3:PutObject`.
    pub action: String,
    /// ARNs of the resources acted on; empty where the operation has none.
    pub resources: Vec<String>,
    /// Condition keys and their values: `aws:SecureTransport` -> `true`.
    pub context: BTreeMap<String, Vec<String>>,
}
