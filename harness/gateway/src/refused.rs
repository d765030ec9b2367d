//! Calls that never come to their service are told to it all the same: S3 writes access log lines of those too.

use std::sync::Arc;

use http::request::Parts;
use nightproof_core::Region;
use nightproof_core::service::{AwsError, Call};
use nightproof_wire::ServiceModel;

use super::listener::Peer;
use super::stack::Seen;
use super::{authenticate, classify};

/// Tells the service that `model` describes. What cannot be routed to an operation names nothing that a service could tell of.
pub(super) fn tell(
    region: &Region,
    peer: &Peer,
    head: Parts,
    request_id: &str,
    model: &'static ServiceModel,
    seen: Seen,
    error: &AwsError,
) {
    let Some(operation) = seen.operation.or_else(|| model.route(&head, &[]).ok().map(|operation| operation.name())) else {
        return;
    };
    let input = model.addressed(&head);
    let call = Call {
        region: region.clone(),
        caller: seen.caller.unwrap_or_else(|| authenticate::anonymous(&region.settings().account)),
        request_id: request_id.to_owned(),
        now: region.clock().now(),
        source_ip: peer.source_ip.clone(),
        user_agent: classify::user_agent(&head).to_owned(),
        tls: peer.tls.is_some(),
        http: Some(Arc::new(head)),
    };
    region.tell_refused(&call, model.signing_name(), operation, &input, error);
}
