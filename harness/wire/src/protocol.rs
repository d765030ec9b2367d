//! AWS's protocols, and which of them a request is written in.

use http::header::CONTENT_TYPE;
use http::request::Parts;
use serde::Deserialize;

/// How a service speaks, see <https://smithy.io/2.0/aws/protocols/index.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// AWS JSON 1.0 and 1.1: `X-Amz-Target` names the operation.
    Json,
    /// Smithy RPC v2 with CBOR bodies: the path names the operation.
    #[serde(rename = "smithy-rpc-v2-cbor")]
    Cbor,
    /// AWS Query: a form in, XML out.
    Query,
    /// EC2's dialect of Query.
    #[serde(rename = "ec2")]
    Ec2Query,
    /// REST with JSON bodies.
    RestJson,
    /// REST with XML bodies.
    RestXml,
}

impl Protocol {
    /// The protocol of a request, if its head says so; [`Protocol::Query`] stands for EC2's dialect too, and nothing marks a request as REST.
    pub fn from_head(parts: &Parts) -> Option<Self> {
        if parts.headers.get("smithy-protocol").is_some_and(|value| value == SMITHY_PROTOCOL) {
            return Some(Self::Cbor);
        }
        if parts.headers.contains_key("x-amz-target") {
            return Some(Self::Json);
        }
        let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_form = kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded");
        let has_action = parts.uri.query().unwrap_or_default().split('&').any(|pair| pair.starts_with("Action="));
        (is_form && parts.method == http::Method::POST || has_action).then_some(Self::Query)
    }

    /// Whether bodies are XML, and errors have the codes of XML.
    pub(crate) fn is_xml(self) -> bool {
        matches!(self, Self::Query | Self::Ec2Query | Self::RestXml)
    }
}

/// The value of the header `Smithy-Protocol` in requests and answers, <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>.
pub(crate) const SMITHY_PROTOCOL: &str = "rpc-v2-cbor";

/// Service and operation in the path of a request of Smithy RPC v2: `/service/{service}/operation/{operation}`, after any prefix.
pub(crate) fn rpc_path(path: &str) -> Option<(&str, &str)> {
    let mut segments = path.rsplit('/');
    match (segments.next(), segments.next(), segments.next(), segments.next()) {
        (Some(operation), Some("operation"), Some(service), Some("service")) => Some((service, operation)),
        _ => None,
    }
}

/// Prefix and operation in the header `X-Amz-Target` of a JSON request.
pub(crate) fn target(parts: &Parts) -> Option<(&str, &str)> {
    parts.headers.get("x-amz-target")?.to_str().ok()?.rsplit_once('.')
}

/// The operation that a head names by itself; forms and REST have it elsewhere.
pub fn operation_of_head(parts: &Parts) -> Option<&str> {
    let found = if Protocol::from_head(parts)? == Protocol::Cbor { rpc_path(parts.uri.path()) } else { target(parts) };
    found.map(|(_, operation)| operation)
}
