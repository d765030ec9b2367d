//! CopyObject, and the source side of UploadPartCopy.

use std::sync::Arc;

use nightproof_core::service::{Body, Call};
use nightproof_wire::AwsError;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::checksum::{Algorithm, Kind};
use crate::customer_key::CustomerKey;
use crate::document::{set, text};
use crate::encryption::{Encryption, Wanted};
use crate::error::{invalid_argument, invalid_request};
use crate::event::Event;
use crate::operations::get::find;
use crate::operations::put::{LARGEST_PUT, checked_key, etag, kept_headers, storage_class};
use crate::records::{Attributes, NULL, Object, S3, Version};
use crate::{blob, condition, customer_key, encoded_word};

/// What `x-amz-copy-source` names.
pub(crate) struct Source {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) version: Option<String>,
}

impl Source {
    pub(crate) fn from_input(input: &Value) -> Result<Self, AwsError> {
        let given = text(input, "CopySource").unwrap_or_default();
        let refused = || invalid_argument("Invalid copy source object key", "x-amz-copy-source", "x-amz-copy-source");
        // The whole address is taken as well.
        let given = given.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or(given, |(_, path)| path);
        let (path, version) = match given.split_once("?versionId=") {
            Some((path, version)) => (path, Some(version.to_owned())),
            None => (given, None),
        };
        let path = path.replace('+', " ");
        let path = percent_decode_str(&path).decode_utf8().map_err(|_| refused())?;
        let (bucket, key) = path.trim_start_matches('/').split_once('/').ok_or_else(refused)?;
        if bucket.is_empty() || key.is_empty() {
            return Err(refused());
        }
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned(), version })
    }
}

/// What is said of an object, when it is said of a copy's source.
pub(crate) fn of_source(error: AwsError) -> AwsError {
    match error.code.as_str() {
        "MethodNotAllowed" => {
            invalid_request("The source of a copy request may not specifically refer to a delete marker by version id.")
        }
        _ => error,
    }
}

/// An object to copy from, found and permitted by its conditions.
pub(crate) struct Found {
    pub(crate) source: Source,
    pub(crate) version: Version,
    pub(crate) object: Arc<Object>,
    /// Null for the version of an object that was stored without versions.
    pub(crate) shown: Value,
}

impl S3 {
    /// Finds a copy's source.
    pub(crate) fn copy_source(&self, call: &Call, input: &Value) -> Result<Found, AwsError> {
        let source = Source::from_input(input)?;
        let mut state = self.state();
        let asked = json!({"Bucket": source.bucket, "ExpectedBucketOwner": input.get("ExpectedSourceBucketOwner")});
        let bucket = state.bucket(&asked)?;
        let version = find(bucket, &source.key, source.version.as_deref()).map_err(of_source)?;
        let version = version.clone();
        let shown = if version.id == NULL { Value::Null } else { json!(version.id) };
        let object = version.object().cloned().ok_or_else(|| crate::error::no_such_key(&source.key))?;
        condition::check_read(input, condition::COPY_SOURCE, &object.etag, version.modified, call.now)?;
        if ["GLACIER", "DEEP_ARCHIVE"].contains(&object.storage_class.as_str()) {
            return Err(AwsError::new("InvalidObjectState", 403, "Operation is not valid for the source object's storage class"));
        }
        Ok(Found { source, version, object, shown })
    }

    /// The source's plain bytes, for who copies.
    pub(crate) async fn read_source(
        &self,
        call: &Call,
        input: &Value,
        object: &Object,
        (start, length): (u64, u64),
    ) -> Result<Body, AwsError> {
        let customer = CustomerKey::from_input(call, input, customer_key::COPY_SOURCE)?;
        customer_key::check(object.encryption.customer_key(), customer.as_ref())?;
        let key = object.encryption.open(call, customer.as_ref()).await?;
        Ok(blob::read(&object.blobs, &key, start, length))
    }

    pub(crate) async fn copy_object(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let key = checked_key(input)?;
        let found = self.copy_source(call, input)?;
        if found.object.size > LARGEST_PUT {
            return Err(invalid_request(format!(
                "The specified copy source is larger than the maximum allowable size for a copy source: {LARGEST_PUT}"
            )));
        }
        let replaces = |member: &str| match text(input, member) {
            None | Some("COPY") => Ok(false),
            Some("REPLACE") => Ok(true),
            Some(other) => Err(invalid_argument("Unknown directive.", member, other)),
        };
        let (new_metadata, new_tags) = (replaces("MetadataDirective")?, replaces("TaggingDirective")?);
        let bucket = text(input, "Bucket").unwrap_or_default();
        let itself = found.source.bucket == bucket && found.source.key == key && found.source.version.is_none();
        let changes = new_metadata
            || ["StorageClass", "ServerSideEncryption", "SSEKMSKeyId", "WebsiteRedirectLocation", "ChecksumAlgorithm"]
                .iter()
                .any(|member| text(input, member).is_some());
        // A copy under another key is another object, and the bucket's default may be one.
        let rewraps = itself && (found.object.encryption.hides_md5() || self.destination(call, input)?.encryption_chosen);
        if itself && !changes && !rewraps {
            return Err(invalid_request(
                "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
            ));
        }
        let destination = self.destination(call, input)?;
        let headers = if new_metadata {
            let mut headers = kept_headers(input)?;
            encoded_word::each_value(&mut headers, encoded_word::decode);
            headers
        } else {
            let mut kept: Map<String, Value> = found.object.headers.clone();
            kept.remove("WebsiteRedirectLocation");
            if let Some(redirect) = text(input, "WebsiteRedirectLocation") {
                kept.insert("WebsiteRedirectLocation".to_owned(), json!(redirect));
            }
            kept
        };
        let tags = if new_tags { crate::operations::tagging::of_header(input)? } else { found.version.attributes.tags.clone() };
        let asked = text(input, "ChecksumAlgorithm").map(Algorithm::parse).transpose()?;
        let kept = found.object.checksum.as_ref().map(|checksum| checksum.algorithm);
        let algorithm = asked.or(kept).unwrap_or(Algorithm::Crc64Nvme);
        let source = self.read_source(call, input, &found.object, (0, found.object.size)).await?;
        let wanted: Wanted = destination.wanted;
        let (encryption, data_key) = Encryption::begin(call, wanted, bucket, key).await?;
        let bare = json!({});
        let quiet = Call { http: None, ..call.clone() };
        let received = self.receive(&quiet, &bare, source, &destination.folder, &data_key, Some(algorithm)).await?;
        let checksum = received.checksum(algorithm).inspect(|checksum| debug_assert_eq!(checksum.kind, Kind::FullObject));
        let object = Object {
            size: received.blob.size,
            etag: etag(&encryption, &received.md5),
            checksum,
            blobs: vec![received.blob],
            upload: None,
            parts: Vec::new(),
            headers,
            storage_class: storage_class(input)?,
            encryption,
        };
        let attributes = Attributes { tags, lock: destination.lock, acl: destination.acl };
        let (written, object) = self.commit(call, input, (destination.incarnation, key), object, attributes)?;
        let mut result = json!({"ETag": object.etag, "LastModified": crate::document::whole_seconds(call.now)});
        if let Some(checksum) = &object.checksum {
            checksum.describe(&mut result, true);
        }
        let mut output = json!({"CopyObjectResult": result, "VersionId": written.shown, "CopySourceVersionId": found.shown});
        object.encryption.describe_write(&mut output);
        if let Some(expiration) = self.expiration(input, key, call.now) {
            set(&mut output, "Expiration", json!(expiration));
        }
        self.notify(call, bucket, vec![Event::created(call, "CopyObject", key, &written.id, &object)]).await;
        Ok(output)
    }
}
