//! Who calls.

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// 12-digit account id.
    pub account: String,
    /// The caller's ARN.
    pub arn: String,
}
