//! Errors to answers, as each protocol shapes them.

use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Map, Value};

use crate::AwsError;
use crate::answer::host_id;
use crate::model::{Protocol, ServiceModel};
use crate::xml::Writer;

/// Codes of failed authentication have a name of their own in each protocol. A code of the first column becomes, by protocol,
/// that of JSON, of Query, of EC2, of S3; with EC2's and S3's status.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
const AUTHENTICATION: &[(&str, [(&str, u16); 4])] = &[
    (
        "SignatureDoesNotMatch",
        [
            ("InvalidSignatureException", 400),
            ("SignatureDoesNotMatch", 403),
            ("AuthFailure", 401),
            ("SignatureDoesNotMatch", 403),
        ],
    ),
    (
        "InvalidClientTokenId",
        [("UnrecognizedClientException", 400), ("InvalidClientTokenId", 403), ("AuthFailure", 401), ("InvalidAccessKeyId", 403)],
    ),
    ("ExpiredToken", [("ExpiredTokenException", 400), ("ExpiredToken", 403), ("RequestExpired", 400), ("ExpiredToken", 400)]),
    (
        "RequestTimeTooSkewed",
        [
            ("InvalidSignatureException", 400),
            ("SignatureDoesNotMatch", 403),
            ("RequestExpired", 400),
            ("RequestTimeTooSkewed", 403),
        ],
    ),
    (
        "MissingAuthenticationToken",
        [
            ("MissingAuthenticationTokenException", 400),
            ("MissingAuthenticationToken", 403),
            ("MissingAuthenticationToken", 403),
            ("AccessDenied", 403),
        ],
    ),
    (
        "IncompleteSignature",
        [
            ("IncompleteSignatureException", 400),
            ("IncompleteSignature", 400),
            ("IncompleteSignature", 400),
            ("AuthorizationHeaderMalformed", 400),
        ],
    ),
    (
        "AccessDenied",
        [("AccessDeniedException", 400), ("AccessDenied", 403), ("UnauthorizedOperation", 403), ("AccessDenied", 403)],
    ),
    ("Throttling", [("ThrottlingException", 400), ("Throttling", 400), ("RequestLimitExceeded", 503), ("SlowDown", 503)]),
    ("InternalFailure", [("InternalFailure", 500), ("InternalFailure", 500), ("InternalError", 500), ("InternalError", 500)]),
    (
        "ServiceUnavailable",
        [("ServiceUnavailable", 503), ("ServiceUnavailable", 503), ("Unavailable", 503), ("ServiceUnavailable", 503)],
    ),
];

/// Names that SQS's errors had in its Query protocol, which older clients still look for.
/// <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#x-amzn-query-error>
const SQS_QUERY_CODES: &[(&str, &str)] = &[
    ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"),
    ("QueueNameExists", "QueueAlreadyExists"),
    ("QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently"),
    ("PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress"),
    ("MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight"),
    ("TooManyEntriesInBatchRequest", "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"),
    ("EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest"),
    ("BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"),
    ("InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId"),
    ("BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong"),
    ("UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation"),
    ("ResourceNotFoundException", "ResourceNotFoundException"),
];

impl ServiceModel {
    /// The answer that says `error`. `resource` is what S3 calls the resource, `/bucket/key`; others don't write it. Codes of
    /// failed authentication and authorization are put in the service's own words: services and gateway use `SignatureDoesNotMatch`,
    /// `InvalidClientTokenId`, `ExpiredToken`, `RequestTimeTooSkewed`, `MissingAuthenticationToken`, `IncompleteSignature`,
    /// `AccessDenied`, `Throttling`, `InternalFailure` and `ServiceUnavailable` throughout.
    pub fn encode_error(&self, error: &AwsError, request_id: &str, resource: &str) -> Response<Vec<u8>> {
        let (code, status) = self.code(error);
        let shape = self.error_shape(&error.code);
        let mut response = Response::new(Vec::new());
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.request_id_headers(&mut response, request_id);
        if matches!(status, 204 | 304) {
            return response;
        }
        let fault = status >= 500 || shape.is_some_and(|shape| shape.fault);
        let mut header = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        };
        let body = match self.protocol() {
            Protocol::Json | Protocol::RestJson => {
                header("x-amzn-errortype", &code);
                if self.signing_name() == "sqs" {
                    let old = SQS_QUERY_CODES.iter().find(|(new, _)| *new == code).map_or(code.as_str(), |(_, old)| old);
                    header("x-amzn-query-error", &format!("{old};{}", if fault { "Receiver" } else { "Sender" }));
                }
                let name = shape.and_then(|shape| shape.message.as_deref()).unwrap_or("message");
                self.json_error(error, &code, name, fault)
            }
            Protocol::Query => self.query_error(error, &code, fault, request_id),
            Protocol::Ec2Query => ec2_error(error, &code, request_id),
            Protocol::RestXml => s3_error(error, &code, request_id, resource),
        };
        self.finish(&mut response, body);
        response
    }

    fn code(&self, error: &AwsError) -> (String, u16) {
        let column = match self.protocol() {
            Protocol::Json | Protocol::RestJson => 0,
            Protocol::Query => 1,
            Protocol::Ec2Query => 2,
            Protocol::RestXml => 3,
        };
        if let Some((_, names)) = AUTHENTICATION.iter().find(|(code, _)| *code == error.code)
            && let Some((code, status)) = names.get(column)
        {
            // REST services keep HTTP's own statuses.
            let status = if self.protocol() == Protocol::RestJson && *status == 400 { 403 } else { *status };
            return ((*code).to_owned(), status);
        }
        let renamed =
            self.error_shape(&error.code).and_then(|shape| shape.code.clone()).filter(|_| self.protocol() == Protocol::Query);
        (renamed.unwrap_or_else(|| error.code.clone()), error.status)
    }

    fn json_error(&self, error: &AwsError, code: &str, message: &str, fault: bool) -> Vec<u8> {
        let mut body = Map::new();
        if self.protocol() == Protocol::Json {
            let name = if self.signing_name() == "sqs" { format!("com.amazonaws.sqs#{code}") } else { code.to_owned() };
            body.insert("__type".to_owned(), name.into());
        } else if message == "Message" {
            body.insert("Type".to_owned(), if fault { "Service" } else { "User" }.into());
        }
        body.insert(message.to_owned(), error.message.clone().into());
        for (name, value) in &error.fields {
            body.insert(name.clone(), value.clone());
        }
        Value::Object(body).to_string().into_bytes()
    }

    fn query_error(&self, error: &AwsError, code: &str, fault: bool, request_id: &str) -> Vec<u8> {
        let mut out = Writer::new();
        out.open_with("ErrorResponse", &[("xmlns", self.namespace.as_deref().unwrap_or_default())]);
        out.open("Error");
        out.element("Type", if fault { "Receiver" } else { "Sender" });
        out.element("Code", code);
        out.element("Message", &error.message);
        fields(error, &mut out);
        out.close("Error");
        out.element("RequestId", request_id);
        out.close("ErrorResponse");
        out.finish()
    }
}

fn ec2_error(error: &AwsError, code: &str, request_id: &str) -> Vec<u8> {
    let mut out = Writer::new();
    out.open("Response");
    out.open("Errors");
    out.open("Error");
    out.element("Code", code);
    out.element("Message", &error.message);
    fields(error, &mut out);
    out.close("Error");
    out.close("Errors");
    out.element("RequestID", request_id);
    out.close("Response");
    out.finish()
}

fn s3_error(error: &AwsError, code: &str, request_id: &str, resource: &str) -> Vec<u8> {
    let mut out = Writer::new();
    out.open("Error");
    out.element("Code", code);
    out.element("Message", &error.message);
    fields(error, &mut out);
    if !resource.is_empty() && !error.fields.contains_key("Resource") {
        out.element("Resource", resource);
    }
    out.element("RequestId", request_id);
    out.element("HostId", &host_id(request_id));
    out.close("Error");
    out.finish()
}

fn fields(error: &AwsError, out: &mut Writer) {
    for (name, value) in &error.fields {
        match value {
            Value::Null => {}
            Value::String(text) => out.element(name, text),
            value => out.element(name, &value.to_string()),
        }
    }
}
