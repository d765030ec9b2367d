//! Documents to requests: what a client sends.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::answer::{CBOR, SMITHY_HEADER};
use crate::codec::Codec;
use crate::model::{Kind, Location, Member, Shape};
use crate::operation::Operation;
use crate::protocol::{Protocol, SMITHY_PROTOCOL};
use crate::timestamp::TimestampFormat;
use crate::{AwsError, cbor, json, query, xml_body};

/// What a path segment and a query keep as they are; a key's slashes stay too.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const KEY: &AsciiSet = &SEGMENT.remove(b'/');

fn post(content_type: &'static str, body: Vec<u8>) -> Request<Vec<u8>> {
    let mut request = Request::new(Vec::new());
    *request.method_mut() = http::Method::POST;
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    *request.body_mut() = body;
    request
}

impl Codec<'_> {
    /// The request that asks for `operation` with `input`, by path and query, without host or signature. S3's buckets are in the path. A
    /// streamed body is empty here, and whoever sends the request attaches it; `Content-Length` is then that of `input`.
    ///
    /// # Errors
    /// `ValidationException` where `input` makes no request.
    pub fn encode_request(self, operation: &Operation, input: &Value) -> Result<Request<Vec<u8>>, AwsError> {
        match self.protocol() {
            Protocol::Json => Ok(self.json_request(operation, input)),
            Protocol::Cbor => Ok(self.cbor_request(operation, input)),
            Protocol::RestJson | Protocol::RestXml => self.rest_request(operation, input),
            Protocol::Query | Protocol::Ec2Query => Ok(self.form_request(operation, input)),
        }
    }

    fn json_request(self, operation: &Operation, input: &Value) -> Request<Vec<u8>> {
        let body = match operation.input {
            Some(shape) => json::write_structure(self.model(), shape, input),
            None => Value::Object(Map::new()),
        };
        let mut request = post(self.content_type(), body.to_string().into_bytes());
        let target = format!("{}.{}", self.model().target_prefix.as_deref().unwrap_or_default(), operation.name());
        if let Ok(target) = HeaderValue::from_str(&target) {
            request.headers_mut().insert("x-amz-target", target);
        }
        request
    }

    fn cbor_request(self, operation: &Operation, input: &Value) -> Request<Vec<u8>> {
        let body = operation.input.map_or_else(Vec::new, |shape| cbor::write(self.model(), shape, input));
        let mut request = post(CBOR, body);
        let service = self.model().target_prefix.as_deref().unwrap_or_default();
        if let Ok(path) = format!("/service/{service}/operation/{}", operation.name()).parse() {
            *request.uri_mut() = path;
        }
        request.headers_mut().insert(SMITHY_HEADER, HeaderValue::from_static(SMITHY_PROTOCOL));
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(CBOR));
        if operation.input.is_none() {
            request.headers_mut().remove(CONTENT_TYPE);
        }
        request
    }

    fn form_request(self, operation: &Operation, input: &Value) -> Request<Vec<u8>> {
        let encoded = |text: &str| utf8_percent_encode(text, SEGMENT).to_string();
        let parameters = query::write(self, operation, input);
        let parameters = parameters.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        post("application/x-www-form-urlencoded; charset=utf-8", parameters.collect::<Vec<_>>().join("&").into_bytes())
    }

    fn rest_request(self, operation: &Operation, input: &Value) -> Result<Request<Vec<u8>>, AwsError> {
        let malformed = |what: &str| AwsError::validation(format!("{}: {what} makes no request", operation.name()));
        let empty = Map::new();
        let given = input.as_object().unwrap_or(&empty);
        let shape = operation.input.map(|index| (index, self.model().shape(index)));
        let members = || {
            let members = shape.into_iter().flat_map(|(_, shape)| &shape.members);
            members.filter_map(|member| Some((member, given.get(&member.name).filter(|value| !value.is_null())?)))
        };
        let (path, literals) = operation.uri.split_once('?').unwrap_or((&operation.uri, ""));
        let mut uri = self.path(path, members())?;
        let mut query: Vec<String> = literals.split('&').filter(|literal| !literal.is_empty()).map(str::to_owned).collect();
        let mut request = Request::new(Vec::new());
        for (member, value) in members() {
            match member.location {
                Location::Query => self.query_pairs(member, value, &mut query),
                Location::Header | Location::PrefixHeaders => self.headers_of(member, value, request.headers_mut()),
                Location::Uri | Location::Body | Location::StatusCode => {}
            }
        }
        if !query.is_empty() {
            uri = format!("{uri}?{}", query.join("&"));
        }
        *request.uri_mut() = uri.parse().map_err(|_| malformed(&uri))?;
        *request.method_mut() = operation.method.parse().map_err(|_| malformed(&operation.method))?;
        if let Some((index, shape)) = shape
            && !operation.streams_input()
        {
            let body = self.body_of_request(shape, index, input).unwrap_or_default();
            if !body.is_empty() {
                request.headers_mut().entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(self.content_type()));
            }
            if !body.is_empty() || operation.method != "GET" {
                request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
            }
            *request.body_mut() = body;
        }
        Ok(request)
    }

    fn path<'a>(self, template: &str, members: impl Iterator<Item = (&'a Member, &'a Value)>) -> Result<String, AwsError> {
        let mut path = template.to_owned();
        for (member, value) in members.filter(|(member, _)| member.location == Location::Uri) {
            let text = scalar(self.model().shape(member.shape), member, value);
            path = path
                .replace(&format!("{{{}+}}", member.wire()), &utf8_percent_encode(&text, KEY).to_string())
                .replace(&format!("{{{}}}", member.wire()), &utf8_percent_encode(&text, SEGMENT).to_string());
        }
        if path.contains('{') {
            return Err(AwsError::validation(format!("{template} has a label without a value")));
        }
        Ok(path)
    }

    fn query_pairs(self, member: &Member, value: &Value, query: &mut Vec<String>) {
        let shape = self.model().shape(member.shape);
        let mut push = |shape: &Shape, value: &Value| {
            let text = match shape.kind {
                Kind::Timestamp => xml_body::write_scalar(shape, member, value, TimestampFormat::Iso8601, false),
                _ => scalar(shape, member, value),
            };
            query.push(format!("{}={}", member.wire(), utf8_percent_encode(&text, SEGMENT)));
        };
        match (value, &shape.item) {
            (Value::Array(items), Some(item)) => items.iter().for_each(|value| push(self.model().shape(item.shape), value)),
            (value, _) => push(shape, value),
        }
    }

    fn headers_of(self, member: &Member, value: &Value, headers: &mut http::HeaderMap) {
        let shape = self.model().shape(member.shape);
        let mut insert = |name: &str, text: &str| {
            if let (Ok(name), Ok(text)) = (HeaderName::try_from(name), HeaderValue::from_bytes(text.as_bytes())) {
                headers.insert(name, text);
            }
        };
        match value {
            Value::Array(items) => {
                let texts: Vec<String> = items.iter().map(|item| scalar(shape, member, item)).collect();
                insert(member.wire(), &texts.join(","));
            }
            Value::Object(entries) => {
                for (name, value) in entries {
                    insert(&format!("{}{name}", member.wire()), &scalar(shape, member, value));
                }
            }
            value => insert(member.wire(), &scalar(shape, member, value)),
        }
    }

    fn body_of_request(self, shape: &Shape, index: usize, input: &Value) -> Option<Vec<u8>> {
        let Some(payload) = shape.payload() else {
            let in_body = |member: &Member| {
                member.location == Location::Body && input.get(&member.name).is_some_and(|value| !value.is_null())
            };
            if !shape.members.iter().any(in_body) {
                return None;
            }
            return Some(match self.protocol() {
                Protocol::RestJson => json::write_structure(self.model(), index, input).to_string().into_bytes(),
                _ => self.xml_document(&shape.name, shape, input),
            });
        };
        let value = input.get(&payload.name).filter(|value| !value.is_null())?;
        let target = self.model().shape(payload.shape);
        Some(match (target.kind, value) {
            (Kind::Blob, Value::String(text)) => STANDARD.decode(text).unwrap_or_default(),
            (Kind::String, value) => scalar(target, payload, value).into_bytes(),
            _ if self.protocol() == Protocol::RestJson => json::write(self.model(), payload, value).to_string().into_bytes(),
            _ => self.xml_document(payload.xml_name().unwrap_or(&target.name), target, value),
        })
    }
}

/// A scalar as a path, a query or a header has it; timestamps as HTTP dates where the model has no other format.
fn scalar(shape: &Shape, member: &Member, value: &Value) -> String {
    xml_body::write_scalar(shape, member, value, TimestampFormat::Rfc822, true)
}
