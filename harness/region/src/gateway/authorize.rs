//! May the caller do this? Asked for every call, from outside and from inside the region.

use firedrill_iam::{Context, Decision, Effect, Policies, Principal, PrincipalKind, Request};

use crate::service::{AwsError, Call};

/// Puts the call before the evaluator. A denial is `AccessDenied`, 403, in AWS's words.
///
/// Policies are not gathered yet: until they are, every caller counts as the root user, who needs none.
pub(super) fn authorize(call: &Call, service: &str, operation: &str) -> Result<Decision, AwsError> {
    let principal = Principal { kind: PrincipalKind::Root, arn: call.caller.arn(), account: call.caller.account.clone() };
    let action = format!("{service}:{operation}");
    let mut context = Context::new();
    context.insert("aws:SecureTransport", call.tls.to_string());
    context.insert("aws:SourceIp", call.source_ip.clone());
    context.insert("aws:CurrentTime", call.now.to_string());
    let request = Request { principal: &principal, action: &action, resource: "*", resource_account: None, context: &context };
    let decision = firedrill_iam::authorize(&request, &Policies::default());
    match decision.effect {
        Effect::Allow => Ok(decision),
        Effect::ExplicitDeny | Effect::ImplicitDeny => Err(AwsError::new(
            "AccessDenied",
            403,
            format!("User: {} is not authorized to perform: {action} {}", principal.arn, decision.because(&action)),
        )),
    }
}
