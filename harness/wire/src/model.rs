//! The service models: which operations there are, and the shapes of their documents.
//!
//! `models/*.json` are extracted from botocore by `cargo xtask models`; `models/extract.py` says what each key holds.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::operation::Operation;
use crate::protocol::Protocol;
use crate::route_table::Routes;
use crate::timestamp::TimestampFormat;

/// One service's model.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceModel {
    #[serde(skip)]
    signing_name: &'static str,
    protocols: Vec<Protocol>,
    pub(crate) error_namespace: Option<String>,
    #[serde(default)]
    pub(crate) query_compatible: bool,
    api_version: String,
    pub(crate) target_prefix: Option<String>,
    /// The name in a signature's scope where that is another service's: DynamoDB's streams are signed for DynamoDB.
    signs_as: Option<String>,
    pub(crate) json_version: Option<String>,
    pub(crate) namespace: Option<String>,
    operations: HashMap<String, Operation>,
    errors: HashMap<String, ErrorShape>,
    shapes: Vec<Shape>,
    #[serde(skip)]
    pub(crate) routes: OnceLock<Routes>,
}

/// Where an error of the model differs from the plain form.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ErrorShape {
    /// Its code in the Query protocol.
    pub(crate) code: Option<String>,
    /// The member that its message is.
    pub(crate) message: Option<String>,
    /// What it says in the Query protocol.
    #[serde(rename = "queryMessage")]
    pub(crate) query_message: Option<String>,
    #[serde(default)]
    pub(crate) fault: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Structure,
    List,
    Map,
    String,
    #[serde(alias = "character")]
    Integer,
    Long,
    Float,
    Double,
    Boolean,
    Blob,
    Timestamp,
    Document,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Shape {
    #[serde(rename = "t")]
    pub(crate) kind: Kind,
    #[serde(rename = "n")]
    pub(crate) name: String,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    #[serde(rename = "x")]
    pub(crate) pattern: Option<crate::pattern::Pattern>,
    #[serde(rename = "tf")]
    pub(crate) timestamp_format: Option<TimestampFormat>,
    #[serde(rename = "p")]
    pub(crate) payload: Option<String>,
    #[serde(rename = "f", default)]
    pub(crate) flattened: bool,
    #[serde(rename = "z", default)]
    pub(crate) sensitive: bool,
    #[serde(rename = "o", default)]
    pub(crate) open: bool,
    #[serde(rename = "m", default)]
    pub(crate) members: Vec<Member>,
    #[serde(rename = "i")]
    pub(crate) item: Option<Member>,
    #[serde(rename = "k")]
    pub(crate) key: Option<Member>,
    #[serde(rename = "v")]
    pub(crate) value: Option<Member>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Member {
    #[serde(rename = "n", default)]
    pub(crate) name: String,
    #[serde(rename = "s")]
    pub(crate) shape: usize,
    #[serde(rename = "w")]
    wire: Option<String>,
    #[serde(rename = "x")]
    xml_name: Option<String>,
    #[serde(rename = "q")]
    pub(crate) query_name: Option<String>,
    #[serde(rename = "l", default)]
    pub(crate) location: Location,
    #[serde(rename = "r", default)]
    pub(crate) required: bool,
    #[serde(rename = "f", default)]
    pub(crate) flattened: bool,
    #[serde(rename = "a", default)]
    pub(crate) attribute: bool,
    #[serde(rename = "b", default)]
    pub(crate) streaming: bool,
    #[serde(rename = "tf")]
    pub(crate) timestamp_format: Option<TimestampFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Location {
    #[default]
    Body,
    Uri,
    #[serde(rename = "querystring")]
    Query,
    Header,
    #[serde(rename = "headers")]
    PrefixHeaders,
    StatusCode,
}

impl Member {
    /// The name on the wire: `locationName`, else the member's own.
    pub(crate) fn wire(&self) -> &str {
        self.wire.as_deref().unwrap_or(&self.name)
    }

    /// The name in XML and in forms.
    pub(crate) fn xml(&self) -> &str {
        self.xml_name().unwrap_or(&self.name)
    }

    /// The name in XML and in forms, if it is not the member's own.
    pub(crate) fn xml_name(&self) -> Option<&str> {
        self.xml_name.as_deref().or(self.wire.as_deref())
    }
}

impl Shape {
    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// The member that is the whole body.
    pub(crate) fn payload(&self) -> Option<&Member> {
        self.payload.as_deref().and_then(|name| self.member(name))
    }
}

/// Any scalar: stands in where a shape index is out of bounds, which extraction never makes.
static ANYTHING: Shape = Shape {
    kind: Kind::Document,
    name: String::new(),
    min: None,
    max: None,
    pattern: None,
    timestamp_format: None,
    payload: None,
    flattened: false,
    sensitive: false,
    open: true,
    members: Vec::new(),
    item: None,
    key: None,
    value: None,
};

impl ServiceModel {
    /// The name in a signature's scope, but for a second API of a service: `s3`, `ec2messages`, `dynamodbstreams`.
    pub fn signing_name(&self) -> &str {
        self.signing_name
    }

    /// The protocols that the service speaks; AWS's clients take the first that they know.
    pub fn protocols(&self) -> &[Protocol] {
        &self.protocols
    }

    /// `2006-03-01`.
    pub fn api_version(&self) -> &str {
        &self.api_version
    }

    /// What CloudTrail calls the service: `s3.amazonaws.com`.
    pub fn event_source(&self) -> String {
        format!("{}.amazonaws.com", self.signs_as.as_deref().unwrap_or(self.signing_name))
    }

    /// The operation of that name, be it served or not.
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.get(name)
    }

    /// Every operation of the service, in no order.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.values()
    }

    pub(crate) fn shape(&self, index: usize) -> &Shape {
        self.shapes.get(index).unwrap_or(&ANYTHING)
    }

    /// The error of that name, or of that code in the Query protocol, if it differs from the plain form.
    pub(crate) fn error_shape(&self, code: &str) -> Option<(&str, &ErrorShape)> {
        let by_code =
            || self.errors.iter().filter(|(_, shape)| shape.code.as_deref() == Some(code)).min_by_key(|(name, _)| *name);
        self.errors.get_key_value(code).or_else(by_code).map(|(name, shape)| (name.as_str(), shape))
    }

    #[cfg(test)]
    pub(crate) fn patterns(&self) -> impl Iterator<Item = &crate::pattern::Pattern> {
        self.shapes.iter().filter_map(|shape| shape.pattern.as_ref())
    }

    pub(crate) fn parse(signing_name: &'static str, text: &str) -> Result<Self, serde_json::Error> {
        let mut model: Self = serde_json::from_str(text)?;
        model.signing_name = signing_name;
        let Self { operations, shapes, .. } = &mut model;
        for (name, operation) in operations {
            let streams = |index: Option<usize>| {
                index.and_then(|index| shapes.get(index)).and_then(Shape::payload).is_some_and(|member| member.streaming)
            };
            operation.streams_input = streams(operation.input);
            operation.streams_output = streams(operation.output);
            operation.name.clone_from(name);
        }
        Ok(model)
    }
}

macro_rules! services {
    ($($name:literal),* $(,)?) => {
        /// Signing names of all services that have a model.
        pub const SERVICES: &[&str] = &[$($name),*];

        /// The models of [`SERVICES`], in their order, as text.
        pub(crate) const TEXTS: &[&str] =
            &[$(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/", $name, ".json"))),*];
    };
}

/// The model of a service by its signing name (`s3`, `events`, `ec2messages`), parsed at its first use.
pub fn service(signing_name: &str) -> Option<&'static ServiceModel> {
    static MODELS: [OnceLock<Option<ServiceModel>>; SERVICES.len()] = [const { OnceLock::new() }; SERVICES.len()];
    let index = SERVICES.iter().position(|name| *name == signing_name)?;
    let (name, text) = (SERVICES.get(index)?, TEXTS.get(index)?);
    MODELS.get(index)?.get_or_init(|| ServiceModel::parse(name, text).ok()).as_ref()
}

// Each model in the folder, by the build script.
include!(concat!(env!("OUT_DIR"), "/services.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_parses() {
        for name in SERVICES {
            let model = service(name).unwrap_or_else(|| panic!("{name}"));
            assert!(model.operations().any(Operation::served), "{name}");
        }
    }

    #[test]
    fn only_s3_streams() {
        for name in SERVICES {
            let streams = service(name).unwrap().operations().any(|o| o.streams_input() || o.streams_output());
            assert_eq!(streams, *name == "s3", "{name}");
        }
        let s3 = service("s3").unwrap();
        assert!(s3.operation("PutObject").unwrap().streams_input());
        assert!(s3.operation("UploadPart").unwrap().streams_input());
        assert!(s3.operation("GetObject").unwrap().streams_output());
        assert!(!s3.operation("CreateBucket").unwrap().streams_input());
    }
}
