//! Headers that come in the query of a presigned request.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>

use http::request::Parts;
use http::{HeaderName, HeaderValue};
use nightproof_wire::query_pairs;
use nightproof_wire::sigv4::Claim;

/// Headers that a query may hold beside those that begin with `x-amz-`.
const HEADERS: [&str; 10] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-md5",
    "content-type",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
];

/// Members of the query that are the signature's own.
const SIGNATURE: [&str; 8] = [
    "x-amz-algorithm",
    "x-amz-content-sha256",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
];

/// Makes headers of what a presigned request to S3 has in its signed query, where a header of the name was not sent.
pub(super) fn take_headers(claim: &Claim, head: &mut Parts) {
    if claim.presigned.is_none() || claim.service != "s3" {
        return;
    }
    for (name, value) in query_pairs(&head.uri) {
        let name = name.to_ascii_lowercase();
        let header = name.starts_with("x-amz-") && !SIGNATURE.contains(&name.as_str()) || HEADERS.contains(&name.as_str());
        if header && let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value.as_bytes())) {
            head.headers.entry(name).or_insert(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(uri: &str) -> Parts {
        let mut head = http::Request::builder().uri(uri).header("x-amz-acl", "private").body(()).unwrap().into_parts().0;
        let claim = nightproof_wire::sigv4::claim(&head).unwrap().unwrap();
        take_headers(&claim, &mut head);
        head
    }

    #[test]
    fn a_presigned_query_holds_headers() {
        let head = taken(
            "/b/k?AWSAccessKeyId=A&Signature=s&Expires=7&If-None-Match=%2A&x-amz-meta-a=1&x-amz-acl=public-read&versionId=v",
        );
        let header = |name: &str| head.headers.get(name).map(|value| value.to_str().unwrap());
        assert_eq!(
            (header("if-none-match"), header("x-amz-meta-a"), header("x-amz-acl")),
            (Some("*"), Some("1"), Some("private"))
        );
        assert_eq!((header("expires"), header("versionid"), header("signature")), (None, None, None));
    }
}
