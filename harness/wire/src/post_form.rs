//! S3's POST of an object by a browser form: who its policy is signed by, its tags, and its answer.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html>

use crate::AwsError;
use crate::sigv4::{Claim, form_claim};
use crate::xml::{Writer, parse};
use crate::xml_body::malformed;

/// Who a form's policy claims to be signed by; `None` without a policy. `field` finds a field by its name in lower case.
///
/// # Errors
/// A policy without all that its signature takes.
pub fn post_claim<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Result<Option<Claim>, AwsError> {
    if field("policy").is_none() {
        return Ok(None);
    }
    let need = |name: &str| field(&name.to_ascii_lowercase()).filter(|value| !value.is_empty()).ok_or_else(|| post_lacks(name));
    let has = |names: &[&str]| names.iter().any(|name| field(name).is_some());
    if has(&["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"]) {
        need("X-Amz-Algorithm")?;
        let (credential, date, signature) = (need("X-Amz-Credential")?, need("X-Amz-Date")?, need("X-Amz-Signature")?);
        return form_claim(credential, date, signature, field("x-amz-security-token")).map(Some);
    }
    if has(&["awsaccesskeyid", "signature"]) {
        let (key, signature) = (need("AWSAccessKeyId")?, need("Signature")?);
        return Ok(Some(Claim::version_2(key, signature, field("x-amz-security-token"))));
    }
    Err(AwsError::new("AccessDenied", 403, "Access Denied"))
}

/// The refusal of a form without a field that it must have.
pub fn post_lacks(name: &str) -> AwsError {
    let message =
        format!("Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields.");
    AwsError::new("InvalidArgument", 400, message).with("ArgumentName", name).with("ArgumentValue", "")
}

/// Keys and values in the XML of the field `tagging`; none in a document of another kind.
///
/// # Errors
/// No XML.
pub fn post_tags(text: &str) -> Result<Vec<(String, String)>, AwsError> {
    let root = parse(text.as_bytes()).ok_or_else(malformed)?;
    let tags = root.child("TagSet").into_iter().flat_map(|set| set.children("Tag"));
    let pair = |name: &str, tag: &crate::xml::Element| tag.child(name).map(|child| child.text.clone()).unwrap_or_default();
    Ok(tags.map(|tag| (pair("Key", tag), pair("Value", tag))).collect())
}

/// The document that a form's answer of 201 has.
pub fn post_response(location: &str, bucket: &str, key: &str, etag: &str) -> Vec<u8> {
    let mut out = Writer::new();
    out.open("PostResponse");
    out.element("Location", location);
    out.element("Bucket", bucket);
    out.element("Key", key);
    out.element("ETag", etag);
    out.close("PostResponse");
    out.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(fields: &[(&'static str, &'static str)]) -> Option<(String, String)> {
        let field = |name: &str| fields.iter().find(|(found, _)| *found == name).map(|(_, value)| *value);
        let error = post_claim(field).err()?;
        Some((error.code, error.fields.get("ArgumentName").and_then(|name| name.as_str()).unwrap_or_default().to_owned()))
    }

    #[test]
    fn a_policy_lacks_what_its_kind_of_signature_takes() {
        let lacks = |name: &str| Some(("InvalidArgument".to_owned(), name.to_owned()));
        assert_eq!(refusal(&[]), None);
        assert_eq!(refusal(&[("policy", "p"), ("x-amz-date", "d")]), lacks("X-Amz-Algorithm"));
        assert_eq!(refusal(&[("policy", "p"), ("signature", "s")]), lacks("AWSAccessKeyId"));
        assert_eq!(refusal(&[("policy", "p"), ("awsaccesskeyid", "k")]), lacks("Signature"));
        assert_eq!(refusal(&[("policy", "p")]), Some(("AccessDenied".to_owned(), String::new())));
    }

    #[test]
    fn tags_are_xml() {
        let tags = post_tags("<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>").unwrap();
        assert_eq!(tags, [("a".to_owned(), "1".to_owned())]);
        assert_eq!(post_tags("<Other/>").unwrap(), []);
        assert_eq!(post_tags("none").unwrap_err().code, "MalformedXML");
    }
}
