//! Every call as a CloudTrail-shaped record in the journal.

use http::request::Parts;
use nightproof_core::Tls;
use nightproof_core::service::{AwsError, Call};
use nightproof_core::{Caller, Principal, Region};
use nightproof_journal::{ApiCall, CLOUDTRAIL_VERSION, Event, TlsDetails, UserIdentity, redact};
use nightproof_wire::ServiceModel;
use nightproof_wire::sigv4::Claim;
use serde_json::Value;

use super::classify;
use super::listener::Peer;
use super::stack::Seen;

/// The input document as the journal shows it.
pub(super) fn parameters(model: &ServiceModel, operation: &str, input: &Value) -> Value {
    redact(model.signing_name(), operation, input)
}

/// Records a call that came over a connection.
pub(super) fn external(
    region: &Region,
    peer: &Peer,
    head: &Parts,
    request_id: &str,
    model: &ServiceModel,
    seen: &Seen,
    outcome: Result<&Value, &AwsError>,
) {
    let tls = peer.tls.as_ref().map(|Tls { version, cipher }| TlsDetails {
        tls_version: (*version).to_owned(),
        cipher_suite: cipher.clone(),
        client_provided_host_header: classify::host(head).map(str::to_owned),
    });
    let mut call = record(
        region,
        (model.event_source(), model.signing_name()),
        seen.operation,
        seen.caller.as_ref(),
        seen.input.clone(),
        outcome,
    );
    call.request_id = request_id.to_owned();
    call.source_ip_address = peer.source_ip.clone();
    call.user_agent = classify::user_agent(head).to_owned();
    call.tls_details = tls;
    region.journal().record(Event::ApiCall(Box::new(call)));
}

/// Records a call to a service that this region does not have. Its signature is not verified: the caller is the one that the key belongs to.
pub(super) fn unserved(region: &Region, peer: &Peer, head: &Parts, request_id: &str, claim: Option<&Claim>, error: &AwsError) {
    let caller = claim.and_then(|claim| region.credentials().find(&claim.access_key_id)).map(|credential| credential.caller);
    let service = error.message.split(':').next().unwrap_or_default();
    let mut call = record(
        region,
        (format!("{service}.amazonaws.com"), service),
        classify::target_operation(head),
        caller.as_ref(),
        Value::Null,
        Err(error),
    );
    call.request_id = request_id.to_owned();
    call.source_ip_address = peer.source_ip.clone();
    call.user_agent = classify::user_agent(head).to_owned();
    region.journal().record(Event::ApiCall(Box::new(call)));
}

/// Records a call from inside the region. `input` has passed [`parameters`].
pub(super) fn internal(from: &Call, model: &ServiceModel, operation: &str, input: Value, outcome: Result<&Value, &AwsError>) {
    let of = (model.event_source(), model.signing_name());
    let mut call = record(&from.region, of, Some(operation), Some(&from.caller), input, outcome);
    call.request_id = from.request_id.clone();
    call.source_ip_address = from.source_ip.clone();
    call.user_agent = from.user_agent.clone();
    from.region.journal().record(Event::ApiCall(Box::new(call)));
}

fn record(
    region: &Region,
    (event_source, service): (String, &str),
    operation: Option<&str>,
    caller: Option<&Caller>,
    request_parameters: Value,
    outcome: Result<&Value, &AwsError>,
) -> ApiCall {
    let operation = operation.unwrap_or("Unknown");
    let read_only = ApiCall::reads(operation);
    let response_elements = match outcome {
        Ok(output) if !read_only => redact(service, operation, output),
        _ => Value::Null,
    };
    ApiCall {
        event_version: CLOUDTRAIL_VERSION.to_owned(),
        user_identity: caller.map_or_else(unknown, identity),
        event_time: region.clock().now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        event_source,
        event_name: operation.to_owned(),
        aws_region: region.name().to_owned(),
        source_ip_address: String::new(),
        user_agent: String::new(),
        request_parameters,
        response_elements,
        error_code: outcome.err().map(|error| error.code.clone()),
        error_message: outcome.err().map(|error| error.message.clone()),
        request_id: String::new(),
        event_id: uuid::Uuid::new_v4().to_string(),
        read_only,
        event_type: "AwsApiCall".to_owned(),
        recipient_account_id: caller.map_or_else(|| region.settings().account.clone(), |caller| caller.account.clone()),
        tls_details: None,
    }
}

fn unknown() -> UserIdentity {
    UserIdentity { kind: "Unknown".to_owned(), ..UserIdentity::default() }
}

fn identity(caller: &Caller) -> UserIdentity {
    let kind = match &caller.principal {
        Principal::Root => "Root",
        Principal::User { .. } => "IAMUser",
        Principal::AssumedRole { .. } => "AssumedRole",
        Principal::Service { name } => {
            return UserIdentity { kind: "AWSService".to_owned(), invoked_by: Some(name.clone()), ..UserIdentity::default() };
        }
        Principal::Anonymous => {
            return UserIdentity {
                kind: "Unknown".to_owned(),
                principal_id: Some("Anonymous".to_owned()),
                ..UserIdentity::default()
            };
        }
    };
    UserIdentity {
        kind: kind.to_owned(),
        principal_id: Some(caller.user_id()),
        arn: Some(caller.arn()),
        account_id: Some(caller.account.clone()),
        access_key_id: caller.access_key_id.clone(),
        invoked_by: None,
    }
}
