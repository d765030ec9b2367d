//! Writing objects: PutObject, and what all writes share.

use std::sync::Arc;

use http_body_util::BodyExt as _;
use nightproof_core::canonical_id;
use nightproof_core::service::{Body, Call};
use nightproof_wire::AwsError;
use serde_json::{Map, Value, json};

use crate::acl::Acl;
use crate::blob::{Blob, DataKey, Writer};
use crate::checksum::{Algorithm, Checksum, Hasher, Kind};
use crate::document::{number, text, whole_seconds};
use crate::encryption::{Encryption, Wanted};
use crate::error::{internal, invalid_request, no_such_bucket, not_implemented};
use crate::event::Event;
use crate::object_lock::Lock;
use crate::records::{Attributes, Bucket, Content, Object, S3};
use crate::{checksum, condition, encoded_word};

/// The largest object that one request may write, and the largest part.
pub(crate) const LARGEST_PUT: u64 = 5 * 1024 * 1024 * 1024;

/// What a body came to.
pub(crate) struct Received {
    pub(crate) blob: Blob,
    pub(crate) md5: [u8; 16],
    sums: Vec<(Algorithm, String)>,
    /// The checksum that the client sent.
    pub(crate) client: Option<Checksum>,
}

impl Received {
    /// The checksum by `algorithm`, which was asked for.
    pub(crate) fn checksum(&self, algorithm: Algorithm) -> Option<Checksum> {
        let (_, value) = self.sums.iter().find(|(other, _)| *other == algorithm)?;
        Some(Checksum { algorithm, value: value.clone(), kind: Kind::FullObject })
    }
}

/// The ids of a version that was written, for the answer.
pub(crate) struct Written {
    /// Null unless the bucket keeps versions.
    pub(crate) version: Value,
    /// Null on a bucket that never kept versions.
    pub(crate) shown: Value,
    pub(crate) id: String,
}

/// Where a write goes, decided before its body is read.
pub(crate) struct Destination {
    pub(crate) incarnation: u64,
    pub(crate) folder: std::path::PathBuf,
    pub(crate) wanted: Wanted,
    /// Whether somebody chose the bucket's default encryption.
    pub(crate) encryption_chosen: bool,
    /// What the request locks it by.
    pub(crate) lock: Lock,
    pub(crate) acl: Option<Acl>,
}

/// Members that an object keeps and gives back as they came.
const KEPT: [&str; 8] = [
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
    "WebsiteRedirectLocation",
    "Metadata",
];

/// The kept members of a request.
pub(crate) fn kept_headers(input: &Value) -> Result<Map<String, Value>, AwsError> {
    let mut headers = Map::new();
    for name in KEPT {
        let Some(value) = input.get(name).filter(|value| !value.is_null()) else { continue };
        if name == "ContentEncoding" {
            // The transfer's own encoding is no property of the object; what else is sent is kept as it is.
            if !value.as_str().unwrap_or_default().contains("aws-chunked") {
                headers.insert(name.to_owned(), value.clone());
                continue;
            }
            let codings: Vec<&str> =
                value.as_str().unwrap_or_default().split(',').map(str::trim).filter(|coding| *coding != "aws-chunked").collect();
            if codings.iter().any(|coding| !coding.is_empty()) {
                headers.insert(name.to_owned(), json!(codings.join(",")));
            }
            continue;
        }
        headers.insert(name.to_owned(), value.clone());
    }
    headers.entry("ContentType").or_insert(json!("binary/octet-stream"));
    let metadata = headers.get("Metadata").and_then(Value::as_object);
    let size: usize = metadata.into_iter().flatten().map(|(name, value)| name.len() + value.as_str().map_or(0, str::len)).sum();
    if size > 2048 {
        return Err(AwsError::new("MetadataTooLarge", 400, "Your metadata headers exceed the maximum allowed metadata size")
            .with("Size", size)
            .with("MaxSizeAllowed", 2048));
    }
    Ok(headers)
}

/// The storage class of a write.
pub(crate) fn storage_class(input: &Value) -> Result<String, AwsError> {
    const CLASSES: [&str; 8] = [
        "STANDARD",
        "REDUCED_REDUNDANCY",
        "STANDARD_IA",
        "ONEZONE_IA",
        "INTELLIGENT_TIERING",
        "GLACIER",
        "DEEP_ARCHIVE",
        "GLACIER_IR",
    ];
    let class = text(input, "StorageClass").unwrap_or("STANDARD");
    if CLASSES.contains(&class) {
        return Ok(class.to_owned());
    }
    Err(AwsError::new("InvalidStorageClass", 400, "The storage class you specified is not valid")
        .with("StorageClassRequested", class))
}

/// The key of a request, not longer than S3 allows.
pub(crate) fn checked_key(input: &Value) -> Result<&str, AwsError> {
    let key = text(input, "Key").unwrap_or_default();
    if key.len() > 1024 {
        return Err(AwsError::new("KeyTooLongError", 400, "Your key is too long")
            .with("Size", key.len())
            .with("MaxSizeAllowed", 1024));
    }
    Ok(key)
}

impl S3 {
    /// Checks a write of an object before its body is read.
    pub(crate) fn destination(&self, call: &Call, input: &Value) -> Result<Destination, AwsError> {
        let key = checked_key(input)?;
        let mut state = self.state();
        let bucket = state.bucket(input)?;
        if input.get("WriteOffsetBytes").is_some() {
            return Err(not_implemented("appending to objects"));
        }
        let acl = crate::operations::acl::admitted(bucket, call, input)?;
        condition::check_write(input, bucket, key)?;
        let lock = Lock::asked(input, bucket.has_object_lock(), call.now)?;
        let wanted = Wanted::of(call, input, bucket.config.get("ServerSideEncryptionConfiguration"))?;
        Ok(Destination {
            incarnation: bucket.incarnation,
            folder: self.bucket_folder(bucket),
            wanted,
            encryption_chosen: bucket.encryption_chosen,
            lock,
            acl,
        })
    }

    /// The folder of a bucket's files. Bucket names have no slash and no `..`, accounts are digits.
    pub(crate) fn bucket_folder(&self, bucket: &Bucket) -> std::path::PathBuf {
        self.folder.join(&bucket.account).join(&bucket.name)
    }

    /// Streams a request's body to a file and verifies its length, its digests, and the checksum it came with.
    pub(crate) async fn receive(
        &self,
        call: &Call,
        input: &Value,
        mut body: Body,
        folder: &std::path::Path,
        key: &DataKey,
        stored: Option<Algorithm>,
    ) -> Result<Received, AwsError> {
        checksum::check_md5_form(input)?;
        let given = checksum::given(input)?;
        let announced = if given.is_none() { checksum::announced(call, input)? } else { None };
        let expected = number(input, "ContentLength").and_then(|length| u64::try_from(length).ok());
        if expected.is_some_and(|length| length > LARGEST_PUT) {
            return Err(too_large(expected.unwrap_or_default()));
        }
        let client = given.as_ref().map(|(algorithm, _)| *algorithm).or(announced);
        let kept = stored.or(client).unwrap_or(Algorithm::Crc64Nvme);
        let mut hasher = Hasher::new([Some(kept), client].into_iter().flatten());
        let mut writer = Writer::create(folder, key).await.map_err(internal)?;
        let mut size = 0_u64;
        let mut trailers = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(from_body)?;
            match frame.into_data() {
                Ok(data) => {
                    size += data.len() as u64;
                    if size > LARGEST_PUT {
                        return Err(too_large(size));
                    }
                    hasher.update(&data);
                    writer.write(&data).await.map_err(internal)?;
                }
                Err(other) => trailers = other.into_trailers().ok(),
            }
        }
        if expected.is_some_and(|length| size < length) {
            return Err(incomplete());
        }
        let (md5, sums) = hasher.finish();
        checksum::check_md5(input, &md5, input.get("PartNumber").is_some())?;
        let claimed = match (given, &trailers) {
            (Some(given), _) => Some(given),
            (None, Some(trailers)) => checksum::trailing(trailers)?,
            (None, None) => None,
        };
        match (&claimed, announced) {
            (None, Some(_)) if call.http.as_ref().is_some_and(|parts| parts.headers.contains_key("x-amz-trailer")) => {
                return Err(AwsError::new(
                    "MalformedTrailerError",
                    400,
                    "The request contained trailing data that was not well-formed or did not conform to our published schema.",
                ));
            }
            (Some((algorithm, value)), _) => match sums.iter().find(|(other, _)| other == algorithm) {
                Some((_, computed)) if computed == value => {}
                Some(_) => return Err(checksum::mismatch(*algorithm)),
                None => return Err(invalid_request("The trailer's checksum is not the one that x-amz-trailer announced")),
            },
            _ => {}
        }
        let client = claimed.map(|(algorithm, value)| Checksum { algorithm, value, kind: Kind::FullObject });
        Ok(Received { blob: writer.finish().await.map_err(internal)?, md5, sums, client })
    }

    /// Makes an object current, unless its bucket went away meanwhile or a condition no longer holds.
    pub(crate) fn commit(
        &self,
        call: &Call,
        input: &Value,
        (incarnation, key): (u64, &str),
        object: Object,
        attributes: Attributes,
    ) -> Result<(Written, Arc<Object>), AwsError> {
        let object = Arc::new(object);
        let mut state = self.state();
        let bucket = state.bucket(input)?;
        if bucket.incarnation != incarnation {
            return Err(no_such_bucket(&bucket.name));
        }
        condition::check_write(input, bucket, key)?;
        let attributes = Attributes { lock: bucket.lock(attributes.lock, call.now), ..attributes };
        let id = bucket.add(key, Content::Object(Arc::clone(&object)), attributes, whole_seconds(call.now));
        let written = Written { version: bucket.written_version(&id), shown: bucket.shown_version(&id), id };
        drop(state);
        Ok((written, object))
    }

    pub(crate) async fn put_object(&self, call: &Call, input: &Value, body: Body) -> Result<Value, AwsError> {
        let destination = self.destination(call, input)?;
        let mut headers = kept_headers(input)?;
        // A form has no headers: what it says is meant as it is.
        if call.http.as_ref().is_none_or(|head| head.method != http::Method::POST) {
            encoded_word::each_value(&mut headers, encoded_word::decode);
        }
        let storage_class = storage_class(input)?;
        let tags = crate::operations::tagging::of_header(input)?;
        checksum::check_md5_form(input)?;
        let key = checked_key(input)?;
        let bucket = text(input, "Bucket").unwrap_or_default();
        let (encryption, data_key) = Encryption::begin(call, destination.wanted, bucket, key).await?;
        let received = self.receive(call, input, body, &destination.folder, &data_key, None).await?;
        let object = Object {
            size: received.blob.size,
            etag: etag(&encryption, &received.md5),
            checksum: received.sums.first().and_then(|(algorithm, _)| received.checksum(*algorithm)),
            blobs: vec![received.blob],
            upload: None,
            parts: Vec::new(),
            headers,
            storage_class,
            encryption,
        };
        let attributes = Attributes { tags, lock: destination.lock, acl: destination.acl };
        let (written, object) = self.commit(call, input, (destination.incarnation, key), object, attributes)?;
        let mut output = json!({"ETag": object.etag, "VersionId": written.version});
        object.encryption.describe_write(&mut output);
        if let Some(checksum) = &object.checksum {
            checksum.describe(&mut output, true);
        }
        if let Some(expiration) = self.expiration(input, key, call.now) {
            crate::document::set(&mut output, "Expiration", json!(expiration));
        }
        self.notify(call, bucket, vec![Event::created(call, "PutObject", key, &written.id, &object)]).await;
        Ok(output)
    }
}

/// The ETag of bytes with this MD5; under KMS it says nothing about the content.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html>
pub(crate) fn etag(encryption: &Encryption, md5: &[u8; 16]) -> String {
    let digest = if encryption.hides_md5() { rand::random() } else { *md5 };
    format!("\"{}\"", hex::encode(digest))
}

fn incomplete() -> AwsError {
    AwsError::new("IncompleteBody", 400, "You did not provide the number of bytes specified by the Content-Length HTTP header")
}

fn too_large(size: u64) -> AwsError {
    AwsError::new("EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size")
        .with("ProposedSize", size)
        .with("MaxSizeAllowed", LARGEST_PUT)
}

/// A body that broke off: the gateway's own reason (a chunk signature that does not match) if it gave one.
fn from_body(error: std::io::Error) -> AwsError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<AwsError>()) {
        Some(reason) => reason.clone(),
        None => {
            tracing::debug!(%error, "a request body broke off");
            incomplete()
        }
    }
}

/// The requested owner of a document, as `Owner` and `Initiator` show it.
pub(crate) fn initiator(call: &Call) -> Value {
    match call.caller.principal {
        nightproof_core::Principal::Root => json!({"ID": canonical_id(call.account())}),
        _ => json!({"ID": call.caller.arn(), "DisplayName": call.caller.user_id()}),
    }
}
