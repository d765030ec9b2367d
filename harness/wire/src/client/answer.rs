//! Answers to documents: what a client reads.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::response::Parts;
use serde_json::{Map, Value};

use crate::codec::Codec;
use crate::model::{Kind, Location, Member};
use crate::operation::Operation;
use crate::protocol::Protocol;
use crate::xml::Element;
use crate::xml_body::Unknown;
use crate::{AwsError, cbor, json, request, xml, xml_body};

/// Headers of an error that say what hides an object, <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>.
const TELLING: [&str; 5] = ["etag", "last-modified", "x-amz-delete-marker", "x-amz-version-id", "allow"];

impl Codec<'_> {
    /// The output document of an answer. A streamed body is not read; `body` may be empty then. Members that the model does not know are
    /// left out.
    ///
    /// # Errors
    /// The error that the answer says; `InternalFailure` if it is no answer of this protocol.
    pub fn decode_answer(self, operation: &Operation, head: &Parts, body: &[u8]) -> Result<Value, AwsError> {
        if !head.status.is_success() {
            return Err(self.decode_error(operation, head, body));
        }
        let document = match (self.protocol(), operation.output) {
            (_, None) => Map::new(),
            (Protocol::Json, Some(_)) if body.is_empty() => Map::new(),
            (Protocol::Json, Some(shape)) => {
                let body = serde_json::from_slice(body).map_err(|_| self.garbled(operation))?;
                json::read_structure(self.model(), shape, &body, 0)?
            }
            (Protocol::Cbor, Some(shape)) => cbor::read(self.model(), shape, body)?,
            (Protocol::RestJson | Protocol::RestXml, Some(shape)) => self.rest_answer(operation, shape, head, body)?,
            (Protocol::Query, Some(shape)) => {
                let root = self.root(operation, body)?;
                match root.child(&format!("{}Result", operation.name())) {
                    Some(result) => xml_body::read_structure(self, self.model().shape(shape), result, Unknown::Ignored)?,
                    None => Map::new(),
                }
            }
            (Protocol::Ec2Query, Some(shape)) => {
                xml_body::read_structure(self, self.model().shape(shape), &self.root(operation, body)?, Unknown::Ignored)?
            }
        };
        Ok(Value::Object(document))
    }

    fn rest_answer(self, operation: &Operation, index: usize, head: &Parts, body: &[u8]) -> Result<Map<String, Value>, AwsError> {
        let shape = self.model().shape(index);
        let mut out = Map::new();
        for member in &shape.members {
            let target = self.model().shape(member.shape);
            let value = match member.location {
                Location::Header => self.header_member(member, target, &head.headers)?,
                Location::PrefixHeaders => request::prefix_headers(member, &head.headers),
                Location::StatusCode => Some(head.status.as_u16().into()),
                Location::Uri | Location::Query | Location::Body => None,
            };
            if let Some(value) = value {
                out.insert(member.name.clone(), value);
            }
        }
        if operation.streams_output() || operation.method == "HEAD" || body.is_empty() {
            return Ok(out);
        }
        if let Some(payload) = shape.payload() {
            let value = self.payload_of_answer(operation, payload, body)?;
            out.insert(payload.name.clone(), value);
        } else if self.protocol() == Protocol::RestJson {
            let body = serde_json::from_slice(body).map_err(|_| self.garbled(operation))?;
            out.extend(json::read_structure(self.model(), index, &body, 0)?);
        } else if shape.members.iter().any(|member| member.location == Location::Body) {
            let root = self.root(operation, body)?;
            if operation.unwrapped {
                // The location of buckets in us-east-1 is written as none.
                if let Some(member) = shape.members.first().filter(|_| !root.text.is_empty()) {
                    out.insert(member.name.clone(), Value::String(root.text));
                }
            } else {
                out.extend(xml_body::read_structure(self, shape, &root, Unknown::Ignored)?);
            }
        }
        Ok(out)
    }

    fn payload_of_answer(self, operation: &Operation, member: &Member, body: &[u8]) -> Result<Value, AwsError> {
        let shape = self.model().shape(member.shape);
        Ok(match shape.kind {
            Kind::Blob => Value::String(STANDARD.encode(body)),
            Kind::String => Value::String(String::from_utf8_lossy(body).into_owned()),
            _ if self.protocol() == Protocol::RestXml => {
                let root = self.root(operation, body)?;
                Value::Object(xml_body::read_structure(self, shape, &root, Unknown::Ignored)?)
            }
            _ => {
                let body = serde_json::from_slice(body).map_err(|_| self.garbled(operation))?;
                json::read(self.model(), member, &body, 0)?.unwrap_or_default()
            }
        })
    }

    /// The root of an XML answer. What takes S3 long may fail after its 200 was sent.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
    fn root(self, operation: &Operation, body: &[u8]) -> Result<Element, AwsError> {
        let root = xml::parse_answer(body).ok_or_else(|| self.garbled(operation))?;
        if root.name == "Error" { Err(said(&root, 500)) } else { Ok(root) }
    }

    fn decode_error(self, operation: &Operation, head: &Parts, body: &[u8]) -> AwsError {
        let status = head.status.as_u16();
        let mut error = match self.protocol() {
            Protocol::Json | Protocol::RestJson => json_error(head, serde_json::from_slice(body).unwrap_or_default()),
            Protocol::Cbor => json_error(head, cbor::read_error(body)),
            // https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#operation-error-serialization
            Protocol::Query => xml::parse_answer(body).and_then(|root| root.child("Error").map(|error| said(error, status))),
            // https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html#operation-error-serialization
            Protocol::Ec2Query => {
                xml::parse_answer(body).and_then(|root| Some(said(root.child("Errors")?.child("Error")?, status)))
            }
            Protocol::RestXml => xml::parse_answer(body).and_then(|root| match root.name.as_str() {
                "Error" => Some(said(&root, status)),
                // As all other services of the protocol write it.
                _ => root.child("Error").map(|error| said(error, status)),
            }),
        }
        .filter(|error| !error.code.is_empty())
        .unwrap_or_else(|| without_words(operation, status));
        error.status = status;
        for name in TELLING {
            if let Some(value) = head.headers.get(name).and_then(|value| value.to_str().ok()) {
                error = error.with_header(name, value);
            }
        }
        error
    }

    fn garbled(self, operation: &Operation) -> AwsError {
        AwsError::internal(format!("{}: the answer to {} cannot be read", self.model().signing_name(), operation.name()))
    }
}

/// S3's error document.
fn said(root: &Element, status: u16) -> AwsError {
    let text = |name: &str| root.child(name).map(|child| child.text.clone()).unwrap_or_default();
    let mut error = AwsError::new(text("Code"), status, text("Message"));
    for child in &root.children {
        if !matches!(child.name.as_str(), "Code" | "Message" | "RequestId" | "HostId" | "Resource" | "Type")
            && child.children.is_empty()
        {
            error = error.with(&child.name, child.text.clone());
        }
    }
    error
}

/// `__type` or the header names it, with or without a namespace before and a link behind.
/// <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization>
fn json_error(head: &Parts, body: Map<String, Value>) -> Option<AwsError> {
    let header = head.headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok());
    let name = body.get("__type").or_else(|| body.get("code")).and_then(Value::as_str).or(header)?;
    let code = name.rsplit('#').next().unwrap_or(name).split(':').next().unwrap_or(name);
    let message = body.get("message").or_else(|| body.get("Message")).and_then(Value::as_str).unwrap_or_default();
    let mut error = AwsError::new(code, head.status.as_u16(), message);
    for (name, value) in body {
        if !matches!(name.as_str(), "__type" | "code" | "message" | "Message" | "Type") {
            error = error.with(&name, value);
        }
    }
    Some(error)
}

/// What an answer without a body means: to HEAD, or no answer of AWS at all.
fn without_words(operation: &Operation, status: u16) -> AwsError {
    let (code, message) = match status {
        304 => ("NotModified", ""),
        400 => ("BadRequest", "Bad Request"),
        403 => ("AccessDenied", "Access Denied"),
        404 if operation.name() == "HeadBucket" => ("NoSuchBucket", "The specified bucket does not exist"),
        404 => ("NoSuchKey", "The specified key does not exist."),
        405 => ("MethodNotAllowed", "The specified method is not allowed against this resource."),
        412 => ("PreconditionFailed", "At least one of the pre-conditions you specified did not hold"),
        416 => ("InvalidRange", "The requested range is not satisfiable"),
        _ => ("InternalFailure", "an answer without an error document"),
    };
    AwsError::new(code, status, message)
}
