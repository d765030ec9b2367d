//! Documents to answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::codec::Codec;
use crate::model::{Kind, Location, Member, Shape};
use crate::operation::Operation;
use crate::protocol::{Protocol, SMITHY_PROTOCOL};
use crate::timestamp::TimestampFormat;
use crate::xml::Writer;
use crate::{cbor, header_list, json, xml_body};

/// The content type of CBOR, and the header that names its protocol.
pub(crate) const CBOR: &str = "application/cbor";
pub(crate) const SMITHY_HEADER: HeaderName = HeaderName::from_static("smithy-protocol");

impl Codec<'_> {
    /// The answer that says `output`. When the output is streamed the body is empty and the caller attaches it; the headers, its
    /// length among them, are those of the whole answer. Members that are null, or that the model does not know, are left out.
    pub fn encode(self, operation: &Operation, output: &Value, request_id: &str) -> Response<Vec<u8>> {
        let mut response = Response::new(Vec::new());
        *response.status_mut() = operation.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK);
        self.head(&mut response, request_id);
        match self.protocol() {
            Protocol::Json => {
                let body = match operation.output {
                    Some(shape) => json::write_structure(self.model(), shape, output),
                    None => Value::Object(Map::new()),
                };
                // An operation without output has an empty body.
                let empty = operation.output.is_none();
                self.finish(&mut response, if empty { Vec::new() } else { body.to_string().into_bytes() });
            }
            // Without an output there is no body, and nothing says what it would be.
            Protocol::Cbor => {
                if let Some(shape) = operation.output {
                    self.finish(&mut response, cbor::write(self.model(), shape, output));
                } else {
                    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(0));
                }
            }
            Protocol::Query => self.finish(&mut response, self.query_body(operation, output, request_id)),
            Protocol::Ec2Query => self.finish(&mut response, self.ec2_body(operation, output, request_id)),
            Protocol::RestJson | Protocol::RestXml => self.rest(operation, output, &mut response),
        }
        response
    }

    /// The content type of this service's bodies.
    pub(crate) fn content_type(self) -> &'static str {
        match self.protocol() {
            Protocol::Json if self.model().json_version.as_deref() == Some("1.0") => "application/x-amz-json-1.0",
            Protocol::Json => "application/x-amz-json-1.1",
            Protocol::Cbor => CBOR,
            Protocol::Query => "text/xml",
            Protocol::Ec2Query => "text/xml;charset=UTF-8",
            Protocol::RestJson => "application/json",
            Protocol::RestXml => "application/xml",
        }
    }

    /// Gives a response its body, content type and length.
    pub(crate) fn finish(self, response: &mut Response<Vec<u8>>, body: Vec<u8>) {
        response.headers_mut().entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(self.content_type()));
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        *response.body_mut() = body;
    }

    /// The headers of every answer: the request id, and what a protocol demands.
    pub(crate) fn head(self, response: &mut Response<Vec<u8>>, request_id: &str) {
        if self.protocol() == Protocol::Cbor {
            response.headers_mut().insert(SMITHY_HEADER, HeaderValue::from_static(SMITHY_PROTOCOL));
        }
        let Ok(id) = HeaderValue::from_str(request_id) else { return };
        if self.model().signing_name() == "s3" {
            response.headers_mut().insert(HeaderName::from_static("x-amz-request-id"), id);
            if let Ok(host) = HeaderValue::from_str(&host_id(request_id)) {
                response.headers_mut().insert(HeaderName::from_static("x-amz-id-2"), host);
            }
            response.headers_mut().insert(http::header::SERVER, HeaderValue::from_static("AmazonS3"));
        } else {
            response.headers_mut().insert(HeaderName::from_static("x-amzn-requestid"), id);
        }
    }

    fn query_body(self, operation: &Operation, output: &Value, request_id: &str) -> Vec<u8> {
        let mut out = Writer::new();
        let root = format!("{}Response", operation.name());
        out.open_with(&root, &[("xmlns", self.model().namespace.as_deref().unwrap_or_default())]);
        if let Some(shape) = operation.output {
            let wrapper = operation.wrapper.clone().unwrap_or_else(|| format!("{}Result", operation.name()));
            out.open(&wrapper);
            xml_body::write_members(self, self.model().shape(shape), output, &mut out);
            out.close(&wrapper);
        }
        out.open("ResponseMetadata");
        out.element("RequestId", request_id);
        out.close("ResponseMetadata");
        out.close(&root);
        out.finish()
    }

    fn ec2_body(self, operation: &Operation, output: &Value, request_id: &str) -> Vec<u8> {
        let mut out = Writer::new();
        let root = format!("{}Response", operation.name());
        let namespace = format!("{}/", self.model().namespace.as_deref().unwrap_or_default());
        out.open_with(&root, &[("xmlns", &namespace)]);
        out.element("requestId", request_id);
        match operation.output {
            Some(shape) => xml_body::write_members(self, self.model().shape(shape), output, &mut out),
            None => out.element("return", "true"),
        }
        out.close(&root);
        out.finish()
    }

    fn rest(self, operation: &Operation, output: &Value, response: &mut Response<Vec<u8>>) {
        let Some(index) = operation.output else {
            if operation.status != Some(204) {
                response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(0));
            }
            return;
        };
        let shape = self.model().shape(index);
        let empty = Map::new();
        let object = output.as_object().unwrap_or(&empty);
        for member in &shape.members {
            if let Some(value) = object.get(&member.name).filter(|value| !value.is_null()) {
                self.rest_member(member, value, response);
            }
        }
        // A part of an object.
        if (operation.streams_output() || operation.method == "HEAD") && object.get("ContentRange").is_some_and(Value::is_string)
        {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        }
        if operation.streams_output() || operation.method == "HEAD" {
            return;
        }
        // The one text that S3 answers with: a bucket's policy.
        if shape.payload().is_some_and(|payload| self.model().shape(payload.shape).kind == Kind::String) {
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let body = self.rest_body(operation, shape, index, output);
        match body {
            Some(body) => self.finish(response, body),
            None if operation.status == Some(204) => {}
            None => {
                response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(0));
            }
        }
    }

    fn rest_member(self, member: &Member, value: &Value, response: &mut Response<Vec<u8>>) {
        let shape = self.model().shape(member.shape);
        let mut insert = |name: &str, text: &str| {
            // A value that a header cannot hold is left out rather than answered as another one.
            if let (Ok(name), Ok(text)) = (HeaderName::try_from(name), HeaderValue::from_bytes(text.as_bytes())) {
                response.headers_mut().insert(name, text);
            }
        };
        match (member.location, value) {
            (Location::StatusCode, value) => {
                let status = value.as_u64().and_then(|status| u16::try_from(status).ok());
                if let Some(status) = status.and_then(|status| StatusCode::from_u16(status).ok()) {
                    *response.status_mut() = status;
                }
            }
            (Location::Header, Value::Array(items)) => {
                let Some(item) = &shape.item else { return };
                let each = self.model().shape(item.shape);
                let written = |value| xml_body::write_scalar(each, item, value, TimestampFormat::Rfc822, true);
                let texts = items.iter().map(|value| header_list::item(each.kind, written(value)));
                insert(member.wire(), &texts.collect::<Vec<_>>().join(","));
            }
            (Location::Header, value) => {
                let text = xml_body::write_scalar(shape, member, value, TimestampFormat::Rfc822, true);
                insert(member.wire(), &text);
            }
            (Location::PrefixHeaders, Value::Object(entries)) => {
                for (name, value) in entries {
                    insert(&format!("{}{name}", member.wire()), &text(value));
                }
            }
            _ => {}
        }
    }

    fn rest_body(self, operation: &Operation, shape: &Shape, index: usize, output: &Value) -> Option<Vec<u8>> {
        if let Some(payload) = shape.payload() {
            let value = output.get(&payload.name).filter(|value| !value.is_null())?;
            let target = self.model().shape(payload.shape);
            return Some(match (target.kind, value) {
                (Kind::Blob, Value::String(text)) => STANDARD.decode(text).unwrap_or_default(),
                (Kind::String, value) => text(value).into_bytes(),
                _ if self.protocol() == Protocol::RestJson => json::write(self.model(), payload, value).to_string().into_bytes(),
                _ => {
                    let root = operation.root.as_deref().or(payload.xml_name()).unwrap_or(&target.name);
                    self.xml_document(root, target, value)
                }
            });
        }
        if !shape.members.iter().any(|member| member.location == Location::Body) {
            return None;
        }
        if self.protocol() == Protocol::RestJson {
            return Some(json::write_structure(self.model(), index, output).to_string().into_bytes());
        }
        let root = operation.root.as_deref().unwrap_or(&shape.name);
        if operation.unwrapped {
            let mut out = Writer::new();
            let attributes = [("xmlns", self.model().namespace.as_deref().unwrap_or_default())];
            let member = shape.members.first().and_then(|member| output.get(&member.name));
            // The location of buckets in us-east-1 is written as none.
            match member.map(text).filter(|text| text != "us-east-1" && !text.is_empty()) {
                Some(text) => {
                    out.open_with(root, &attributes);
                    out.text(&text);
                    out.close(root);
                }
                None => out.empty_with(root, &attributes),
            }
            return Some(out.finish());
        }
        Some(self.xml_document(root, shape, output))
    }

    pub(crate) fn xml_document(self, root: &str, shape: &Shape, value: &Value) -> Vec<u8> {
        let mut out = Writer::new();
        let mut attributes = vec![("xmlns", self.model().namespace.as_deref().unwrap_or_default())];
        attributes.extend(value.as_object().into_iter().flat_map(|object| xml_body::attributes(shape, object)));
        out.open_with(root, &attributes);
        xml_body::write_members(self, shape, value, &mut out);
        out.close(root);
        out.finish()
    }
}

/// S3's second id, which names the host that answered; here a digest of the request id.
pub(crate) fn host_id(request_id: &str) -> String {
    STANDARD.encode(Sha256::digest(request_id.as_bytes()))
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        value => value.to_string(),
    }
}
