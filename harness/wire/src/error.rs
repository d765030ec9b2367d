//! The one error type that every service answers with, before a protocol gives it its shape.

use serde_json::{Map, Value};

/// An error as AWS defines it: a code, a message for the client and an HTTP status. Each protocol shapes it differently
/// (`__type` in JSON, `<Error><Code>` in XML); services never do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct AwsError {
    /// The error code, as in the service's API reference: `ValidationException`, `NoSuchBucket`, `InvalidVpcID.NotFound`.
    pub code: String,
    /// What the client reads.
    pub message: String,
    /// HTTP status, 400 to 599.
    pub status: u16,
    /// Further members of the error's shape (`BucketName`, `Reason`, …), written beside code and message.
    pub fields: Map<String, Value>,
    /// Headers of the answer, beside those that every error has: S3 says there what hides an object.
    pub headers: Vec<(&'static str, String)>,
}

impl AwsError {
    /// An error with the given code, HTTP status and client-visible message.
    pub fn new(code: impl Into<String>, status: u16, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), status, fields: Map::new(), headers: Vec::new() }
    }

    /// The same error with one more member beside code and message.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// The same error with a header on its answer; `name` in lower case.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// `ValidationException`, 400.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationException", 400, message)
    }

    /// Refuses a value of `member` that is none of the enumeration's, in the words of services with JSON.
    ///
    /// # Errors
    /// `ValidationException`, 400, with those that are `known`.
    pub fn check_enumerated(member: &str, value: &str, known: &[&str]) -> Result<(), Self> {
        if known.contains(&value) {
            return Ok(());
        }
        let known = known.join(", ");
        Err(Self::validation(format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must satisfy enum value set: [{known}]"
        )))
    }

    /// An operation or feature that this region does not have. Named, so that nothing is ever a silent success.
    pub fn not_implemented(service: &str, what: &str) -> Self {
        Self::new("NotImplemented", 501, format!("{service}: {what} is not implemented by this local region"))
    }

    /// A failure of the region itself (a full disk, a broken invariant): `InternalFailure`, 500.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new("InternalFailure", 500, message)
    }
}
