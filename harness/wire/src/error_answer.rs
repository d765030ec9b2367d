//! Errors to answers, as each protocol shapes them.

use http::request::Parts;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Map, Value};

use crate::answer::{CBOR, SMITHY_HEADER, host_id};
use crate::codec::Codec;
use crate::protocol::{Protocol, SMITHY_PROTOCOL};
use crate::xml::Writer;
use crate::{AwsError, cbor};

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

/// The namespace of errors that no service's model has.
const COMMON: &str = "com.amazon.coral.service";

/// The namespace of refusals of a request that is not as its model has it.
const VALIDATE: &str = "com.amazon.coral.validate";

/// REST services with XML bodies that have no model here.
const REST_XML: [&str; 2] = ["cloudfront", "route53"];

impl Codec<'_> {
    /// The answer that says `error`. Codes of failed authentication and authorization are put in the service's own words: services and
    /// gateway use `SignatureDoesNotMatch`, `InvalidClientTokenId`, `ExpiredToken`, `RequestTimeTooSkewed`, `MissingAuthenticationToken`,
    /// `IncompleteSignature`, `AccessDenied`, `Throttling`, `InternalFailure` and `ServiceUnavailable` throughout.
    pub fn encode_error(self, error: &AwsError, request_id: &str) -> Response<Vec<u8>> {
        let mut names = self.names(error);
        if !self.has_query_statuses() && (400..500).contains(&names.status) {
            names.status = 400;
        }
        let shape = self.model().error_shape(&error.code).map(|(_, shape)| shape);
        let mut response = Response::new(Vec::new());
        *response.status_mut() = StatusCode::from_u16(names.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.head(&mut response, request_id);
        let mut header = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        };
        for (name, value) in &error.headers {
            header(name, value);
        }
        if matches!(names.status, 204 | 304) {
            return response;
        }
        let fault = names.status >= 500 || shape.is_some_and(|shape| shape.fault);
        let party = if fault { "Receiver" } else { "Sender" };
        let message = shape.and_then(|shape| shape.message.as_deref()).unwrap_or("message");
        let body = match self.protocol() {
            Protocol::Json | Protocol::RestJson | Protocol::Cbor => {
                // https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#x-amzn-query-error
                if self.model().query_compatible {
                    header("x-amzn-query-error", &format!("{};{party}", names.query));
                }
                let typed = self.type_name(&names.code);
                if self.protocol() == Protocol::Cbor {
                    cbor::write_value(&members(error, Some(("__type", &typed)), message))
                } else {
                    header("x-amzn-errortype", &typed);
                    let first = match self.protocol() {
                        Protocol::Json => Some(("__type", typed.as_str())),
                        _ if message == "Message" => Some(("Type", if fault { "Service" } else { "User" })),
                        _ => None,
                    };
                    members(error, first, message).to_string().into_bytes()
                }
            }
            Protocol::Query => {
                let words = shape.and_then(|shape| shape.query_message.as_deref()).unwrap_or(&error.message);
                let namespace = self.model().namespace.as_deref();
                query_error(error, (&names.query, words), party, (namespace, self.model().signing_name() == "sqs"), request_id)
            }
            Protocol::Ec2Query => ec2_error(error, &names.code, request_id),
            Protocol::RestXml => s3_error(error, &names.code, request_id),
        };
        self.finish(&mut response, body);
        response
    }

    /// The code and HTTP status that a client reads off [`Codec::encode_error`]'s answer: the service's own words for what all services refuse.
    pub fn error_code(self, error: &AwsError) -> (String, u16) {
        let names = self.names(error);
        let read = if self.protocol().is_xml() || self.model().query_compatible { names.query } else { names.code };
        (read, names.status)
    }

    fn names(self, error: &AwsError) -> Names {
        let column = match self.protocol() {
            Protocol::Json | Protocol::RestJson | Protocol::Cbor => 0,
            Protocol::Query => 1,
            Protocol::Ec2Query => 2,
            Protocol::RestXml => 3,
        };
        if let Some((_, names)) = AUTHENTICATION.iter().find(|(code, _)| *code == error.code)
            && let [Some((code, status)), Some((query, query_status))] = [names.get(column), names.get(1)]
        {
            if self.model().signing_name() == "sns" && error.code == "AccessDenied" {
                return Names { code: "AuthorizationError".to_owned(), query: "AuthorizationError".to_owned(), status: 403 };
            }
            let status = match self.protocol() {
                // REST services keep HTTP's own statuses.
                Protocol::RestJson if *status == 400 => 403,
                _ if self.model().query_compatible => *query_status,
                _ => *status,
            };
            let query = if matches!(self.protocol(), Protocol::Ec2Query | Protocol::RestXml) { code } else { query };
            return Names { code: (*code).to_owned(), query: (*query).to_owned(), status };
        }
        let (code, query) = match self.model().error_shape(&error.code) {
            Some((name, shape)) => (name, shape.code.as_deref().unwrap_or(name)),
            None => (error.code.as_str(), error.code.as_str()),
        };
        // Elsewhere an error is called what the service calls it.
        let both = self.protocol() == Protocol::Query || self.model().query_compatible;
        let [code, query] = if both { [code, query] } else { [error.code.as_str(); 2] };
        Names { code: code.to_owned(), query: query.to_owned(), status: error.status }
    }

    /// An error's name as JSON and CBOR have it, with its namespace where AWS writes that.
    fn type_name(self, code: &str) -> String {
        let unsaid = matches!(code, "SerializationException" | "UnknownOperationException");
        let common = unsaid || AUTHENTICATION.iter().any(|(_, names)| names.first().is_some_and(|(name, _)| *name == code));
        match self.model().error_namespace.as_deref() {
            Some(namespace) if self.model().query_compatible || self.protocol() == Protocol::Cbor => {
                let validate = code == "ValidationException" && self.model().query_compatible;
                format!(
                    "{}#{code}",
                    if common {
                        COMMON
                    } else if validate {
                        VALIDATE
                    } else {
                        namespace
                    }
                )
            }
            _ => code.to_owned(),
        }
    }
}

/// What an error is called.
struct Names {
    /// By its name in the model.
    code: String,
    /// By the code of the Query protocol, and of the protocols in XML.
    query: String,
    status: u16,
}

/// The answer to a request for a service that has no model here, in the protocol that the request is written in. `service` is the signing
/// name.
pub fn unserved(parts: &Parts, service: &str, error: &AwsError, request_id: &str) -> Response<Vec<u8>> {
    let typed = |protocol: &'static str, body: Vec<u8>| {
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(protocol));
        if let Ok(id) = HeaderValue::from_str(request_id) {
            headers.insert("x-amzn-requestid", id);
        }
        // A client of REST reads the header, and one of JSON the body.
        if let Ok(code) = HeaderValue::from_str(&error.code) {
            headers.insert("x-amzn-errortype", code);
        }
        response
    };
    let named = Some(("__type", error.code.as_str()));
    match Protocol::from_head(parts) {
        Some(Protocol::Cbor) => {
            let mut response = typed(CBOR, cbor::write_value(&members(error, named, "message")));
            response.headers_mut().insert(SMITHY_HEADER, HeaderValue::from_static(SMITHY_PROTOCOL));
            response
        }
        Some(Protocol::Query) => {
            typed("text/xml", query_error(error, (&error.code, &error.message), "Receiver", (None, false), request_id))
        }
        None if REST_XML.contains(&service) => {
            typed("text/xml", query_error(error, (&error.code, &error.message), "Receiver", (None, false), request_id))
        }
        Some(_) => {
            let kind = parts.headers.get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
            let kind = if kind.ends_with("json-1.0") { "application/x-amz-json-1.0" } else { "application/x-amz-json-1.1" };
            typed(kind, members(error, named, "message").to_string().into_bytes())
        }
        None => typed("application/json", members(error, named, "message").to_string().into_bytes()),
    }
}

/// An error's members as an object.
fn members(error: &AwsError, first: Option<(&str, &str)>, message: &str) -> Value {
    let mut body = Map::new();
    body.extend(first.map(|(name, value)| (name.to_owned(), value.into())));
    if !error.message.is_empty() {
        body.insert(message.to_owned(), error.message.clone().into());
    }
    body.extend(error.fields.clone());
    // Some errors of a service do not say whose fault they are.
    body.retain(|name, value| name != "Type" || !value.is_null());
    Value::Object(body)
}

/// SQS's errors have a `Detail`, which is empty.
fn query_error(
    error: &AwsError,
    (code, message): (&str, &str),
    party: &str,
    (namespace, has_detail): (Option<&str>, bool),
    request_id: &str,
) -> Vec<u8> {
    let mut out = Writer::new();
    match namespace {
        Some(namespace) => out.open_with("ErrorResponse", &[("xmlns", namespace)]),
        None => out.open("ErrorResponse"),
    }
    out.open("Error");
    out.element("Type", party);
    out.element("Code", code);
    if !message.is_empty() {
        out.element("Message", message);
    }
    fields(error, &mut out);
    if has_detail {
        out.element("Detail", "");
    }
    out.close("Error");
    out.element("RequestId", request_id);
    out.close("ErrorResponse");
    out.finish()
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

fn s3_error(error: &AwsError, code: &str, request_id: &str) -> Vec<u8> {
    let mut out = Writer::new();
    out.open("Error");
    out.element("Code", code);
    out.element("Message", &error.message);
    fields(error, &mut out);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::service;

    fn answer(name: &str, error: &AwsError) -> (u16, http::HeaderMap, String) {
        let (parts, body) = service(name).unwrap().codec().encode_error(error, "id").into_parts();
        (parts.status.as_u16(), parts.headers, String::from_utf8(body).unwrap())
    }

    #[test]
    fn each_protocol_has_its_shape() {
        let error = AwsError::new("NoSuchThing", 404, "No <thing>").with("Thing", "x");
        let (status, headers, body) = answer("ssm", &error);
        assert_eq!((status, body.as_str()), (404, r#"{"__type":"NoSuchThing","message":"No <thing>","Thing":"x"}"#));
        assert_eq!(headers["x-amzn-requestid"], "id");
        let (_, headers, body) = answer("lambda", &AwsError::new("ResourceNotFoundException", 404, "m"));
        assert_eq!(body, r#"{"Type":"User","Message":"m"}"#);
        assert_eq!(headers["x-amzn-errortype"], "ResourceNotFoundException");
        let of_nobody = AwsError::new("ResourceNotFoundException", 404, "m").with("Type", Value::Null);
        assert_eq!(answer("lambda", &of_nobody).2, r#"{"Message":"m"}"#, "some errors do not say whose fault they are");
        let (_, _, body) = answer("iam", &AwsError::new("NoSuchEntityException", 404, "m"));
        assert!(body.ends_with("<Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>m</Message></Error><RequestId>id</RequestId></ErrorResponse>"), "{body}");
        let (_, _, body) = answer("ec2", &error);
        assert!(body.ends_with("<Response><Errors><Error><Code>NoSuchThing</Code><Message>No &lt;thing&gt;</Message><Thing>x</Thing></Error></Errors><RequestID>id</RequestID></Response>"), "{body}");
        let (status, headers, body) = answer("s3", &AwsError::new("NoSuchKey", 404, "m").with("Key", "key"));
        assert_eq!(status, 404);
        assert!(
            body.contains("<Error><Code>NoSuchKey</Code><Message>m</Message><Key>key</Key><RequestId>id</RequestId><HostId>"),
            "{body}"
        );
        assert_eq!(headers["x-amz-request-id"], "id");
        assert!(headers.contains_key("x-amz-id-2"));
        let (_, headers, body) = answer("sqs", &AwsError::new("QueueDoesNotExist", 400, "m"));
        assert_eq!(headers["x-amzn-query-error"], "AWS.SimpleQueueService.NonExistentQueue;Sender");
        assert_eq!(body, r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"m"}"#);
        assert_eq!(answer("s3", &AwsError::new("NotModified", 304, "")).2, "");
    }

    #[test]
    fn an_error_s_own_headers_are_sent_even_without_a_body() {
        let error = AwsError::new("NotModified", 304, "").with_header("etag", "\"e\"");
        assert_eq!(answer("s3", &error).1["etag"], "\"e\"");
    }

    #[test]
    fn failed_authentication_is_named_as_each_service_does() {
        for (name, code, wanted, status) in [
            ("ssm", "SignatureDoesNotMatch", "InvalidSignatureException", 400),
            ("sts", "SignatureDoesNotMatch", "SignatureDoesNotMatch", 403),
            ("ec2", "SignatureDoesNotMatch", "AuthFailure", 401),
            ("s3", "SignatureDoesNotMatch", "SignatureDoesNotMatch", 403),
            ("lambda", "SignatureDoesNotMatch", "InvalidSignatureException", 403),
            ("ssm", "InvalidClientTokenId", "UnrecognizedClientException", 400),
            ("iam", "InvalidClientTokenId", "InvalidClientTokenId", 403),
            ("ec2", "InvalidClientTokenId", "AuthFailure", 401),
            ("s3", "InvalidClientTokenId", "InvalidAccessKeyId", 403),
            ("s3", "ExpiredToken", "ExpiredToken", 400),
            ("ssm", "ExpiredToken", "ExpiredTokenException", 400),
            ("ec2", "AccessDenied", "UnauthorizedOperation", 403),
            ("ssm", "AccessDenied", "AccessDeniedException", 400),
        ] {
            let (found, _, body) = answer(name, &AwsError::new(code, 403, "m"));
            let header = answer(name, &AwsError::new(code, 403, "m")).1;
            let named = body.contains(wanted) || header.get("x-amzn-errortype").is_some_and(|value| value == wanted);
            assert!(named && found == status, "{name} {code}: {found} {body}");
        }
    }
}
