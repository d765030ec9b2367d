//! May the caller do this? Asked for every call, from outside and from inside the region.

use std::collections::BTreeMap;

use firedrill_iam::{Decision, Effect, Request};

use crate::service::{AwsError, Call};

/// Puts the call before the evaluator. A denial is `AccessDenied`, 403, in AWS's words.
pub(super) fn authorize(call: &Call, service: &str, operation: &str) -> Result<Decision, AwsError> {
    let request = Request {
        principal: call.caller.arn(),
        action: format!("{service}:{operation}"),
        resources: Vec::new(),
        context: BTreeMap::from([
            ("aws:SecureTransport".to_owned(), vec![call.tls.to_string()]),
            ("aws:SourceIp".to_owned(), vec![call.source_ip.clone()]),
            ("aws:CurrentTime".to_owned(), vec![call.now.to_string()]),
        ]),
    };
    let decision = firedrill_iam::authorize(&request);
    match decision.effect {
        Effect::Allow => Ok(decision),
        Effect::ExplicitDeny | Effect::ImplicitDeny => Err(AwsError::new(
            "AccessDenied",
            403,
            format!("User: {} is not authorized to perform: {}", request.principal, request.action),
        )),
    }
}
