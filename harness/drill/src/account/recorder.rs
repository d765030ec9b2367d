//! Records the calls of a drill in its journal where no region does, as CloudTrail would: one record for each time that AWS was asked.
//!
//! Parameters and errors are read off the wire by the models that a local region reads them by, so that records of both can be compared.

use std::time::SystemTime;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest as Request, HttpResponse as Response, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::date_time::Format;
use nightproof_journal::{ApiCall, CLOUDTRAIL_VERSION, Event, Journal, UserIdentity, redact};
use nightproof_wire::{AwsError, Codec, Operation, ServiceModel};
use serde_json::Value;

use crate::account::http::{NO_ANSWER, head};
use crate::account::identity::Identity;

/// What a client alone cannot know: the address that AWS saw.
const UNKNOWN_ADDRESS: &str = "-";

/// An interceptor of all clients of a drill.
#[derive(Debug, Clone)]
pub(crate) struct Recorder {
    journal: Journal,
    caller: Identity,
    region: String,
}

impl Recorder {
    /// Records calls of `caller` in `journal`.
    pub(crate) fn new(journal: &Journal, caller: &Identity, region: &str) -> Self {
        Self { journal: journal.clone(), caller: caller.clone(), region: region.to_owned() }
    }

    /// The record of a request that is about to be sent, without what is answered.
    fn asked(&self, operation: &str, request: &Request) -> Option<Sent> {
        let parts = parts(request)?;
        let (access_key, service) = signer(&parts)?;
        let model = nightproof_wire::service(&service);
        let known = model.and_then(|model| Some((model.codec_for(&parts), model.operation(operation)?)));
        let body = request.body().bytes().unwrap_or_default();
        let parameters = known.and_then(|(codec, known)| codec.decode(known, &parts, body).ok());
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("-").to_owned();
        let call = ApiCall {
            event_version: CLOUDTRAIL_VERSION.to_owned(),
            user_identity: self.identity(access_key),
            event_time: now(),
            event_source: model.map_or_else(|| format!("{service}.amazonaws.com"), ServiceModel::event_source),
            event_name: operation.to_owned(),
            aws_region: self.region.clone(),
            source_ip_address: UNKNOWN_ADDRESS.to_owned(),
            user_agent: header("user-agent"),
            request_parameters: parameters.map_or(Value::Null, |parameters| redact(&service, operation, &parameters)),
            response_elements: Value::Null,
            error_code: None,
            error_message: None,
            request_id: String::new(),
            event_id: uuid::Uuid::new_v4().to_string(),
            read_only: ApiCall::reads(operation),
            event_type: "AwsApiCall".to_owned(),
            recipient_account_id: self.caller.account.clone(),
            tls_details: None,
        };
        Some(Sent { call, known })
    }

    fn identity(&self, access_key: String) -> UserIdentity {
        let resource = nightproof_wire::arn::resource_of(&self.caller.arn);
        let kind = match resource.split('/').next().unwrap_or_default() {
            "root" => "Root",
            "user" => "IAMUser",
            "assumed-role" => "AssumedRole",
            _ => "Unknown",
        };
        UserIdentity {
            kind: kind.to_owned(),
            arn: Some(self.caller.arn.clone()),
            account_id: Some(self.caller.account.clone()),
            access_key_id: Some(access_key),
            ..UserIdentity::default()
        }
    }
}

impl Intercept for Recorder {
    fn name(&self) -> &'static str {
        "Recorder"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = settings.load::<Metadata>().map(|metadata| metadata.name().to_owned()).unwrap_or_default();
        if let Some(sent) = self.asked(&operation, context.request()) {
            settings.interceptor_state().store_put(sent);
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // An attempt that ends before it is sent, say because credentials ran out, is no call.
        if let Some(sent) = settings.load::<Sent>().cloned() {
            settings.interceptor_state().unset::<Sent>();
            self.journal.record(Event::ApiCall(Box::new(sent.answered(context.response()))));
        }
        Ok(())
    }
}

/// A call in flight.
#[derive(Debug, Clone)]
struct Sent {
    call: ApiCall,
    known: Option<(Codec<'static>, &'static Operation)>,
}

impl Storable for Sent {
    type Storer = StoreReplace<Self>;
}

impl Sent {
    /// The whole record.
    fn answered(self, response: Option<&Response>) -> ApiCall {
        let Self { mut call, known } = self;
        let Some(response) = response else {
            (call.error_code, call.error_message) = (Some(NO_ANSWER.to_owned()), Some("nobody answered".to_owned()));
            return call;
        };
        let id = ["x-amzn-requestid", "x-amz-request-id"].iter().find_map(|name| response.headers().get(*name));
        id.unwrap_or_default().clone_into(&mut call.request_id);
        match (known, head(response)) {
            (Some((codec, operation)), Some(head)) => {
                let body = response.body().bytes().unwrap_or_default();
                match codec.decode_answer(operation, &head, body) {
                    Ok(output) if !call.read_only => {
                        call.response_elements = redact(codec.model().signing_name(), operation.name(), &output);
                    }
                    Err(AwsError { code, message, .. }) if !response.status().is_success() => {
                        (call.error_code, call.error_message) = (Some(code), Some(message));
                    }
                    Ok(_) | Err(_) => {}
                }
            }
            _ if response.status().is_success() => {}
            _ => call.error_code = Some(response.status().as_u16().to_string()),
        }
        call
    }
}

/// The head of a request as its receiver sees it: a path, and the host as a header.
fn parts(request: &Request) -> Option<http::request::Parts> {
    let uri: http::Uri = request.uri().parse().ok()?;
    let mut built = http::Request::builder().method(request.method()).uri(uri.path_and_query()?.as_str());
    if let Some(authority) = uri.authority() {
        built = built.header(http::header::HOST, authority.as_str());
    }
    for (name, value) in request.headers().iter().filter(|(name, _)| *name != "host") {
        built = built.header(name, value);
    }
    Some(built.body(()).ok()?.into_parts().0)
}

/// Who signed, by access key, and for which service.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html#create-canonical-request>
fn signer(parts: &http::request::Parts) -> Option<(String, String)> {
    let header = parts.headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let mut scope = header.split_once("Credential=")?.1.split(',').next()?.split('/');
    Some((scope.next()?.to_owned(), scope.nth(2)?.to_owned()))
}

#[expect(clippy::disallowed_methods, reason = "a drill that records its own calls is where AWS's time is the time")]
fn now() -> String {
    let now = DateTime::from_secs(DateTime::from(SystemTime::now()).secs());
    now.fmt(Format::DateTime).unwrap_or_default()
}
