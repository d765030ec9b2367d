//! Where a REST request points: S3's bucket and key by host or path, labels of other services' paths.

use http::request::Parts;

use crate::AwsError;
use crate::form::decode_path;

/// What an S3 request addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct S3Address {
    pub(crate) bucket: Option<String>,
    /// The key, decoded; never empty.
    pub(crate) key: Option<String>,
}

/// The bucket in a virtual-host style `Host`, see
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>. Bucket names may contain dots.
pub(crate) fn bucket_of_host(host: &str) -> Option<String> {
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if let Some(rest) = host.strip_suffix(".localhost") {
        let rest = rest.strip_suffix(".s3").unwrap_or(rest);
        return (rest != "s3" && !rest.is_empty()).then(|| rest.to_owned());
    }
    let mut rest = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"))?;
    let (mut before, mut last) = split_last(rest);
    if is_region(last) {
        rest = before?;
        (before, last) = split_last(rest);
    }
    if last == "dualstack" {
        (before, last) = split_last(before?);
    }
    let of_s3 = matches!(last, "s3" | "s3-fips" | "s3-accelerate") || last.strip_prefix("s3-").is_some_and(is_region);
    before.filter(|bucket| of_s3 && !bucket.is_empty()).map(str::to_owned)
}

fn split_last(text: &str) -> (Option<&str>, &str) {
    match text.rsplit_once('.') {
        Some((before, last)) => (Some(before), last),
        None => (None, text),
    }
}

/// `us-east-1`, `us-gov-west-1`.
fn is_region(label: &str) -> bool {
    let mut parts = label.split('-');
    let area = parts.next().unwrap_or_default();
    let number = parts.next_back().unwrap_or_default();
    area.len() == 2
        && area.bytes().all(|byte| byte.is_ascii_lowercase())
        && number.len() == 1
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && parts.count() >= 1
}

/// Bucket and key of an S3 request.
pub(crate) fn s3_address(parts: &Parts) -> Result<S3Address, AwsError> {
    let host = parts
        .headers
        .get(http::header::HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| parts.uri.authority().map(http::uri::Authority::as_str));
    let path = parts.uri.path();
    let path = path.strip_prefix('/').unwrap_or(path);
    let (bucket, key) = match host.and_then(bucket_of_host) {
        Some(bucket) => (Some(bucket), path),
        None => {
            let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
            let bucket = decode_path(bucket).ok_or_else(bad_uri)?;
            ((!bucket.is_empty()).then_some(bucket), key)
        }
    };
    let key = if key.is_empty() { None } else { Some(decode_path(key).ok_or_else(bad_uri)?) };
    if bucket.is_none() && key.is_some() {
        return Err(bad_uri());
    }
    Ok(S3Address { bucket, key })
}

fn bad_uri() -> AwsError {
    AwsError::new("InvalidURI", 400, "Couldn't parse the specified URI.")
}

/// Matches a path with a template (`/2015-03-31/functions/{FunctionName}/code`): the labels' values, decoded. A slash at the
/// end does not matter.
pub(crate) fn match_template(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let mut wanted = template.trim_matches('/').split('/');
    let mut rest = path.trim_matches('/');
    let mut labels = Vec::new();
    let mut more = true;
    for part in wanted.by_ref() {
        if !more {
            return None;
        }
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(label) => {
                let value = if let Some(label) = label.strip_suffix('+') {
                    more = false;
                    (label, rest)
                } else {
                    let (value, left) = next(rest, &mut more);
                    rest = left;
                    (label, value)
                };
                if value.1.is_empty() {
                    return None;
                }
                labels.push((value.0.to_owned(), decode_path(value.1)?));
            }
            None => {
                let (value, left) = next(rest, &mut more);
                rest = left;
                if value != part {
                    return None;
                }
            }
        }
    }
    (!more).then_some(labels)
}

fn next<'a>(rest: &'a str, more: &mut bool) -> (&'a str, &'a str) {
    match rest.split_once('/') {
        Some(found) => found,
        None => {
            *more = false;
            (rest, "")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bucket_is_in_the_host() {
        for (host, bucket) in [
            ("my-bucket.s3.amazonaws.com", Some("my-bucket")),
            ("my.dotted.bucket.s3.us-east-1.amazonaws.com:443", Some("my.dotted.bucket")),
            ("b.s3-us-west-2.amazonaws.com", Some("b")),
            ("b.s3.dualstack.eu-west-1.amazonaws.com", Some("b")),
            ("b.s3.s3.amazonaws.com", Some("b.s3")),
            ("a.s3.us-east-1.amazonaws.com.s3.amazonaws.com", Some("a.s3.us-east-1.amazonaws.com")),
            ("bucket.localhost:4566", Some("bucket")),
            ("bucket.s3.localhost:4566", Some("bucket")),
            ("s3.amazonaws.com", None),
            (".s3.amazonaws.com", None),
            ("s3.us-east-1.amazonaws.com", None),
            ("s3.localhost", None),
            ("localhost:4566", None),
            ("127.0.0.1:4566", None),
            ("[::1]:4566", None),
            ("sts.us-east-1.amazonaws.com", None),
            ("", None),
        ] {
            assert_eq!(bucket_of_host(host).as_deref(), bucket, "{host}");
        }
    }

    #[test]
    fn templates_match_whole_paths() {
        let found = match_template(
            "/2015-03-31/functions/{FunctionName}/invocations",
            "/2015-03-31/functions/arn%3Aaws%3Alambda/invocations",
        );
        assert_eq!(found, Some(vec![("FunctionName".to_owned(), "arn:aws:lambda".to_owned())]));
        assert!(match_template("/2015-03-31/functions/{FunctionName}", "/2015-03-31/functions/a/invocations").is_none());
        assert!(match_template("/2015-03-31/functions/{FunctionName}", "/2015-03-31/functions/").is_none());
        assert!(match_template("/2015-03-31/functions", "/2015-03-31/functions/").is_some());
        assert_eq!(match_template("/tags/{Arn+}", "/tags/a/b%2Fc"), Some(vec![("Arn".to_owned(), "a/b/c".to_owned())]));
    }
}
