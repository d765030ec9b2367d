//! CopyObject, and the source side of UploadPartCopy.

use std::sync::Arc;

use nightproof_core::service::{Body, Call};
use nightproof_wire::AwsError;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::acl::AskedAcl;
use crate::checksum::{Algorithm, BodyDigests, GivenChecksums, Kind};
use crate::condition::{SourceConditions, WriteConditions};
use crate::customer_key::{OwnKey, SourceKey};
use crate::document::set;
use crate::encryption::{AskedEncryption, Encryption, Wanted};
use crate::error::{invalid_argument, invalid_request};
use crate::event::Event;
use crate::input::{OnBucket, Text};
use crate::object_lock::AskedLock;
use crate::operations::get::find;
use crate::operations::put::{KeptMembers, LARGEST_PUT, ObjectMembers, Write, checked_key, etag, kept_headers, storage_class};
use crate::records::{Attributes, NULL, Object, S3, Version};
use crate::{blob, customer_key, encoded_word};

/// What `x-amz-copy-source` names.
pub(crate) struct Source {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) version: Option<String>,
}

impl Source {
    pub(crate) fn parse(given: &str) -> Result<Self, AwsError> {
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

/// What `x-amz-copy-source` names, and on which conditions.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CopiedFrom {
    #[serde(default)]
    pub(crate) copy_source: Text,
    expected_source_bucket_owner: Option<String>,
}

inputs! {
    /// `CopyObject`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>
    CopyObject {
        on: OnBucket, from: CopiedFrom, source_conditions: SourceConditions, source_key: SourceKey, object: ObjectMembers, kept: KeptMembers, acl: AskedAcl, conditions: WriteConditions, lock: AskedLock, encryption: AskedEncryption, customer: OwnKey;
        metadata_directive: Text,
        tagging_directive: Text,
        checksum_algorithm: Text,
    }
}

impl S3 {
    /// Finds a copy's source.
    pub(crate) fn copy_source(&self, call: &Call, from: &CopiedFrom, conditions: &SourceConditions) -> Result<Found, AwsError> {
        let source = Source::parse(from.copy_source.or_empty())?;
        let mut state = self.state();
        let bucket = state.bucket(&OnBucket::new(&source.bucket, from.expected_source_bucket_owner.clone()))?;
        let version = find(bucket, &source.key, source.version.as_deref()).map_err(of_source)?;
        let version = version.clone();
        let shown = if version.id == NULL { Value::Null } else { json!(version.id) };
        let object = version.object().cloned().ok_or_else(|| crate::error::no_such_key(&source.key))?;
        conditions.check(&object.etag, version.modified, call.now)?;
        if ["GLACIER", "DEEP_ARCHIVE"].contains(&object.storage_class.as_str()) {
            return Err(AwsError::new("InvalidObjectState", 403, "Operation is not valid for the source object's storage class"));
        }
        Ok(Found { source, version, object, shown })
    }

    /// The source's plain bytes, for who copies.
    pub(crate) async fn read_source(
        &self,
        call: &Call,
        key: &SourceKey,
        object: &Object,
        (start, length): (u64, u64),
    ) -> Result<Body, AwsError> {
        let customer = key.read(call)?;
        customer_key::check(object.encryption.customer_key(), customer.as_ref())?;
        let key = object.encryption.open(call, customer.as_ref()).await?;
        Ok(blob::read(&object.blobs, &key, start, length))
    }

    pub(crate) async fn copy_object(&self, call: &Call, input: &CopyObject) -> Result<Value, AwsError> {
        let key = checked_key(&input.object.key)?;
        let found = self.copy_source(call, &input.from, &input.source_conditions)?;
        if found.object.size > LARGEST_PUT {
            return Err(invalid_request(format!(
                "The specified copy source is larger than the maximum allowable size for a copy source: {LARGEST_PUT}"
            )));
        }
        let replaces = |given: &Text, member: &str| match given.get() {
            None | Some("COPY") => Ok(false),
            Some("REPLACE") => Ok(true),
            Some(other) => Err(invalid_argument("Unknown directive.", member, other)),
        };
        let (new_metadata, new_tags) =
            (replaces(&input.metadata_directive, "MetadataDirective")?, replaces(&input.tagging_directive, "TaggingDirective")?);
        let bucket = input.on.bucket.as_str();
        let itself = found.source.bucket == bucket && found.source.key == key && found.source.version.is_none();
        let redirect = input.kept.website_redirect_location.as_deref().filter(|redirect| !redirect.is_empty());
        let changes = new_metadata
            || redirect.is_some()
            || [
                &input.object.storage_class,
                &input.encryption.server_side_encryption,
                &input.encryption.kms_key_id,
                &input.checksum_algorithm,
            ]
            .iter()
            .any(|text| text.get().is_some());
        let write = Write {
            on: &input.on,
            key,
            acl: &input.acl,
            conditions: &input.conditions,
            lock: &input.lock,
            encryption: &input.encryption,
            customer: &input.customer,
        };
        // A copy under another key is another object, and the bucket's default may be one.
        let rewraps = itself && (found.object.encryption.hides_md5() || self.destination(call, &write)?.encryption_chosen);
        if itself && !changes && !rewraps {
            return Err(invalid_request(
                "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
            ));
        }
        let destination = self.destination(call, &write)?;
        let headers = if new_metadata {
            let mut headers = kept_headers(&input.kept)?;
            encoded_word::each_value(&mut headers, encoded_word::decode);
            headers
        } else {
            let mut kept: Map<String, Value> = found.object.headers.clone();
            kept.remove("WebsiteRedirectLocation");
            if let Some(redirect) = redirect {
                kept.insert("WebsiteRedirectLocation".to_owned(), json!(redirect));
            }
            kept
        };
        let tags = if new_tags {
            crate::operations::tagging::of_header(&input.object.tagging)?
        } else {
            found.version.attributes.tags.clone()
        };
        let asked = input.checksum_algorithm.get().map(Algorithm::parse).transpose()?;
        let kept = found.object.checksum.as_ref().map(|checksum| checksum.algorithm);
        let algorithm = asked.or(kept).unwrap_or(Algorithm::Crc64Nvme);
        let source = self.read_source(call, &input.source_key, &found.object, (0, found.object.size)).await?;
        let wanted: Wanted = destination.wanted;
        let (encryption, data_key) = Encryption::begin(call, wanted, bucket, key).await?;
        let quiet = Call { http: None, ..call.clone() };
        let received = self
            .receive(
                &quiet,
                (&GivenChecksums::default(), &BodyDigests::default(), false),
                source,
                &destination.folder,
                &data_key,
                Some(algorithm),
            )
            .await?;
        let checksum = received.checksum(algorithm).inspect(|checksum| debug_assert_eq!(checksum.kind, Kind::FullObject));
        let object = Object {
            size: received.blob.size,
            etag: etag(&encryption, &received.md5),
            checksum,
            blobs: vec![received.blob],
            upload: None,
            parts: Vec::new(),
            headers,
            storage_class: storage_class(&input.object.storage_class)?,
            encryption,
        };
        let attributes = Attributes { tags, lock: destination.lock, acl: destination.acl, replication: None };
        let (written, object) =
            self.commit(call, (&input.on, &input.conditions), (destination.incarnation, key), object, attributes)?;
        let mut result = json!({"ETag": object.etag, "LastModified": crate::document::whole_seconds(call.now)});
        if let Some(checksum) = &object.checksum {
            checksum.describe(&mut result, true);
        }
        let mut output = json!({"CopyObjectResult": result, "VersionId": written.shown, "CopySourceVersionId": found.shown});
        object.encryption.describe_write(&mut output);
        if let Some(expiration) = self.expiration(&input.on, key) {
            set(&mut output, "Expiration", json!(expiration));
        }
        self.notify(call, bucket, vec![Event::created(call, "CopyObject", key, &written.id, &object)]).await;
        Ok(output)
    }
}
