//! Writing objects: PutObject, and what all writes share.

use std::sync::Arc;

use http_body_util::BodyExt as _;
use nightproof_core::canonical_id;
use nightproof_core::service::{Body, Call};
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::acl::{Acl, AskedAcl};
use crate::blob::{Blob, DataKey, Writer};
use crate::checksum::{Algorithm, BodyDigests, Checksum, GivenChecksums, Hasher, Kind};
use crate::condition::WriteConditions;
use crate::customer_key::OwnKey;
use crate::document::whole_seconds;
use crate::encryption::{AskedEncryption, Encryption, Wanted};
use crate::error::{internal, invalid_request, no_such_bucket};
use crate::event::Event;
use crate::input::{OnBucket, Text};
use crate::object_lock::{AskedLock, Lock};
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
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct KeptMembers {
    cache_control: Option<String>,
    content_disposition: Option<String>,
    content_encoding: Option<String>,
    content_language: Option<String>,
    content_type: Option<String>,
    expires: Option<String>,
    pub(crate) website_redirect_location: Option<String>,
    metadata: Option<Map<String, Value>>,
}

/// What the object of a write is to be, beside its bytes.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ObjectMembers {
    #[serde(default)]
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) storage_class: Text,
    #[serde(default)]
    pub(crate) tagging: Text,
}

/// The parts of a write of an object that are decided on before its body is read.
pub(crate) struct Write<'a> {
    pub(crate) on: &'a OnBucket,
    pub(crate) key: &'a str,
    pub(crate) acl: &'a AskedAcl,
    pub(crate) conditions: &'a WriteConditions,
    pub(crate) lock: &'a AskedLock,
    pub(crate) encryption: &'a AskedEncryption,
    pub(crate) customer: &'a OwnKey,
}

inputs! {
    /// `PutObject`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>
    PutObject {
        on: OnBucket, object: ObjectMembers, kept: KeptMembers, acl: AskedAcl, conditions: WriteConditions, lock: AskedLock, encryption: AskedEncryption, customer: OwnKey, checksums: GivenChecksums, digests: BodyDigests;
    }
}

/// The kept members of a request.
pub(crate) fn kept_headers(kept: &KeptMembers) -> Result<Map<String, Value>, AwsError> {
    let mut headers = Map::new();
    let texts = [
        ("CacheControl", &kept.cache_control),
        ("ContentDisposition", &kept.content_disposition),
        ("ContentLanguage", &kept.content_language),
        ("ContentType", &kept.content_type),
        ("Expires", &kept.expires),
        ("WebsiteRedirectLocation", &kept.website_redirect_location),
    ];
    headers.extend(texts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?)))));
    headers.extend(kept.metadata.as_ref().map(|metadata| ("Metadata".to_owned(), json!(metadata))));
    if let Some(encoding) = &kept.content_encoding {
        // The transfer's own encoding is no property of the object; what else is sent is kept as it is.
        let codings: Vec<&str> = encoding.split(',').map(str::trim).filter(|coding| *coding != "aws-chunked").collect();
        if !encoding.contains("aws-chunked") {
            headers.insert("ContentEncoding".to_owned(), json!(encoding));
        } else if codings.iter().any(|coding| !coding.is_empty()) {
            headers.insert("ContentEncoding".to_owned(), json!(codings.join(",")));
        }
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
pub(crate) fn storage_class(given: &Text) -> Result<String, AwsError> {
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
    let class = given.get().unwrap_or("STANDARD");
    if CLASSES.contains(&class) {
        return Ok(class.to_owned());
    }
    Err(AwsError::new("InvalidStorageClass", 400, "The storage class you specified is not valid")
        .with("StorageClassRequested", class))
}

/// The key of a request, not longer than S3 allows.
pub(crate) fn checked_key(key: &str) -> Result<&str, AwsError> {
    if key.len() > 1024 {
        return Err(AwsError::new("KeyTooLongError", 400, "Your key is too long")
            .with("Size", key.len())
            .with("MaxSizeAllowed", 1024));
    }
    Ok(key)
}

impl S3 {
    /// Checks a write of an object before its body is read.
    pub(crate) fn destination(&self, call: &Call, write: &Write<'_>) -> Result<Destination, AwsError> {
        let key = checked_key(write.key)?;
        let mut state = self.state();
        let bucket = state.bucket(write.on)?;
        let acl = crate::operations::acl::admitted(bucket, call, write.acl)?;
        condition::check_write(write.conditions, bucket, key)?;
        let lock = Lock::asked(write.lock, bucket.has_object_lock(), call.now)?;
        let wanted = Wanted::of(call, write.encryption, write.customer, bucket.config.get("ServerSideEncryptionConfiguration"))?;
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
        (checksums, digests, of_part): (&GivenChecksums, &BodyDigests, bool),
        mut body: Body,
        folder: &std::path::Path,
        key: &DataKey,
        stored: Option<Algorithm>,
    ) -> Result<Received, AwsError> {
        checksum::check_md5_form(digests)?;
        let given = checksum::given(checksums)?;
        let announced = if given.is_none() { checksum::announced(call, digests)? } else { None };
        let expected = digests.content_length.and_then(|length| u64::try_from(length).ok());
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
        checksum::check_md5(digests, &md5, of_part)?;
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
        (on, conditions): (&OnBucket, &WriteConditions),
        (incarnation, key): (u64, &str),
        object: Object,
        attributes: Attributes,
    ) -> Result<(Written, Arc<Object>), AwsError> {
        let object = Arc::new(object);
        let mut state = self.state();
        let bucket = state.bucket(on)?;
        if bucket.incarnation != incarnation {
            return Err(no_such_bucket(&bucket.name));
        }
        condition::check_write(conditions, bucket, key)?;
        let attributes = Attributes { lock: bucket.lock(attributes.lock, call.now), ..attributes };
        let id = bucket.add(key, Content::Object(Arc::clone(&object)), attributes, whole_seconds(call.now));
        let written = Written { version: bucket.written_version(&id), shown: bucket.shown_version(&id), id };
        drop(state);
        Ok((written, object))
    }

    pub(crate) async fn put_object(&self, call: &Call, input: &PutObject, body: Body) -> Result<Value, AwsError> {
        let write = Write {
            on: &input.on,
            key: &input.object.key,
            acl: &input.acl,
            conditions: &input.conditions,
            lock: &input.lock,
            encryption: &input.encryption,
            customer: &input.customer,
        };
        let destination = self.destination(call, &write)?;
        let mut headers = kept_headers(&input.kept)?;
        // A form has no headers: what it says is meant as it is.
        if call.http.as_ref().is_none_or(|head| head.method != http::Method::POST) {
            encoded_word::each_value(&mut headers, encoded_word::decode);
        }
        let storage_class = storage_class(&input.object.storage_class)?;
        let tags = crate::operations::tagging::of_header(&input.object.tagging)?;
        checksum::check_md5_form(&input.digests)?;
        let key = checked_key(&input.object.key)?;
        let bucket = input.on.bucket.as_str();
        let (encryption, data_key) = Encryption::begin(call, destination.wanted, bucket, key).await?;
        let received =
            self.receive(call, (&input.checksums, &input.digests, false), body, &destination.folder, &data_key, None).await?;
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
        let attributes = Attributes { tags, lock: destination.lock, acl: destination.acl, replication: None };
        let (written, object) =
            self.commit(call, (&input.on, &input.conditions), (destination.incarnation, key), object, attributes)?;
        let mut output = json!({"ETag": object.etag, "VersionId": written.version});
        object.encryption.describe_write(&mut output);
        if let Some(checksum) = &object.checksum {
            checksum.describe(&mut output, true);
        }
        if let Some(expiration) = self.expiration(&input.on, key) {
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
