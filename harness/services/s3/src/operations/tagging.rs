//! Tags of buckets and objects.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>

use nightproof_core::service::Call;
use nightproof_wire::AwsError;
use serde_json::{Value, json};

use crate::document::{list, text};
use crate::error::{invalid_argument, no_such_key, no_such_version};
use crate::records::S3;

/// Keys and values of a `TagSet`.
pub(crate) fn pairs(tags: Option<&Value>) -> Vec<(String, String)> {
    let tags = tags.and_then(Value::as_array).into_iter().flatten();
    tags.filter_map(|tag| Some((text(tag, "Key")?.to_owned(), tag.get("Value")?.as_str()?.to_owned()))).collect()
}

/// Checks a set of tags.
pub(crate) fn check(tags: &[Value], most: usize) -> Result<(), AwsError> {
    if tags.len() > most {
        return Err(AwsError::new(
            "BadRequest",
            400,
            if most == 10 { "Object tags cannot be greater than 10" } else { "Bucket tag count cannot be greater than 50" },
        ));
    }
    let mut seen = std::collections::HashSet::new();
    for tag in tags {
        let key = text(tag, "Key").unwrap_or_default();
        let value = tag.get("Value").and_then(Value::as_str).unwrap_or_default();
        if key.is_empty() || key.chars().count() > 128 || !allowed(key) {
            return Err(AwsError::new("InvalidTag", 400, "The TagKey you have provided is invalid").with("TagKey", key));
        }
        if key.starts_with("aws:") {
            return Err(AwsError::new("InvalidTag", 400, "System tags cannot be added/updated by requester"));
        }
        if value.chars().count() > 256 || !allowed(value) {
            return Err(AwsError::new("InvalidTag", 400, "The TagValue you have provided is invalid").with("TagValue", value));
        }
        if !seen.insert(key) {
            return Err(AwsError::new("InvalidTag", 400, "Cannot provide multiple Tags with the same key").with("TagKey", key));
        }
    }
    Ok(())
}

/// Whether the tag is one of AWS's own: CloudFormation, which calls from inside the region, sets them; others keep them.
fn is_system(tag: &Value) -> bool {
    text(tag, "Key").is_some_and(|key| key.starts_with("aws:"))
}

/// Checks the tags that are to replace those that a bucket has.
pub(crate) fn check_of_bucket(call: &Call, current: &[Value], wanted: &[Value]) -> Result<(), AwsError> {
    let outside = call.http.is_some();
    let given = |tag: &&Value| is_system(tag) && (!outside || current.contains(tag));
    let own: Vec<Value> = wanted.iter().filter(|tag| !given(tag)).cloned().collect();
    check(&own, 50)?;
    if outside && current.iter().any(|tag| is_system(tag) && !wanted.contains(tag)) {
        return Err(AwsError::new("InvalidTag", 400, "System tags cannot be removed by requester"));
    }
    Ok(())
}

/// The tags of a bucket that are left when the caller deletes all.
pub(crate) fn undeletable(call: &Call, current: &[Value]) -> Vec<Value> {
    current.iter().filter(|tag| call.http.is_some() && is_system(tag)).cloned().collect()
}

fn allowed(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || "+-=._:/@".contains(c))
}

/// The tags of the `x-amz-tagging` header, which is a query string.
pub(crate) fn of_header(input: &Value) -> Result<Vec<Value>, AwsError> {
    let Some(header) = text(input, "Tagging") else { return Ok(Vec::new()) };
    let mut tags = Vec::new();
    for pair in header.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decode = |text: &str| {
            percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8().map(|text| text.into_owned()).map_err(|_| {
                invalid_argument(
                    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
                    "x-amz-tagging",
                    header,
                )
            })
        };
        tags.push(json!({"Key": decode(key)?, "Value": decode(value)?}));
    }
    check(&tags, 10)?;
    Ok(tags)
}

impl S3 {
    pub(crate) fn object_tagging(&self, operation: &str, input: &Value) -> Result<Value, AwsError> {
        let key = text(input, "Key").unwrap_or_default();
        let asked = text(input, "VersionId");
        let tags = match operation {
            "PutObjectTagging" => {
                let tags = list(Self::payload(input, "Tagging")?, "TagSet").to_vec();
                check(&tags, 10)?;
                Some(tags)
            }
            "DeleteObjectTagging" => Some(Vec::new()),
            _ => None,
        };
        let mut state = self.state();
        let bucket = state.bucket(input)?;
        let plain = bucket.versioning() == crate::records::Versioning::Never;
        let version = bucket.version_mut(key, asked).ok_or_else(|| match asked {
            Some(id) => no_such_version(key, id),
            None => no_such_key(key),
        })?;
        if version.object().is_none() {
            return Err(match asked {
                Some(_) => AwsError::new("MethodNotAllowed", 405, "The specified method is not allowed against this resource."),
                None => no_such_key(key),
            });
        }
        let mut output = json!({});
        if !plain && let Value::Object(output) = &mut output {
            output.insert("VersionId".to_owned(), json!(version.id));
        }
        match tags {
            Some(tags) => version.tags = tags,
            None => {
                if let Value::Object(output) = &mut output {
                    output.insert("TagSet".to_owned(), json!(version.tags));
                }
            }
        }
        Ok(output)
    }
}
