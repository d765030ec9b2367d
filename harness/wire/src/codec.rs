//! A service's model in one of the protocols that the service speaks.

use http::request::Parts;

use crate::model::ServiceModel;
use crate::protocol::Protocol;

/// A service in one protocol: reads requests and writes answers, and the other way around for clients.
#[derive(Debug, Clone, Copy)]
pub struct Codec<'m> {
    model: &'m ServiceModel,
    protocol: Protocol,
    /// Whether the client reads errors as the Query protocol has them.
    query_mode: bool,
}

impl<'m> Codec<'m> {
    /// The service's model.
    pub fn model(self) -> &'m ServiceModel {
        self.model
    }

    /// The protocol that is spoken.
    pub fn protocol(self) -> Protocol {
        self.protocol
    }

    /// Whether errors have the statuses of the Query protocol, which the service spoke before; else all of a client's are 400.
    /// <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#x-amzn-query-mode>
    pub(crate) fn has_query_statuses(self) -> bool {
        self.query_mode || !self.model.query_compatible || !matches!(self.protocol, Protocol::Json | Protocol::Cbor)
    }
}

impl ServiceModel {
    /// The service in the protocol that a client of ours speaks: JSON if there are several.
    pub fn codec(&self) -> Codec<'_> {
        let protocols = self.protocols();
        let protocol = protocols.iter().find(|protocol| **protocol == Protocol::Json).or(protocols.first());
        Codec { model: self, protocol: protocol.copied().unwrap_or(Protocol::Json), query_mode: true }
    }

    /// The service in the protocol of a request, by its head alone. One that is not marked is a form, if the service reads forms: AWS
    /// answers a browser so. A request in none of the service's protocols is read, and refused, as one in [`ServiceModel::codec`]'s.
    pub fn codec_for(&self, parts: &Parts) -> Codec<'_> {
        let marked = Protocol::from_head(parts).unwrap_or(Protocol::Query);
        let query_mode = parts.headers.get("x-amzn-query-mode").is_some_and(|mode| mode == "true");
        if self.protocols().contains(&marked) { Codec { model: self, protocol: marked, query_mode } } else { self.codec() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::AwsError;
    use crate::model::{SERVICES, service};

    fn request(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
        let request = http::Request::builder().method(method).uri(uri);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.body(()).unwrap().into_parts().0
    }

    fn read(name: &str, parts: &Parts, body: &[u8]) -> (String, Value) {
        let codec = service(name).unwrap().codec_for(parts);
        let operation = codec.route(parts, body).unwrap();
        (operation.name().to_owned(), codec.decode(operation, parts, body).unwrap())
    }

    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");

    #[test]
    fn the_head_of_a_request_says_its_protocol() {
        let protocol = |name: &str, method: &str, uri: &str, headers: &[(&str, &str)]| {
            service(name).unwrap().codec_for(&request(method, uri, headers)).protocol()
        };
        let target = ("x-amz-target", "GraniteServiceVersion20100801.ListMetrics");
        assert_eq!(protocol("monitoring", "POST", "/", &[target]), Protocol::Json);
        assert_eq!(protocol("monitoring", "POST", "/", &[FORM]), Protocol::Query);
        assert_eq!(protocol("monitoring", "GET", "/?Action=ListMetrics", &[]), Protocol::Query);
        assert_eq!(protocol("sqs", "GET", "/", &[]), Protocol::Query);
        let path = "/service/GraniteServiceVersion20100801/operation/ListMetrics";
        assert_eq!(protocol("monitoring", "POST", path, &[("smithy-protocol", "rpc-v2-cbor")]), Protocol::Cbor);
        // A service that does not speak it stays with its own.
        assert_eq!(protocol("ssm", "POST", path, &[("smithy-protocol", "rpc-v2-cbor")]), Protocol::Json);
        assert_eq!(protocol("ec2", "POST", "/", &[FORM]), Protocol::Ec2Query);
        assert_eq!(protocol("s3", "GET", "/bucket?Action=x", &[]), Protocol::RestXml);
    }

    #[test]
    fn sqs_reads_a_form_by_the_names_of_its_query_protocol() {
        let body = b"Action=SendMessage&Version=2012-11-05&QueueUrl=https%3A%2F%2Fq&MessageBody=b&MessageAttribute.1.Name=a&\
            MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=v";
        let body: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'\\').collect();
        let sent = json!({"QueueUrl": "https://q", "MessageBody": "b", "MessageAttributes": {"a": {"StringValue": "v", "DataType": "String"}}});
        assert_eq!(read("sqs", &request("POST", "/", &[FORM]), &body), ("SendMessage".to_owned(), sent));
        let body = b"Action=CreateQueue&QueueName=q&Attribute.1.Name=DelaySeconds&Attribute.1.Value=5&Tag.1.Key=k&Tag.1.Value=v";
        let sent = json!({"QueueName": "q", "Attributes": {"DelaySeconds": "5"}, "tags": {"k": "v"}});
        assert_eq!(read("sqs", &request("POST", "/", &[FORM]), body).1, sent);
    }

    #[test]
    fn a_form_at_a_queue_s_address_is_about_that_queue() {
        let parts = request("GET", "/123456789012/q?Action=ReceiveMessage&AttributeName.1=All", &[("host", "sqs.x")]);
        let read = read("sqs", &parts, b"").1;
        assert_eq!(read, json!({"AttributeNames": ["All"], "QueueUrl": "https://sqs.x/123456789012/q"}));
    }

    #[test]
    fn an_answer_is_in_the_protocol_of_its_request() {
        let model = service("sqs").unwrap();
        let operation = model.operation("ReceiveMessage").unwrap();
        let output = json!({"Messages": [{"MessageId": "i", "Body": "b", "Attributes": {"SentTimestamp": "1"}}]});
        let form = model.codec_for(&request("POST", "/", &[FORM])).encode(operation, &output, "id");
        assert_eq!(form.headers()["content-type"], "text/xml");
        let body = String::from_utf8(form.into_body()).unwrap();
        assert!(
            body.contains("<ReceiveMessageResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><ReceiveMessageResult>"),
            "{body}"
        );
        assert!(body.contains("<Attribute><Name>SentTimestamp</Name><Value>1</Value></Attribute>"), "{body}");
        let model = service("monitoring").unwrap();
        let parts = request(
            "POST",
            "/service/GraniteServiceVersion20100801/operation/ListMetrics",
            &[("smithy-protocol", "rpc-v2-cbor")],
        );
        let answer = model.codec_for(&parts).encode(model.operation("ListMetrics").unwrap(), &json!({"Metrics": []}), "id");
        assert_eq!(answer.headers()["smithy-protocol"], "rpc-v2-cbor");
        assert_eq!(answer.headers()["content-type"], "application/cbor");
        assert_eq!(answer.body(), b"\xa1\x67Metrics\x80");
    }

    #[test]
    fn an_error_is_named_as_its_protocol_names_it() {
        let gone = AwsError::new("QueueDoesNotExist", 400, "The specified queue does not exist.");
        let answer = service("sqs").unwrap().codec_for(&request("POST", "/", &[FORM])).encode_error(&gone, "id");
        assert_eq!(
            String::from_utf8(answer.into_body()).unwrap(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ErrorResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error>\
             <Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>The specified queue does not exist for \
             this wsdl version.</Message><Detail></Detail></Error><RequestId>id</RequestId></ErrorResponse>"
        );
        let invalid = AwsError::new("InvalidParameterValue", 400, "m");
        let answer = service("sqs").unwrap().codec().encode_error(&invalid, "id");
        assert_eq!(answer.headers()["x-amzn-query-error"], "InvalidParameterValue;Sender");
        assert_eq!(answer.body(), br#"{"__type":"com.amazonaws.sqs#InvalidParameterValueException","message":"m"}"#);
        let denied = AwsError::new("AccessDenied", 403, "m");
        let answer = service("sqs").unwrap().codec().encode_error(&denied, "id");
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["x-amzn-query-error"]),
            (403, &"AccessDenied;Sender".parse().unwrap())
        );
        assert_eq!(answer.body(), br#"{"__type":"com.amazon.coral.service#AccessDeniedException","message":"m"}"#);
        let monitoring = service("monitoring").unwrap();
        let parts = request("POST", "/", &[("smithy-protocol", "rpc-v2-cbor")]);
        let gone = AwsError::new("ResourceNotFound", 404, "m");
        let answer = monitoring.codec_for(&parts).encode_error(&gone, "id");
        let read = crate::cbor::read_error(answer.body());
        assert_eq!(Value::from(read), json!({"__type": "com.amazonaws.cloudwatch.v2010_08_01#ResourceNotFound", "message": "m"}));
        let wrong = AwsError::new("ValidationError", 400, "m");
        let read = crate::cbor::read_error(monitoring.codec_for(&parts).encode_error(&wrong, "id").body());
        assert_eq!(read["__type"], "com.amazon.coral.validate#ValidationException");
        // A client that reads errors of the Query protocol gets its statuses.
        assert_eq!(answer.status(), 400);
        let parts = request("POST", "/", &[("smithy-protocol", "rpc-v2-cbor"), ("x-amzn-query-mode", "true")]);
        assert_eq!(monitoring.codec_for(&parts).encode_error(&gone, "id").status(), 404);
        let form = monitoring.codec_for(&request("POST", "/", &[FORM]));
        let silent = String::from_utf8(form.encode_error(&AwsError::new("ResourceNotFound", 404, ""), "id").into_body()).unwrap();
        assert!(silent.contains("<Code>ResourceNotFound</Code></Error>"), "{silent}");
    }

    #[test]
    fn a_service_that_the_region_lacks_answers_in_the_protocol_of_its_client() {
        let error = AwsError::not_implemented("dynamodb", "ListTables");
        let text = |parts: &Parts, service: &str| {
            let (parts, body) = crate::unserved(parts, service, &error, "id").into_parts();
            assert_eq!(parts.status, 501);
            (parts.headers["content-type"].to_str().unwrap().to_owned(), String::from_utf8_lossy(&body).into_owned())
        };
        let target = ("x-amz-target", "DynamoDB_20120810.ListTables");
        let (kind, body) = text(&request("POST", "/", &[target, ("content-type", "application/x-amz-json-1.0")]), "dynamodb");
        assert_eq!(kind, "application/x-amz-json-1.0");
        assert!(body.starts_with(r#"{"__type":"NotImplemented","message":"dynamodb: "#), "{body}");
        let (kind, body) = text(&request("POST", "/", &[FORM]), "elasticache");
        assert!(kind == "text/xml" && body.contains("<Code>NotImplemented</Code>"), "{body}");
        assert!(text(&request("GET", "/2013-04-01/hostedzone", &[]), "route53").1.contains("<Code>NotImplemented</Code>"));
        assert!(text(&request("GET", "/schedules", &[]), "scheduler").1.contains(r#""__type":"NotImplemented""#));
        let parts = request("POST", "/service/X/operation/Y", &[("smithy-protocol", "rpc-v2-cbor")]);
        assert_eq!(text(&parts, "x").0, "application/cbor");
    }

    #[test]
    fn a_double_has_a_fraction_in_every_protocol() {
        let model = service("monitoring").unwrap();
        let operation = model.operation("DescribeAlarms").unwrap();
        let output = json!({"MetricAlarms": [{"Threshold": 30, "Period": 60}]});
        let text = |head: &Parts| String::from_utf8(model.codec_for(head).encode(operation, &output, "id").into_body()).unwrap();
        assert!(text(&request("POST", "/", &[FORM])).contains("<Period>60</Period>"));
        assert!(text(&request("POST", "/", &[FORM])).contains("<Threshold>30.0</Threshold>"));
        let json = text(&request("POST", "/", &[("x-amz-target", "GraniteServiceVersion20100801.DescribeAlarms")]));
        assert!(json.contains(r#""Threshold":30.0"#), "{json}");
    }

    /// A form has no words for an empty structure, list or map.
    fn fits_a_form(value: &Value) -> bool {
        match value {
            Value::Object(members) => !members.is_empty() && members.values().all(fits_a_form),
            Value::Array(items) => !items.is_empty() && items.iter().all(fits_a_form),
            _ => true,
        }
    }

    #[test]
    fn what_a_client_of_any_protocol_of_a_service_asks_is_read_as_it_was() {
        for name in SERVICES {
            let model = service(name).unwrap();
            for protocol in
                model.protocols().iter().copied().filter(|protocol| !matches!(protocol, Protocol::RestJson | Protocol::RestXml))
            {
                let codec = Codec { model, protocol, query_mode: true };
                let mut count = 0;
                for operation in model.operations().filter(|operation| operation.served()) {
                    for sample in model.samples(operation) {
                        let is_form = matches!(protocol, Protocol::Query | Protocol::Ec2Query);
                        if model.validate(operation, &sample.document).is_err() || is_form && !fits_a_form(&sample.document) {
                            continue;
                        }
                        let (parts, body) = codec.encode_request(operation, &sample.document).unwrap().into_parts();
                        let read = model.codec_for(&parts);
                        assert_eq!(read.protocol(), protocol, "{name} {}", operation.name());
                        assert_eq!(read.route(&parts, &body).unwrap().name(), operation.name());
                        assert_eq!(
                            read.decode(operation, &parts, &body).unwrap(),
                            sample.document,
                            "{name} {} {}",
                            operation.name(),
                            sample.path
                        );
                        count += 1;
                    }
                }
                assert!(count > 0, "{name} {protocol:?}");
            }
        }
    }
}
