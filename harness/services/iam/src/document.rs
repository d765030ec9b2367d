//! Policy documents as IAM takes and shows them; their grammar and meaning are the policy evaluator's.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::AwsError;
use nightproof_iam_policy::PolicyKind;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use crate::error::malformed_policy;

/// What a document is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// A policy inside of a user or role.
    Inline,
    /// A policy of its own, which must be of the current version.
    Managed,
    /// Who may assume a role.
    Trust,
}

/// The document that travels so; null if there is none.
pub(super) fn decoded(encoded: Option<&Value>) -> Value {
    let text = encoded.and_then(Value::as_str).map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned());
    text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap_or_else(|_| text.into()))
}

/// Documents travel percent-encoded by RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A document as `GetRole` and its like show it.
pub(super) fn encoded(document: &str) -> String {
    utf8_percent_encode(document, ENCODED).to_string()
}

/// The size that quotas count: characters that are not white space.
pub(super) fn counted_size(document: &str) -> usize {
    document.chars().filter(|c| !c.is_whitespace()).count()
}

/// The document to be stored, if AWS would.
pub(super) fn checked(document: &str, purpose: Use) -> Result<PolicyDocument, AwsError> {
    let kind = match purpose {
        Use::Inline | Use::Managed => PolicyKind::Identity,
        Use::Trust => PolicyKind::Trust,
    };
    let document = PolicyDocument::new(document, kind);
    let policy = document.policy().map_err(|error| malformed_policy(error.message()))?;
    if purpose == Use::Managed {
        policy.check_managed().map_err(|error| malformed_policy(error.message()))?;
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(document: &str, purpose: Use) -> String {
        checked(document, purpose).expect_err("refused").message
    }

    #[test]
    fn documents_are_refused_in_the_words_of_iam() {
        let inline = r#"{"Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*"}}"#;
        checked(inline, Use::Inline).expect("accepted");
        assert_eq!(refusal(inline, Use::Managed), "Policy document must be version 2012-10-17 or greater.");
        let bad_resource = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}}"#;
        assert_eq!(refusal(bad_resource, Use::Inline), "Resource bucket must be in ARN format or \"*\".");
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        checked(trust, Use::Trust).expect("accepted");
        assert_eq!(refusal(trust, Use::Inline), "Policy document should not specify a principal.");
        assert_eq!(refusal(inline, Use::Trust), "Missing required field Principal");
    }
}
