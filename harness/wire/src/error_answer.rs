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
    /// The answer that says `error`. Codes of failed authentication and authorization are put in the service's own words: services and gateway use `SignatureDoesNotMatch`,
    /// `InvalidClientTokenId`, `ExpiredToken`, `RequestTimeTooSkewed`, `MissingAuthenticationToken`, `IncompleteSignature`,
    /// `AccessDenied`, `Throttling`, `InternalFailure` and `ServiceUnavailable` throughout.
    pub fn encode_error(&self, error: &AwsError, request_id: &str) -> Response<Vec<u8>> {
        let (code, status) = self.error_code(error);
        let shape = self.error_shape(&error.code);
        let mut response = Response::new(Vec::new());
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.request_id_headers(&mut response, request_id);
        let mut header = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        };
        for (name, value) in &error.headers {
            header(name, value);
        }
        if matches!(status, 204 | 304) {
            return response;
        }
        let fault = status >= 500 || shape.is_some_and(|shape| shape.fault);
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
            Protocol::RestXml => s3_error(error, &code, request_id),
        };
        self.finish(&mut response, body);
        response
    }

    /// The code and HTTP status that [`ServiceModel::encode_error`] says: the service's own words for what all services refuse.
    pub fn error_code(&self, error: &AwsError) -> (String, u16) {
        let column = match self.protocol() {
            Protocol::Json | Protocol::RestJson => 0,
            Protocol::Query => 1,
            Protocol::Ec2Query => 2,
            Protocol::RestXml => 3,
        };
        if let Some((_, names)) = AUTHENTICATION.iter().find(|(code, _)| *code == error.code)
            && let Some((code, status)) = names.get(column)
        {
            if self.signing_name() == "sns" && error.code == "AccessDenied" {
                return ("AuthorizationError".to_owned(), 403);
            }
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
        let (parts, body) = service(name).unwrap().encode_error(error, "id").into_parts();
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
