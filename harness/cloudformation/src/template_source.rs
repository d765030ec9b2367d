//! Where a template is: in a request, or in a bucket.

use http_body_util::BodyExt as _;
use nightproof_core::service::{AwsError, Call, empty_body};
use serde_json::json;

use crate::error::validation;

/// Largest template in a request, and in a bucket.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const LARGEST_BODY: usize = 51_200;

const LARGEST_OBJECT: usize = 1 << 20;

/// The members of a request that give a template.
#[derive(Debug, Clone, Default)]
pub(crate) struct TemplateSource {
    pub body: Option<String>,
    pub url: Option<String>,
}

impl TemplateSource {
    /// Whether neither is given.
    pub(crate) fn is_empty(&self) -> bool {
        self.body.is_none() && self.url.is_none()
    }

    /// The template in a request, or in the bucket that it names.
    pub(crate) async fn read(&self, call: &Call) -> Result<String, AwsError> {
        match (&self.body, &self.url) {
            (Some(body), None) if body.len() <= LARGEST_BODY => Ok(body.clone()),
            (Some(body), None) => Err(validation(format!(
                "1 validation error detected: Value '{body}' at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to {LARGEST_BODY}"
            ))),
            (None, Some(url)) => fetch(call, url).await,
            (Some(_), Some(_)) => Err(validation("Only one of Template URL or Template Body may be specified.")),
            (None, None) => Err(validation("Either Template URL or Template Body must be specified.")),
        }
    }
}

/// Bucket and key of an object's address, path style or with the bucket in the host's name.
fn bucket_and_key(url: &str) -> Option<(String, String)> {
    let uri: http::Uri = url.parse().ok()?;
    let (host, path) = (uri.host()?, uri.path().strip_prefix('/')?);
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let bucket = host.split_once(".s3.").or_else(|| host.split_once(".s3-")).map(|(bucket, _)| bucket);
    match bucket {
        Some(bucket) => Some((bucket.to_owned(), decoded(path))),
        None => path.split_once('/').map(|(bucket, key)| (decoded(bucket), decoded(key))),
    }
}

/// Bucket and key of an object's address, `s3://…` too.
pub(crate) fn location(url: &str) -> Option<(String, String)> {
    match url.strip_prefix("s3://") {
        Some(rest) => rest.split_once('/').map(|(bucket, key)| (bucket.to_owned(), key.to_owned())),
        None => bucket_and_key(url),
    }
}

/// The text of an object in a bucket, by its address.
pub(crate) async fn fetch(call: &Call, url: &str) -> Result<String, AwsError> {
    if let Some((bucket, _)) = url.strip_prefix("s3://").and_then(|rest| rest.split_once('/')) {
        return Err(validation(format!("S3 error: Domain name specified in {bucket} is not a valid S3 domain")));
    }
    let (bucket, key) = bucket_and_key(url).ok_or_else(|| validation("TemplateURL must be a supported URL."))?;
    let failed = |error: &AwsError| {
        validation(format!(
            "S3 error: {}\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
            error.message
        ))
    };
    object(call, &bucket, &key).await.map_err(|error| if error.code == "ValidationError" { error } else { failed(&error) })
}

/// The text of an object, read as the caller.
///
/// # Errors
/// S3's; `ValidationError` if it is no text, or too large.
pub(crate) async fn object(call: &Call, bucket: &str, key: &str) -> Result<String, AwsError> {
    let input = json!({"Bucket": bucket, "Key": key});
    let reply = call.region.call_with_body(&call.caller, "s3", "GetObject", input, empty_body()).await;
    let body = reply?.body.unwrap_or_else(empty_body);
    let bytes = http_body_util::Limited::new(body, LARGEST_OBJECT)
        .collect()
        .await
        .map_err(|_| validation(format!("Template may not exceed {LARGEST_OBJECT} bytes in size.")))?;
    String::from_utf8(bytes.to_bytes().to_vec()).map_err(|_| validation("Template format error: the template is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_templates_are_understood_in_every_style() {
        let cases = [
            ("https://bucket.s3.amazonaws.com/a/b.yaml", "bucket", "a/b.yaml"),
            ("https://bucket.s3.us-east-1.amazonaws.com/a.yaml", "bucket", "a.yaml"),
            ("https://s3.us-east-1.amazonaws.com/bucket/a/b%20c.yaml", "bucket", "a/b c.yaml"),
            ("https://127.0.0.1:4566/bucket/a.yaml", "bucket", "a.yaml"),
        ];
        for (url, bucket, key) in cases {
            assert_eq!(bucket_and_key(url), Some((bucket.to_owned(), key.to_owned())), "{url}");
        }
        assert_eq!(bucket_and_key("https://s3.amazonaws.com/bucket"), None);
    }
}
