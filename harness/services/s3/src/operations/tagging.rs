//! Tags of buckets and objects.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>

use nightproof_core::service::Call;
use nightproof_wire::AwsError;
use serde_json::{Value, json};

use crate::document::{list, payload, text};
use crate::error::{delete_marker, invalid_argument, malformed_xml, no_such_key, no_such_version};
use crate::event::Event;
use crate::input::{DocumentDigest, OnBucket, Text};
use crate::records::S3;

/// Keys and values of a `TagSet`.
pub(crate) fn pairs(tags: Option<&Value>) -> Vec<(String, String)> {
    let tags = tags.and_then(Value::as_array).into_iter().flatten();
    tags.filter_map(|tag| Some((text(tag, "Key")?.to_owned(), tag.get("Value")?.as_str()?.to_owned()))).collect()
}

/// What has tags: each is refused in words of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Object,
    Bucket,
    /// A bucket that is being made.
    NewBucket,
}

/// Checks a set of tags.
pub(crate) fn check(tags: &[Value], of: Of) -> Result<(), AwsError> {
    let most = if of == Of::Object { 10 } else { 50 };
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
        let Some(value) = tag.get("Value").and_then(Value::as_str) else { return Err(malformed_xml()) };
        if key.is_empty() || key.chars().count() > 128 || !allowed(key) {
            return Err(AwsError::new("InvalidTag", 400, "The TagKey you have provided is invalid").with("TagKey", key));
        }
        if key.starts_with("aws:") {
            let refused = |message: &str| AwsError::new("InvalidTag", 400, message);
            return Err(match of {
                Of::Object => refused("Your TagKey cannot be prefixed with aws:").with("TagKey", key),
                Of::Bucket => refused("System tags cannot be added/updated by requester").with("TagKey", key),
                Of::NewBucket => refused(
                    "User-defined tag keys can't start with \"aws:\". This prefix is reserved for system tags. Remove \"aws:\" from your tag keys and try again.",
                ),
            });
        }
        if value.chars().count() > 256 || !allowed(value) {
            return Err(AwsError::new("InvalidTag", 400, "The TagValue you have provided is invalid")
                .with("TagKey", key)
                .with("TagValue", value));
        }
        if !seen.insert(key) {
            if of == Of::NewBucket {
                // AWS's own answer.
                return Err(AwsError::new("InternalError", 500, "We encountered an internal error. Please try again."));
            }
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
    check(&own, Of::Bucket)?;
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
pub(crate) fn of_header(header: &Text) -> Result<Vec<Value>, AwsError> {
    let Some(header) = header.get() else { return Ok(Vec::new()) };
    let mut tags = Vec::new();
    let refused = || {
        invalid_argument(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
            "x-amz-tagging",
            header,
        )
    };
    for pair in header.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decode = |text: &str| {
            percent_encoding::percent_decode_str(&text.replace('+', " "))
                .decode_utf8()
                .map(|text| text.into_owned())
                .map_err(|_| refused())
        };
        let tag = json!({"Key": decode(key)?, "Value": decode(value)?});
        if value.contains('=') || tags.iter().any(|other: &Value| other.get("Key") == tag.get("Key")) {
            return Err(refused());
        }
        tags.push(tag);
    }
    check(&tags, Of::Object)?;
    Ok(tags)
}

inputs! {
    /// `GetObjectTagging`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html>
    GetObjectTagging {
        on: OnBucket;
        key: String,
        version_id: Text,
    }
    /// `PutObjectTagging`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html>
    PutObjectTagging {
        on: OnBucket | DocumentDigest;
        key: String,
        version_id: Text,
        tagging: Option<Value>,
    }
    /// `DeleteObjectTagging`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html>
    DeleteObjectTagging {
        on: OnBucket;
        key: String,
        version_id: Text,
    }
}

/// The object whose tags an operation is about.
struct Tagged<'a> {
    on: &'a OnBucket,
    key: &'a str,
    version: Option<&'a str>,
}

impl S3 {
    pub(crate) async fn get_object_tagging(&self, call: &Call, input: &GetObjectTagging) -> Result<Value, AwsError> {
        let object = Tagged { on: &input.on, key: &input.key, version: input.version_id.get() };
        self.object_tagging(call, "GetObjectTagging", &object, None).await
    }

    pub(crate) async fn put_object_tagging(&self, call: &Call, input: &PutObjectTagging) -> Result<Value, AwsError> {
        let tags = list(payload(&input.tagging)?, "TagSet").to_vec();
        check(&tags, Of::Object)?;
        let object = Tagged { on: &input.on, key: &input.key, version: input.version_id.get() };
        self.object_tagging(call, "PutObjectTagging", &object, Some(tags)).await
    }

    pub(crate) async fn delete_object_tagging(&self, call: &Call, input: &DeleteObjectTagging) -> Result<Value, AwsError> {
        let object = Tagged { on: &input.on, key: &input.key, version: input.version_id.get() };
        self.object_tagging(call, "DeleteObjectTagging", &object, Some(Vec::new())).await
    }

    async fn object_tagging(
        &self,
        call: &Call,
        operation: &str,
        object: &Tagged<'_>,
        tags: Option<Vec<Value>>,
    ) -> Result<Value, AwsError> {
        let (output, event) = self.tag_object(operation, object, tags)?;
        self.notify(call, &object.on.bucket, event.into_iter().collect()).await;
        Ok(output)
    }

    fn tag_object(
        &self,
        operation: &str,
        object: &Tagged<'_>,
        tags: Option<Vec<Value>>,
    ) -> Result<(Value, Option<Event>), AwsError> {
        let &Tagged { on, key, version: asked } = object;
        let mut state = self.state();
        let bucket = state.bucket(on)?;
        let name = bucket.name.clone();
        let plain = bucket.versioning() == crate::records::Versioning::Never;
        let version = bucket.version_mut(key, asked).ok_or_else(|| match asked {
            Some(id) => no_such_version(key, id),
            // So AWS names it, in this one operation.
            None if operation == "GetObjectTagging" => no_such_key(&format!("{name}/{key}")),
            None => no_such_key(key),
        })?;
        if version.object().is_none() {
            return Err(delete_marker(match operation {
                "PutObjectTagging" => "PUT",
                "DeleteObjectTagging" => "DELETE",
                _ => "GET",
            }));
        }
        let name = match operation {
            "PutObjectTagging" => Some("ObjectTagging:Put"),
            "DeleteObjectTagging" => Some("ObjectTagging:Delete"),
            _ => None,
        };
        let event = name.map(|name| Event::changed(name, key, &version.id, version.object().map(AsRef::as_ref)));
        let mut output = json!({});
        if !plain && let Value::Object(output) = &mut output {
            output.insert("VersionId".to_owned(), json!(version.id));
        }
        match tags {
            Some(tags) => version.attributes.tags = tags,
            None => {
                if let Value::Object(output) = &mut output {
                    output.insert("TagSet".to_owned(), json!(version.attributes.tags));
                }
            }
        }
        Ok((output, event))
    }
}
