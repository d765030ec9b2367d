//! What CloudFormation's helper scripts show in place of a signature: the identity document of their instance, which EC2 has signed.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/cfn-helper-scripts-reference.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::request::Parts;

use crate::AwsError;

const SCHEME: &str = "CFN_V1 ";

/// An identity document and its signature, of which nothing is believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityClaim {
    /// The document, JSON.
    pub document: String,
    /// EC2's signature over it, base64.
    pub signature: String,
}

/// The claim of a request with `Authorization: CFN_V1 DOCUMENT:SIGNATURE`; `None` for any other.
///
/// # Errors
/// `IncompleteSignature`, if the document cannot be read.
pub fn identity_claim(parts: &Parts) -> Result<Option<IdentityClaim>, AwsError> {
    let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(claim) = header.and_then(|header| header.strip_prefix(SCHEME)) else { return Ok(None) };
    let read = claim.trim().split_once(':').and_then(|(document, signature)| {
        let document = String::from_utf8(STANDARD.decode(document).ok()?).ok()?;
        Some(IdentityClaim { document, signature: signature.to_owned() })
    });
    read.map(Some)
        .ok_or_else(|| AwsError::new("IncompleteSignature", 400, "The identity document of the instance cannot be read."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(authorization: &str) -> Result<Option<IdentityClaim>, AwsError> {
        let request = http::Request::builder().header(AUTHORIZATION, authorization).body(()).unwrap();
        identity_claim(&request.into_parts().0)
    }

    #[test]
    fn a_document_is_read_with_its_signature() {
        let expected = IdentityClaim { document: "{}".to_owned(), signature: "c2ln".to_owned() };
        assert_eq!(claim("CFN_V1 e30=:c2ln").unwrap(), Some(expected));
        assert_eq!(claim("AWS4-HMAC-SHA256 Credential=x").unwrap(), None);
        for broken in ["CFN_V1 e30=", "CFN_V1 ?:c2ln"] {
            assert_eq!(claim(broken).unwrap_err().code, "IncompleteSignature", "{broken}");
        }
    }
}
