//! Reading objects: GetObject, HeadObject, GetObjectAttributes.

use jiff::Timestamp;
use nightproof_core::service::{Call, Reply};
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::checksum::{Checksum, Kind};
use crate::condition::ReadConditions;
use crate::customer_key::{CustomerKey, OwnKey};
use crate::document::set;
use crate::error::{invalid_argument, no_such_key, no_such_version};
use crate::input::{OnBucket, Text};
use crate::records::{Bucket, NULL, Object, S3, Version, Versioning};
use crate::{blob, customer_key, encoded_word};

/// The bytes that a read answers with.
#[derive(Debug, PartialEq)]
struct Span {
    start: u64,
    length: u64,
    /// Whether the answer is a 206.
    partial: bool,
}

/// `Range` by RFC 9110: one range of bytes; anything else is as if it were not there.
fn span_of_range(range: Option<&str>, size: u64) -> Result<Span, AwsError> {
    let whole = Span { start: 0, length: size, partial: false };
    let Some(range) = range else { return Ok(whole) };
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else { return Ok(whole) };
    let unsatisfiable = || {
        AwsError::new("InvalidRange", 416, "The requested range is not satisfiable")
            .with("RangeRequested", range)
            .with("ActualObjectSize", size)
    };
    let (first, last) = (first.trim(), last.trim());
    let (start, end) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(start), Ok(end)) if start <= end => (start, end.saturating_add(1)),
        (Ok(start), Err(_)) if last.is_empty() => (start, size),
        (Err(_), Ok(suffix)) if first.is_empty() => {
            if suffix == 0 {
                return Err(unsatisfiable());
            }
            (size.saturating_sub(suffix), size)
        }
        _ => return Ok(whole),
    };
    if start >= size {
        return Err(unsatisfiable());
    }
    Ok(Span { start, length: end.min(size) - start, partial: true })
}

fn span_of_part(object: &Object, wanted: i64) -> Result<Span, AwsError> {
    let mut start = 0;
    for part in &object.parts {
        if part.number == wanted {
            return Ok(Span { start, length: part.size, partial: true });
        }
        start += part.size;
    }
    if object.parts.is_empty() && wanted == 1 {
        return Ok(Span { start: 0, length: object.size, partial: object.size > 0 });
    }
    Err(AwsError::new("InvalidPartNumber", 416, "The requested partnumber is not satisfiable")
        .with("PartNumberRequested", wanted)
        .with("ActualPartCount", object.parts.len().max(1)))
}

/// The version that a read names, and never a delete marker: what hides the object is said in the refusal's headers.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html>
pub(crate) fn find<'a>(bucket: &'a Bucket, key: &str, asked: Option<&str>) -> Result<&'a Version, AwsError> {
    let Some(id) = asked else {
        let version = bucket.latest(key).ok_or_else(|| no_such_key(key))?;
        return match version.object() {
            Some(_) => Ok(version),
            None => Err(by_marker(no_such_key(key), version)),
        };
    };
    if id != NULL && (id.len() != 32 || bucket.versioning() == Versioning::Never) {
        return Err(invalid_argument("Invalid version id specified", "versionId", id));
    }
    let version = bucket.version(key, id).ok_or_else(|| no_such_version(key, id))?;
    if version.object().is_none() {
        let error = crate::error::delete_marker("GET");
        let modified = version.modified.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        return Err(by_marker(error, version).with_header("allow", "DELETE").with_header("last-modified", modified));
    }
    Ok(version)
}

fn by_marker(error: AwsError, marker: &Version) -> AwsError {
    error.with_header("x-amz-delete-marker", "true").with_header("x-amz-version-id", marker.id.as_str())
}

/// Refuses the header by which a write asks for encryption.
fn refuse_encryption(call: &Call) -> Result<(), AwsError> {
    const HEADER: &str = "x-amz-server-side-encryption";
    let sent = call.http.as_ref().and_then(|head| head.headers.get(HEADER)).and_then(|value| value.to_str().ok());
    sent.map_or(Ok(()), |sent| {
        Err(invalid_argument("x-amz-server-side-encryption header is not supported for this operation.", HEADER, sent))
    })
}

/// The client's key of a read. One without its digest opens nothing.
fn read_key(call: &Call, given: &OwnKey) -> Result<Option<CustomerKey>, AwsError> {
    let lacks = given.key.get().is_some() && given.md5.get().is_none();
    if lacks && given.algorithm.get() == Some("AES256") {
        customer_key::check(Some(""), Some(&CustomerKey { key: blob::DataKey::random(), md5: "-".to_owned() }))?;
    }
    given.read(call)
}

inputs! {
    /// `GetObject` and `HeadObject`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
    ReadObject {
        on: OnBucket, conditions: ReadConditions, customer: OwnKey, overrides: Overrides;
        key: String,
        version_id: Text,
        range: Text,
        part_number: Option<i64>,
        checksum_mode: Text,
    }
    /// `GetObjectAttributes`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html>
    GetObjectAttributes {
        on: OnBucket, customer: OwnKey;
        key: String,
        version_id: Text,
        max_parts: Option<i64>,
        part_number_marker: Option<i64>,
        object_attributes: Vec<String>,
    }
}

/// Headers that an answer is to have instead of the object's own.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Overrides {
    #[serde(default)]
    response_cache_control: Text,
    #[serde(default)]
    response_content_disposition: Text,
    #[serde(default)]
    response_content_encoding: Text,
    #[serde(default)]
    response_content_language: Text,
    #[serde(default)]
    response_content_type: Text,
    response_expires: Option<Timestamp>,
}

impl Overrides {
    fn apply(&self, output: &mut Value) {
        if let Some(expires) = self.response_expires {
            set(output, "Expires", json!(expires.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()));
        }
        for (text, member) in [
            (&self.response_cache_control, "CacheControl"),
            (&self.response_content_disposition, "ContentDisposition"),
            (&self.response_content_encoding, "ContentEncoding"),
            (&self.response_content_language, "ContentLanguage"),
            (&self.response_content_type, "ContentType"),
        ] {
            if let Some(value) = text.get() {
                set(output, member, json!(value));
            }
        }
    }
}

impl S3 {
    pub(crate) async fn get_object(&self, call: &Call, input: &ReadObject) -> Result<Reply, AwsError> {
        let (mut output, version, span) = self.describe_object(call, input)?;
        let Some(object) = version.object() else { return Err(no_such_key(&input.key)) };
        if ["GLACIER", "DEEP_ARCHIVE"].contains(&object.storage_class.as_str()) {
            return Err(AwsError::new("InvalidObjectState", 403, "The operation is not valid for the object's storage class")
                .with("StorageClass", object.storage_class.as_str()));
        }
        let customer = input.customer.read(call)?;
        let key = object.encryption.open(call, customer.as_ref()).await?;
        input.overrides.apply(&mut output);
        let body = blob::read(&object.blobs, &key, span.start, span.length);
        Ok(Reply { output, body: Some(body) })
    }

    pub(crate) fn head_object(&self, call: &Call, input: &ReadObject) -> Result<Value, AwsError> {
        let (mut output, ..) = self.describe_object(call, input)?;
        input.overrides.apply(&mut output);
        Ok(output)
    }

    /// What GetObject and HeadObject have in common.
    fn describe_object(&self, call: &Call, input: &ReadObject) -> Result<(Value, Version, Span), AwsError> {
        refuse_encryption(call)?;
        let customer = read_key(call, &input.customer)?;
        let key = input.key.as_str();
        let (version, shown) = {
            let mut state = self.state();
            let bucket = state.bucket(&input.on)?;
            let version = find(bucket, key, input.version_id.get())?.clone();
            let shown = bucket.shown_version(&version.id);
            (version, shown)
        };
        let Some(object) = version.object() else { return Err(no_such_key(key)) };
        customer_key::check(object.encryption.customer_key(), customer.as_ref())?;
        input.conditions.check(&object.etag, version.modified, call.now)?;
        let (range, part) = (input.range.get(), input.part_number);
        let span = match (range, part) {
            (Some(_), Some(_)) => {
                return Err(crate::error::invalid_request("Cannot specify both Range header and partNumber query parameter"));
            }
            (range, None) => span_of_range(range, object.size)?,
            (None, Some(part)) => span_of_part(object, part)?,
        };
        let mut headers = object.headers.clone();
        encoded_word::each_value(&mut headers, encoded_word::encode);
        let mut output = Value::Object(headers);
        set(&mut output, "AcceptRanges", json!("bytes"));
        set(&mut output, "LastModified", json!(version.modified));
        set(&mut output, "ContentLength", json!(span.length));
        set(&mut output, "ETag", json!(object.etag));
        set(&mut output, "VersionId", shown);
        if span.partial {
            let last = (span.start + span.length).saturating_sub(1);
            set(&mut output, "ContentRange", json!(format!("bytes {}-{last}/{}", span.start, object.size)));
        }
        if part.is_some() && !object.parts.is_empty() {
            set(&mut output, "PartsCount", json!(object.parts.len()));
        }
        if object.storage_class != "STANDARD" {
            set(&mut output, "StorageClass", json!(object.storage_class));
        }
        if !version.attributes.tags.is_empty() {
            set(&mut output, "TagCount", json!(version.attributes.tags.len()));
        }
        if let Some(status) = version.attributes.replication {
            set(&mut output, "ReplicationStatus", json!(status.name()));
        }
        object.encryption.describe(&mut output);
        version.attributes.lock.describe(&mut output);
        if input.checksum_mode.get().is_some_and(|mode| mode.eq_ignore_ascii_case("ENABLED")) {
            let whole = span.length == object.size;
            let composite = object.checksum.as_ref().is_some_and(|checksum| checksum.kind == Kind::Composite);
            let of_part = object.parts.iter().find(|facts| Some(facts.number) == part).and_then(|facts| facts.checksum.as_ref());
            // A part has a checksum to show if the whole is made of those, or if it is the whole.
            if let Some(checksum) = of_part.filter(|_| composite) {
                Checksum { kind: Kind::Composite, ..checksum.clone() }.describe(&mut output, true);
            } else if let Some(checksum) = object.checksum.as_ref().filter(|_| whole) {
                checksum.describe(&mut output, true);
            }
        }
        if input.version_id.get().is_none()
            && let Some(expiration) = self.expiration(&input.on, key)
        {
            set(&mut output, "Expiration", json!(expiration));
        }
        Ok((output, version, span))
    }

    pub(crate) fn get_object_attributes(&self, call: &Call, input: &GetObjectAttributes) -> Result<Value, AwsError> {
        let customer = read_key(call, &input.customer)?;
        let key = input.key.as_str();
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        let version = find(bucket, key, input.version_id.get())?;
        let Some(object) = version.object() else { return Err(no_such_key(key)) };
        customer_key::check(object.encryption.customer_key(), customer.as_ref())?;
        let asks_for = |name: &str| input.object_attributes.iter().any(|attribute| attribute == name);
        let mut output = json!({"LastModified": version.modified, "VersionId": bucket.shown_version(&version.id)});
        if asks_for("ETag") {
            set(&mut output, "ETag", json!(object.etag.trim_matches('"')));
        }
        if asks_for("StorageClass") {
            set(&mut output, "StorageClass", json!(object.storage_class));
        }
        if asks_for("ObjectSize") {
            set(&mut output, "ObjectSize", json!(object.size));
        }
        if asks_for("Checksum")
            && let Some(checksum) = &object.checksum
        {
            let mut members = json!({});
            // Here, and here alone, the number of parts is not written behind a composite value.
            let value = checksum.value.split('-').next().unwrap_or_default().to_owned();
            Checksum { value, ..checksum.clone() }.describe(&mut members, true);
            set(&mut output, "Checksum", members);
        }
        if asks_for("ObjectParts") && !object.parts.is_empty() {
            let most = usize::try_from(input.max_parts.unwrap_or(1000)).unwrap_or(1000).min(1000);
            let marker = input.part_number_marker.unwrap_or(0);
            let after: Vec<_> = object.parts.iter().filter(|part| part.number > marker).collect();
            let page: Vec<_> = after.iter().take(most).collect();
            let mut parts = json!({"TotalPartsCount": object.parts.len()});
            // Parts are listed only of objects whose parts have checksums of their own.
            if object.checksum.as_ref().is_some_and(|checksum| checksum.kind == Kind::Composite) {
                set(&mut parts, "PartNumberMarker", json!(marker));
                set(&mut parts, "MaxParts", json!(most));
                set(&mut parts, "IsTruncated", json!(after.len() > page.len()));
                set(&mut parts, "NextPartNumberMarker", json!(page.last().map_or(0, |part| part.number)));
                let listed: Vec<Value> = page
                    .iter()
                    .map(|part| {
                        let mut listed = json!({"PartNumber": part.number, "Size": part.size});
                        if let Some(checksum) = &part.checksum {
                            checksum.describe(&mut listed, false);
                        }
                        listed
                    })
                    .collect();
                set(&mut parts, "Parts", json!(listed));
            }
            set(&mut output, "ObjectParts", parts);
        }
        Ok(output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        let span = |range: &str| span_of_range(Some(range), 10);
        assert_eq!(span("bytes=0-3").expect("span"), Span { start: 0, length: 4, partial: true });
        assert_eq!(span("bytes=4-").expect("span"), Span { start: 4, length: 6, partial: true });
        assert_eq!(span("bytes=-3").expect("span"), Span { start: 7, length: 3, partial: true });
        assert_eq!(span("bytes=5-99").expect("span"), Span { start: 5, length: 5, partial: true });
        assert_eq!(span("lines=1-2").expect("ignored"), Span { start: 0, length: 10, partial: false });
        assert_eq!(span("bytes=10-").expect_err("beyond").code, "InvalidRange");
        assert_eq!(span_of_range(Some("bytes=0-0"), 0).expect_err("empty").status, 416);
    }
}
