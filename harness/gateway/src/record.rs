//! Every call as a CloudTrail-shaped record in the journal.

use nightproof_core::Tls;
use nightproof_core::service::{AwsError, Call};
use nightproof_core::{Caller, Principal, Region};
use nightproof_journal::{ApiCall, CLOUDTRAIL_VERSION, Event, TlsDetails, UserIdentity, redact};
use nightproof_wire::{Codec, Operation, ServiceModel, operation_of_head};
use serde_json::Value;

use super::exchange::Exchange;
use super::head;

/// The region that a global service's events are of.
const GLOBAL_EVENTS: &str = "us-east-1";

/// The input document as the journal shows it.
pub(super) fn parameters(model: &ServiceModel, operation: &str, input: &Value) -> Value {
    redact(model.signing_name(), operation, input)
}

/// Records a request that came over a connection.
pub(super) fn request(exchange: &Exchange, outcome: Result<&Value, &AwsError>) {
    let Exchange { region, peer, head, .. } = exchange;
    let mut call = match exchange.codec.map(Codec::model) {
        Some(model) => record(
            region,
            (model.event_source(), model.signing_name()),
            exchange.operation.map(Operation::name),
            exchange.caller.as_ref(),
            exchange.input.clone(),
            outcome,
        ),
        None => unserved(exchange, outcome),
    };
    call.request_id = exchange.request_id.clone();
    call.source_ip_address = peer.source_ip.clone();
    call.user_agent = head::user_agent(head).to_owned();
    call.tls_details = peer.tls.as_ref().map(|Tls { version, cipher }| TlsDetails {
        tls_version: (*version).to_owned(),
        cipher_suite: cipher.clone(),
        client_provided_host_header: head::host(head).map(str::to_owned),
    });
    region.journal().record(Event::ApiCall(Box::new(call)));
}

/// A record of a request to a service that this region does not have. Its signature is not verified: the caller is the one that the key
/// belongs to.
fn unserved(exchange: &Exchange, outcome: Result<&Value, &AwsError>) -> ApiCall {
    let Exchange { region, head, .. } = exchange;
    let key = exchange.claim.as_ref().map(|claim| claim.access_key_id.as_str());
    let caller = key.and_then(|key| region.credentials().find(key)).map(|credential| credential.caller);
    let source = (format!("{}.amazonaws.com", exchange.service), exchange.service.as_str());
    record(region, source, operation_of_head(head), caller.as_ref(), Value::Null, outcome)
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
        // <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html#cloudtrail-concepts-global-service-events>
        aws_region: if service == "iam" { GLOBAL_EVENTS } else { region.name() }.to_owned(),
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
