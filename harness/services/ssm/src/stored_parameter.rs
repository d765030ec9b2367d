//! The record of a parameter.

use jiff::Timestamp;

/// A parameter's record: its versions, oldest first, of which the last is current.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parameter {
    pub(crate) versions: Vec<ParameterVersion>,
}

#[derive(Debug, Clone)]
pub(crate) struct ParameterVersion {
    pub(crate) number: i64,
    pub(crate) kind: String,
    /// A secure string's is KMS's ciphertext, in base64.
    pub(crate) value: String,
    pub(crate) key_id: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) allowed_pattern: Option<String>,
    pub(crate) tier: String,
    pub(crate) modified: Timestamp,
    pub(crate) user: String,
}
