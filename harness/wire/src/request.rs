//! Requests to documents.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::request::Parts;
use serde_json::{Map, Value};

use crate::codec::Codec;
use crate::model::{Kind, Location, Member, ServiceModel, Shape};
use crate::operation::Operation;
use crate::protocol::Protocol;
use crate::xml_body::Unknown;
use crate::{AwsError, cbor, form, header_list, json, path, query, route, xml, xml_body};

impl ServiceModel {
    /// What the address of a S3 request names, nothing else of it being read: `Bucket`, `Key` and `VersionId`. Empty for other services.
    pub fn addressed(&self, parts: &Parts) -> Value {
        let mut out = Map::new();
        if let Some(address) = (self.signing_name() == "s3").then(|| path::s3_address(parts).ok()).flatten() {
            let version = form::parse_query(&parts.uri).into_iter().find(|(name, _)| name == "versionId").map(|(_, value)| value);
            for (name, value) in [("Bucket", address.bucket), ("Key", address.key), ("VersionId", version)] {
                if let Some(value) = value {
                    out.insert(name.to_owned(), Value::String(value));
                }
            }
        }
        Value::Object(out)
    }
}

impl Codec<'_> {
    /// The input document of a request, validated. A streamed body is not read; `body` may be empty then.
    pub fn decode(self, operation: &Operation, parts: &Parts, body: &[u8]) -> Result<Value, AwsError> {
        if !operation.served() {
            return Err(AwsError::not_implemented(self.model().signing_name(), operation.name()));
        }
        let input = match self.protocol() {
            Protocol::Json => {
                let body = json::parse(body)?;
                match operation.input {
                    Some(input) => Value::Object(json::read_structure(self.model(), input, &body, 0)?),
                    None => Value::Object(Map::new()),
                }
            }
            Protocol::Cbor => match operation.input {
                Some(input) => Value::Object(cbor::read(self.model(), input, body)?),
                None => Value::Object(Map::new()),
            },
            Protocol::Query | Protocol::Ec2Query => {
                let mut input = query::read(self, operation, route::parameters(parts, body)?)?;
                if self.model().signing_name() == "sqs" {
                    add_queue_url(self.model(), operation, parts, &mut input);
                }
                input
            }
            Protocol::RestJson | Protocol::RestXml => self.decode_rest(operation, parts, body)?,
        };
        self.model().validate(operation, &input)?;
        Ok(input)
    }

    fn decode_rest(self, operation: &Operation, parts: &Parts, body: &[u8]) -> Result<Value, AwsError> {
        let mut out = Map::new();
        let Some(input) = operation.input else { return Ok(Value::Object(out)) };
        let shape = self.model().shape(input);
        let labels = self.labels(operation, parts)?;
        let query = form::parse_query(&parts.uri);
        for member in &shape.members {
            let target = self.model().shape(member.shape);
            let value = match member.location {
                Location::Uri => match labels.iter().find(|(name, _)| name == member.wire()) {
                    Some((_, text)) => Some(self.scalar(target, member, text)?),
                    None => None,
                },
                Location::Query if target.kind == Kind::Map => self.query_map(target, &query),
                Location::Query => self.query_member(member, target, &query)?,
                Location::Header => self.header_member(member, target, &parts.headers)?,
                Location::PrefixHeaders => prefix_headers(member, &parts.headers),
                Location::StatusCode | Location::Body => None,
            };
            if let Some(value) = value {
                out.insert(member.name.clone(), value);
            }
        }
        if let Some(payload) = shape.payload() {
            if let Some(value) = self.payload(payload, body)? {
                out.insert(payload.name.clone(), value);
            }
        } else if shape.members.iter().any(|member| member.location == Location::Body) && !body.is_empty() {
            if self.protocol() == Protocol::RestJson {
                out.extend(json::read_structure(self.model(), input, &json::parse(body)?, 0)?);
            } else {
                let root = xml::parse(body).ok_or_else(|| malformed_body(self))?;
                out.extend(xml_body::read_structure(self, shape, &root, Unknown::Refused)?);
            }
        }
        if self.model().signing_name() == "s3" {
            unwrap_chunked(&mut out, shape, parts);
        }
        Ok(Value::Object(out))
    }

    fn labels(self, operation: &Operation, parts: &Parts) -> Result<Vec<(String, String)>, AwsError> {
        if self.model().signing_name() == "s3" {
            let address = path::s3_address(parts)?;
            let named = |name: &str, value: Option<String>| value.map(|value| (name.to_owned(), value));
            return Ok([named("Bucket", address.bucket), named("Key", address.key)].into_iter().flatten().collect());
        }
        let template = operation.uri.split('?').next().unwrap_or_default();
        Ok(path::match_template(template, parts.uri.path()).unwrap_or_default())
    }

    fn scalar(self, shape: &Shape, member: &Member, text: &str) -> Result<Value, AwsError> {
        xml_body::read_scalar(shape, text).ok_or_else(|| match self.protocol() {
            Protocol::RestXml => AwsError::new("InvalidArgument", 400, format!("Provided {} not valid", member.wire()))
                .with("ArgumentName", member.wire())
                .with("ArgumentValue", text),
            _ => json::serialization(format!("`{}` has a value of another type", member.name)),
        })
    }

    /// All parameters by their names, those of other members too.
    /// <https://smithy.io/2.0/spec/http-bindings.html#httpqueryparams-trait>
    fn query_map(self, shape: &Shape, query: &[(String, String)]) -> Option<Value> {
        let is_list = shape.value.as_ref().is_some_and(|value| self.model().shape(value.shape).kind == Kind::List);
        let mut found = Map::new();
        for (name, value) in query {
            if !is_list {
                found.entry(name).or_insert_with(|| value.clone().into());
            } else if let Value::Array(values) = found.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
                values.push(value.clone().into());
            }
        }
        (!found.is_empty()).then_some(Value::Object(found))
    }

    fn query_member(self, member: &Member, shape: &Shape, query: &[(String, String)]) -> Result<Option<Value>, AwsError> {
        let mut values = query.iter().filter(|(name, _)| name == member.wire()).map(|(_, value)| value);
        match (shape.kind, &shape.item) {
            (Kind::List, Some(item)) => {
                let target = self.model().shape(item.shape);
                let found: Vec<Value> = values.map(|text| self.scalar(target, member, text)).collect::<Result<_, _>>()?;
                Ok((!found.is_empty()).then_some(Value::Array(found)))
            }
            // `?versionId=` and `?max-keys=` without a value are as good as absent, `?prefix=` is an empty prefix.
            (Kind::String, _) => values.next().map(|text| self.scalar(shape, member, text)).transpose(),
            _ => values.next().filter(|text| !text.is_empty()).map(|text| self.scalar(shape, member, text)).transpose(),
        }
    }

    pub(crate) fn header_member(self, member: &Member, shape: &Shape, headers: &HeaderMap) -> Result<Option<Value>, AwsError> {
        let values: Vec<String> = headers.get_all(member.wire()).iter().map(header_text).collect();
        if values.is_empty() {
            return Ok(None);
        }
        if let (Kind::List, Some(item)) = (shape.kind, &shape.item) {
            let target = self.model().shape(item.shape);
            let found = values.iter().flat_map(|value| header_list::items(target.kind, value));
            return Ok(Some(Value::Array(found.map(|text| self.scalar(target, member, &text)).collect::<Result<_, _>>()?)));
        }
        let text = values.join(",");
        if text.is_empty() && shape.kind != Kind::String {
            return Ok(None);
        }
        // Times that are conditions are ignored when they cannot be read, as HTTP says.
        if shape.kind == Kind::Timestamp && member.wire().starts_with("If-") && crate::timestamp::read(&text).is_none() {
            return Ok(None);
        }
        self.scalar(shape, member, &text).map(Some)
    }

    fn payload(self, member: &Member, body: &[u8]) -> Result<Option<Value>, AwsError> {
        let shape = self.model().shape(member.shape);
        // A text may be empty: a policy is refused for its content then.
        if member.streaming || body.is_empty() && shape.kind != Kind::String {
            return Ok(None);
        }
        Ok(Some(match shape.kind {
            Kind::Blob => Value::String(STANDARD.encode(body)),
            Kind::String => Value::String(std::str::from_utf8(body).map_err(|_| malformed_body(self))?.to_owned()),
            _ if self.protocol() == Protocol::RestXml => {
                let root = xml::parse(body).filter(|root| member.xml_name().is_none_or(|name| root.name == name));
                let root = root.ok_or_else(|| malformed_body(self))?;
                Value::Object(xml_body::read_structure(self, shape, &root, Unknown::Refused)?)
            }
            _ => match json::read(self.model(), member, &json::parse(body)?, 0)? {
                Some(value) => value,
                None => return Ok(None),
            },
        }))
    }
}

/// A form may be sent to the queue's own address, which then stands for the parameter `QueueUrl`.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html>
fn add_queue_url(model: &ServiceModel, operation: &Operation, parts: &Parts, input: &mut Value) {
    let has_url = operation.input.is_some_and(|shape| model.shape(shape).member("QueueUrl").is_some());
    let path = parts.uri.path().trim_end_matches('/');
    if let (true, false, Some(members)) = (has_url, path.is_empty(), input.as_object_mut()) {
        let host = parts.headers.get(http::header::HOST).map(header_text).unwrap_or_default();
        members.entry("QueueUrl").or_insert_with(|| format!("https://{host}{path}").into());
    }
}

/// A header's value: UTF-8 where it is that, else Latin-1.
fn header_text(value: &http::HeaderValue) -> String {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// The headers that begin with the member's name, by the rest of theirs.
pub(crate) fn prefix_headers(member: &Member, headers: &HeaderMap) -> Option<Value> {
    let prefix = member.wire().to_ascii_lowercase();
    let mut found = Map::new();
    for name in headers.keys() {
        if let Some(rest) = name.as_str().strip_prefix(&prefix) {
            let values: Vec<String> = headers.get_all(name).iter().map(header_text).collect();
            found.insert(rest.to_owned(), Value::String(values.join(",")));
        }
    }
    (!found.is_empty()).then_some(Value::Object(found))
}

/// `aws-chunked` is how the body travels, not what the object is: it is not part of the object's encoding, and the length is
/// the decoded one. See <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>.
fn unwrap_chunked(out: &mut Map<String, Value>, shape: &Shape, parts: &Parts) {
    if let Some(Value::String(encoding)) = out.get("ContentEncoding") {
        let rest: Vec<&str> =
            encoding.split(',').map(str::trim).filter(|part| *part != "aws-chunked" && !part.is_empty()).collect();
        let rest = rest.join(",");
        if rest.is_empty() {
            out.remove("ContentEncoding");
        } else {
            out.insert("ContentEncoding".to_owned(), Value::String(rest));
        }
    }
    let decoded = parts.headers.get("x-amz-decoded-content-length").and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if let Some(length) = decoded
        && shape.member("ContentLength").is_some()
    {
        out.insert("ContentLength".to_owned(), length.into());
    }
}
/// The error of a REST service for a body that cannot be decoded.
fn malformed_body(codec: Codec<'_>) -> AwsError {
    if codec.protocol() == Protocol::RestXml {
        xml_body::malformed()
    } else {
        json::serialization("The request body could not be parsed")
    }
}
