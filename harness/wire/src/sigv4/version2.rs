//! What a signature of version 2 signs: S3 still takes it in buckets that are older than June 2020, and its SDKs and CLI presign by it.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html>

use http::request::Parts;

use crate::form;
use crate::path::bucket_of_host;

/// Names of the query that are part of the resource.
const SUBRESOURCES: [&str; 40] = [
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "defaultObjectAcl",
    "delete",
    "encryption",
    "inventory",
    "legal-hold",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "partNumber",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "retention",
    "select",
    "select-type",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

/// The string to sign. `expires` is that of a presigned request.
pub(super) fn string_to_sign(parts: &Parts, expires: Option<&str>) -> String {
    let query = form::parse_query(&parts.uri);
    let amz = amz_headers(parts, &query);
    // A header of a presigned request may come in its query as well.
    let header = |name: &str| {
        let sent = parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let asked = query.iter().find(|(found, _)| expires.is_some() && found.eq_ignore_ascii_case(name));
        sent.or(asked.map(|(_, value)| value.as_str())).unwrap_or_default()
    };
    let date = match expires {
        Some(expires) => expires,
        None if amz.iter().any(|(name, _)| name == "x-amz-date") => "",
        None => header("date"),
    };
    let mut out = format!("{}\n{}\n{}\n{date}\n", parts.method, header("content-md5"), header("content-type"));
    for (name, value) in &amz {
        out.push_str(&format!("{name}:{value}\n"));
    }
    out.push_str(&resource(parts, &query));
    out
}

/// All that begins with `x-amz-`, from headers and query, sorted by name.
fn amz_headers(parts: &Parts, query: &[(String, String)]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for name in parts.headers.keys().map(http::HeaderName::as_str).filter(|name| name.starts_with("x-amz-")) {
        let values: Vec<String> =
            parts.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned()).collect();
        found.push((name.to_owned(), values.join(",")));
    }
    for (name, value) in query {
        let name = name.to_ascii_lowercase();
        if name.starts_with("x-amz-") && found.iter().all(|(other, _)| *other != name) {
            found.push((name, value.trim().to_owned()));
        }
    }
    found.sort();
    found
}

/// The bucket and the path as it was sent, and the query's names that select a subresource.
fn resource(parts: &Parts, query: &[(String, String)]) -> String {
    let host = parts.headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
    let bucket = host.and_then(bucket_of_host).map(|bucket| format!("/{bucket}")).unwrap_or_default();
    let mut selected: Vec<String> = query
        .iter()
        .filter(|(name, _)| SUBRESOURCES.contains(&name.as_str()))
        .map(|(name, value)| if value.is_empty() { name.clone() } else { format!("{name}={value}") })
        .collect();
    selected.sort();
    let query = if selected.is_empty() { String::new() } else { format!("?{}", selected.join("&")) };
    format!("{bucket}{}{query}", parts.uri.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(method: &str, uri: &str, headers: &[(&str, &str)], expires: Option<&str>) -> String {
        let mut request = http::Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        string_to_sign(&request.body(()).unwrap().into_parts().0, expires)
    }

    #[test]
    fn the_documentation_s_examples() {
        let host = ("host", "awsexamplebucket1.us-west-1.s3.amazonaws.com");
        let date = ("date", "Tue, 27 Mar 2007 21:15:45 +0000");
        let put = signed("PUT", "/photos/puppy.jpg", &[host, date, ("content-type", "image/jpeg")], None);
        assert!(put.starts_with("PUT\n\nimage/jpeg\nTue, 27 Mar 2007 21:15:45 +0000\n"), "{put}");
        let acl = signed("GET", "/b/?acl", &[("host", "s3.amazonaws.com"), ("x-amz-date", "now"), date], None);
        assert_eq!(acl, "GET\n\n\n\nx-amz-date:now\n/b/?acl");
        let hosted = signed("GET", "/?prefix=photos&max-keys=50", &[("host", "b.s3.amazonaws.com"), date], None);
        assert_eq!(hosted, "GET\n\n\nTue, 27 Mar 2007 21:15:45 +0000\n/b/");
    }

    #[test]
    fn a_presigned_request_s_query_may_have_what_headers_have() {
        let uri = "/b/k?AWSAccessKeyId=A&Signature=s&Expires=7&x-amz-security-token=t%2B&content-type=text%2Fplain&versionId=v";
        assert_eq!(
            signed("PUT", uri, &[("x-amz-meta-a", "1")], Some("7")),
            "PUT\n\ntext/plain\n7\nx-amz-meta-a:1\nx-amz-security-token:t+\n/b/k?versionId=v"
        );
    }
}
